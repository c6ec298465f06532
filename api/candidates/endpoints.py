"""Candidates and the verdicts on them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.reasons import Reason, given_reason
from api.audit.repository import Detail
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.export import table_of
from api.candidates.repository import State, StoredCandidate
from api.candidates.schemas import CandidateCounts, CandidateOut, VerdictOut
from api.candidates.wanted import WantedCandidates
from api.db.scope import HIGHEST_GRADE
from api.dependencies import AppSettings, CurrentScope, Db, MayExport, Now
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.dependencies import EvidenceFiles, MaskedCopies
from api.evidence.kinds import PARTS, EvidenceKind
from api.pages.base import Render
from api.roles import Permission
from api.web.pagination import CursorQuery, Limit, Listing, listing
from api.web.pictures import PICTURE, IfNoneMatch, picture_response
from api.web.problems import Responses, problem_responses

router = APIRouter(tags=["candidates"])
CSV: Final = "text/csv"
TABLE: Final[Responses] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}


@router.get("/candidates", responses=problem_responses(422))
def list_candidates(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    render: Render,
    wanted: WantedCandidates,
    cursor: CursorQuery = None,
    limit: Limit = 50,
) -> Listing[CandidateOut]:
    """Candidates of every state, longest waiting first. `from` and `to` are days on which they came in."""
    with database.read() as connection:
        page = candidates.page(scope, connection, wanted.filter, cursor, limit)
        ids = [item.id for item in page.items]
        files = evidence.of_candidates(scope, connection, ids)
        standing = verdicts.standing(scope, connection, ids)
        expired = legal_review.expired(scope, connection, page.items)
    window = settings.undo_window
    said = {key: VerdictOut.of(verdict, window) for key, verdict in standing.items()}
    items = [
        CandidateOut.of(item, files.get(item.id, ()), said.get(item.id), expired.get(item.id), render.ruling_sentence)
        for item in page.items
    ]
    return listing(page, items)


@router.get("/candidates/counts", responses=problem_responses(422))
def count_candidates(scope: CurrentScope, database: Db, wanted: WantedCandidates) -> CandidateCounts:
    """Return how many candidates of each state there are; `state` itself narrows nothing."""
    with database.read() as connection:
        counts = candidates.count_by_state(scope, connection, wanted.filter)
    return CandidateCounts.model_validate({state.value: count for state, count in counts.items()})


@router.get("/candidates/export", dependencies=[MayExport], response_class=StreamingResponse,
            responses={**problem_responses(403, 422), **TABLE})  # fmt: skip
def export_candidates(
    scope: CurrentScope, database: Db, render: Render, now: Now, wanted: WantedCandidates, reason: Reason = None
) -> StreamingResponse:
    """Return the candidates as CSV, longest waiting first. Asks for a reason; who took what, and why, is recorded."""
    why = given_reason(reason)
    with database.write() as connection:
        counts, state = candidates.count_by_state(scope, connection, wanted.filter), wanted.filter.state
        rows = sum(counts.values()) if state is None else counts[state]
        told: dict[str, Detail] = {**wanted.said, "rows": rows, "reason": why}
        audit.record(scope, connection, Act.EXPORTED, "candidates", now, details=told)
    table = table_of(scope, database, wanted.filter, render.ruling_sentence)
    name = f"candidates-{now.strftime('%Y%m%d-%H%M%S')}.csv"
    return StreamingResponse(table, media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/candidates/{candidate_id}", responses=problem_responses(404, 422))
def show_candidate(
    scope: CurrentScope, database: Db, settings: AppSettings, render: Render, candidate_id: UUID
) -> CandidateOut:
    """Return one candidate with its evidence, what judged it and, where there is one, its verdict."""
    with database.read() as connection:
        item = _known(candidates.find(scope, connection, candidate_id), candidate_id)
        files = evidence.of_candidates(scope, connection, [candidate_id]).get(candidate_id, ())
        verdict = verdicts.standing(scope, connection, [candidate_id]).get(candidate_id)
        expired = legal_review.expired(scope, connection, [item]).get(candidate_id)
    window = settings.undo_window
    said = VerdictOut.of(verdict, window) if verdict else None
    return CandidateOut.of(item, files, said, expired, render.ruling_sentence)


@router.get("/candidates/{candidate_id}/evidence/{kind}", response_class=Response,
            responses={**problem_responses(403, 404, 422), **PICTURE})  # fmt: skip
def show_evidence(
    scope: CurrentScope,
    database: Db,
    evidence_files: EvidenceFiles,
    masks: MaskedCopies,
    now: Now,
    candidate_id: UUID,
    kind: EvidenceKind,
    number: Annotated[int, Query(ge=0, le=9999)] = 0,
    reason: Reason = None,
    if_none_match: IfNoneMatch = "",
) -> Response:
    """Return a picture, checked against its hash before it leaves.

    Below the highest grade it is a masked copy. A view of a whole original is recorded; of a candidate that the client
    is about to decide it needs no `reason`.
    """
    with database.read() as connection:
        item = candidates.find(scope, connection, candidate_id)
        files = evidence.of_candidates(scope, connection, [candidate_id]).get(candidate_id, ())
    file = next((file for file in files if file.kind is kind and file.number == number), None)
    if item is None or file is None:
        raise NotFound(f"there is no {kind} picture of a candidate {candidate_id}")
    if scope.grade < HIGHEST_GRADE:
        copy = masks.of(database, file, now)
        return picture_response(copy.sha256, if_none_match, lambda: evidence_files.read(copy))
    if kind not in PARTS:
        reviewing = item.state is State.OPEN and scope.may(Permission.DECIDE)
        why = "review" if reviewing else given_reason(reason)
        told = {"picture": kind.value, "sha256": file.sha256, "reason": why}
        with database.write() as connection:
            audit.record(scope, connection, Act.ORIGINAL_VIEWED, candidate_id, now, details=told)
    return picture_response(file.sha256, if_none_match, lambda: evidence_files.read(file))


def _known(item: StoredCandidate | None, candidate_id: UUID) -> StoredCandidate:
    if item is None:
        raise NotFound(f"there is no candidate {candidate_id}")
    return item
