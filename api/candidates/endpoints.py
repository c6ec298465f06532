"""Candidates and the verdicts on them."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from starlette.responses import Response

from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import Filter, State, StoredCandidate
from api.candidates.schemas import CandidateOut, VerdictOut
from api.candidates.verdicts import Decision
from api.cases.payload import write_payload
from api.dependencies import CursorQuery, Limit, Service
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.repository import EvidenceKind
from api.review import service as decide
from api.review.schemas import VerdictIn
from api.web.pagination import Listing, listing
from api.web.problems import Responses, problem_responses
from detector.rules.ruling import Outcome

router = APIRouter(tags=["candidates"])
ClassName = Annotated[str | None, Query(alias="class", pattern=r"^[a-z0-9_ -]{1,64}$")]
JPEG: Responses = {200: {"description": "The picture.", "content": {"image/jpeg": {"schema": {"type": "string"}}}}}


@router.get("/candidates", responses=problem_responses(422))
def list_candidates(
    service: Service,
    state: State | None = None,
    class_name: ClassName = None,
    ruling: Outcome | None = None,
    cursor: CursorQuery = None,
    limit: Limit = 50,
) -> Listing[CandidateOut]:
    """Candidates, longest waiting first."""
    with service.database.read() as connection:
        page = candidates.page(connection, Filter(state, class_name, ruling), cursor, limit)
        ids = [item.id for item in page.items]
        files = evidence.of_candidates(connection, ids)
        standing = verdicts.standing(connection, ids)
    window = service.settings.undo_window
    said = {key: VerdictOut.of(verdict, window) for key, verdict in standing.items()}
    items = [CandidateOut.of(item, files.get(item.id, ()), said.get(item.id)) for item in page.items]
    return listing(page, items)


@router.get("/candidates/{candidate_id}", responses=problem_responses(404, 422))
def show_candidate(service: Service, candidate_id: UUID) -> CandidateOut:
    """One candidate with its evidence and, where there is one, its verdict."""
    with service.database.read() as connection:
        item = _known(candidates.find(connection, candidate_id), candidate_id)
        files = evidence.of_candidates(connection, [candidate_id]).get(candidate_id, ())
        verdict = verdicts.standing(connection, [candidate_id]).get(candidate_id)
    window = service.settings.undo_window
    return CandidateOut.of(item, files, VerdictOut.of(verdict, window) if verdict else None)


@router.get("/candidates/{candidate_id}/evidence/{kind}", response_class=Response,
            responses={**problem_responses(404, 422), **JPEG})  # fmt: skip
def show_evidence(service: Service, candidate_id: UUID, kind: EvidenceKind) -> Response:
    """A picture, checked against its hash before it leaves."""
    with service.database.read() as connection:
        files = evidence.of_candidates(connection, [candidate_id]).get(candidate_id, ())
    file = next((file for file in files if file.kind is kind), None)
    if file is None:
        raise NotFound(f"there is no {kind} picture of a candidate {candidate_id}")
    # What lies under this address never changes, so the browser need not ask again.
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{file.sha256}"'}
    return Response(service.evidence.read(file), headers=headers, media_type="image/jpeg")


@router.post(
    "/candidates/{candidate_id}/verdict",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 404, 409, 413, 422),
)
def post_verdict(service: Service, candidate_id: UUID, said: VerdictIn) -> VerdictOut:
    """Confirm or reject a candidate. What is confirmed goes to the case system when the undo window is over."""
    settings = service.settings
    verdict = decide.decide(
        service.database,
        candidate_id,
        decision=Decision(said.decision),
        reason=said.reason,
        note=said.note,
        reviewer=settings.reviewer,
        now=service.clock(),
        undo_window=settings.undo_window,
        write_body=partial(write_payload, base_url=settings.base_url),
    )
    return VerdictOut.of(verdict, settings.undo_window)


@router.delete(
    "/candidates/{candidate_id}/verdict",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(403, 404, 409, 422),
)
def undo_verdict(service: Service, candidate_id: UUID) -> None:
    """Take a verdict back while nothing has left."""
    settings = service.settings
    decide.undo(service.database, candidate_id, now=service.clock(), undo_window=settings.undo_window)


def _known(item: StoredCandidate | None, candidate_id: UUID) -> StoredCandidate:
    if item is None:
        raise NotFound(f"there is no candidate {candidate_id}")
    return item
