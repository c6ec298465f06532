"""Verdicts over HTTP: confirm or reject a candidate, take a verdict back."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, status
from starlette.responses import StreamingResponse

from api.candidates.schemas import VerdictOut
from api.candidates.verdicts import Decision
from api.cases.dependencies import Links, Names
from api.cases.payload import write_payload
from api.dependencies import AppSettings, CurrentScope, Db, MayDecide, Now
from api.evidence.dependencies import EvidenceFiles
from api.review import service
from api.review.events import Events
from api.review.schemas import DeferralIn, DeferralOut, ReviewLeaseOut, VerdictIn, deferral_of
from api.web.problems import problem_responses

router = APIRouter(tags=["candidates"])


@router.post(
    "/candidates/{candidate_id}/verdict",
    dependencies=[MayDecide],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 404, 409, 413, 422),
)
def post_verdict(
    scope: CurrentScope,
    database: Db,
    evidence_files: EvidenceFiles,
    settings: AppSettings,
    links: Links,
    names: Names,
    now: Now,
    candidate_id: UUID,
    said: VerdictIn,
) -> VerdictOut:
    """Confirm or reject a candidate. What is confirmed goes to the case system when the undo window is over."""
    verdict = service.decide(
        scope,
        database,
        evidence_files,
        candidate_id,
        decision=Decision(said.decision),
        reason=said.reason,
        note=said.note,
        actor=scope.actor,
        now=now,
        undo_window=settings.undo_window,
        correction=said.correction,
        write_body=partial(write_payload, base_url=settings.base_url, links=links, names=names),
    )
    return VerdictOut.of(verdict, settings.undo_window)


@router.delete(
    "/candidates/{candidate_id}/verdict",
    dependencies=[MayDecide],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(403, 404, 409, 422),
)
def undo_verdict(scope: CurrentScope, database: Db, settings: AppSettings, now: Now, candidate_id: UUID) -> None:
    """Take a verdict back while nothing has left."""
    service.undo(scope, database, candidate_id, actor=scope.actor, now=now, undo_window=settings.undo_window)


@router.post(
    "/candidates/{candidate_id}/reopening",
    dependencies=[MayDecide],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(403, 404, 409, 422),
)
def reopen(scope: CurrentScope, database: Db, now: Now, candidate_id: UUID) -> None:
    """Open a candidate again whose verdict was wrong: its author, or a supervisor, at any time before a case leaves."""
    service.reopen(scope, database, candidate_id, actor=scope.actor, now=now)


@router.post(
    "/candidates/{candidate_id}/lease",
    dependencies=[MayDecide],
    responses=problem_responses(403, 404, 409, 422),
)
def take_lease(scope: CurrentScope, database: Db, candidate_id: UUID) -> ReviewLeaseOut:
    """Keep a candidate for yourself while you look at it; ask again before it ends. Nobody else is handed it."""
    return ReviewLeaseOut(expires_at=service.lease(scope, database, candidate_id))


@router.delete(
    "/candidates/{candidate_id}/lease",
    dependencies=[MayDecide],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(403, 404, 422),
)
def end_lease(scope: CurrentScope, database: Db, candidate_id: UUID) -> None:
    """Give a candidate back that you look at no more."""
    service.give_back(scope, database, candidate_id)


@router.post(
    "/candidates/{candidate_id}/deferral",
    dependencies=[MayDecide],
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(400, 403, 404, 409, 413, 422),
)
def put_off(scope: CurrentScope, database: Db, now: Now, candidate_id: UUID, said: DeferralIn) -> DeferralOut:
    """Take a candidate out of the queue without a verdict: parked for some hours, or escalated to a supervisor."""
    deferral = deferral_of(said, candidate_id, scope.actor, now)
    service.defer(scope, database, deferral)
    return DeferralOut(kind=deferral.kind, until=deferral.until)


@router.delete(
    "/candidates/{candidate_id}/deferral",
    dependencies=[MayDecide],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(403, 404, 422),
)
def bring_back(scope: CurrentScope, database: Db, now: Now, candidate_id: UUID) -> None:
    """Bring a candidate back into the queue that you parked or escalated."""
    service.resume(scope, database, candidate_id, now)


@router.get(
    "/review/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **problem_responses(404, 422, 503),
    },
)
def follow(scope: CurrentScope, events: Events, candidate: UUID) -> StreamingResponse:
    """Server-sent events of one candidate, `standing`: `open`, `leased` by somebody else, or `decided`.

    A stream ends after a minute; ask again, as browsers do by themselves.
    """
    stream = events.open(scope, candidate)
    return StreamingResponse(events.follow(stream), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
