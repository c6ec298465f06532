"""The review page: the queue of candidates, and the card of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse

from api.cameras.dependencies import Live
from api.cameras.live_status import CameraView, LiveCameras
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.messages import CANDIDATE_STATES, CLOCKS, EVIDENCE_KINDS, FINDERS, OUTCOMES, REJECT_REASONS
from api.candidates.picture_strip import strip_of
from api.candidates.repository import StoredCandidate
from api.db.database import Database
from api.db.scope import Scope
from api.dependencies import CurrentScope, Db, Now
from api.errors import NotFound
from api.evidence import repository as evidence
from api.evidence.kinds import PARTS, EvidenceKind
from api.pages.base import Render, Renderer
from api.pages.dependencies import MapZones, Zones
from api.pages.i18n import register_filter, register_names
from api.pages.messages import NO_RULE
from api.pages.rulings import applies
from api.pages.svg_map import MapPicture, draw_map
from api.review import deferrals, service, waiting
from api.review.deferrals import DeferralKind
from api.review.messages import QUEUE_LISTS
from api.review.queue_filters import WantedQueue, chosen_of, filters_of
from api.review.waiting import QueueFilter
from api.surveys import frames
from api.surveys import repository as surveys

router = APIRouter(include_in_schema=False)
register_names("candidate_state", CANDIDATE_STATES)
register_names("finder", FINDERS)
register_names("evidence_kind", EVIDENCE_KINDS)
register_names("clock", CLOCKS)
register_names("reject_reason", REJECT_REASONS)
register_filter("ruling", lambda candidate, translate: translate(
    OUTCOMES[candidate.outcome] if applies(candidate.outcome, candidate.reasons) else NO_RULE
))  # fmt: skip
PARKING = (1, 4, 24, 72)  # hours
QUEUE = 100  # ids a page knows ahead; it asks for more long before they end


class Queue(BaseModel):
    """What waits and nobody else looks at, what is worth most first."""

    ids: list[UUID]
    total: int
    parked: int
    escalated: int


@router.get("/")
def home() -> RedirectResponse:
    return RedirectResponse("/review", status.HTTP_307_TEMPORARY_REDIRECT)


@dataclass(frozen=True, slots=True)
class Cards:
    """Draws the card of a candidate for one reader."""

    scope: Scope
    database: Database
    live: LiveCameras
    zones: MapZones
    render: Renderer
    now: datetime

    def draw(self, candidate_id: UUID, *, at_desk: bool = True) -> str:
        """Return the card as HTML, without what works on the review page alone if not `at_desk`. Raises NotFound."""
        with self.database.read() as connection:
            candidate = candidates.find(self.scope, connection, candidate_id)
            if candidate is None:
                raise NotFound(f"there is no candidate {candidate_id}")
            files = evidence.of_candidates(self.scope, connection, [candidate_id]).get(candidate_id, ())
            verdict = verdicts.standing(self.scope, connection, [candidate_id]).get(candidate_id)
            expired = legal_review.expired(self.scope, connection, [candidate]).get(candidate_id)
            unreviewed = legal_review.is_missing(self.scope, connection, candidate)
            zone = legal_review.zone_of(self.scope, connection, candidate)
            deferral = deferrals.find(self.scope, connection, candidate_id)
            if deferral is not None and deferral.until is not None and deferral.until <= self.now:
                deferral = None
            survey = surveys.find(self.scope, connection, candidate.survey_id) if candidate.survey_id else None
            path = (
                [(point.lat, point.lon) for point in frames.path_of(self.scope, connection, survey.id)]
                if survey
                else []
            )
        camera = self.live.find(candidate.source)
        return self.render.fragment(
            "card.html",
            candidate=candidate,
            strip=strip_of(candidate, files, zone),
            crop=next((file for file in files if file.kind is EvidenceKind.CROP), None),
            files=files,
            surest={file.kind.finder: file for file in files if file.kind.finder},
            parts=PARTS,
            verdict=verdict,
            zone=zone,
            deferral=deferral,
            reopens=at_desk and verdict is not None and service.may_reopen(self.scope, verdict),
            expired=expired,
            unreviewed=unreviewed,
            camera=camera,
            survey=survey,
            chart=self._chart(candidate, camera, path),
        )

    def _chart(
        self, candidate: StoredCandidate, camera: CameraView | None, path: Sequence[tuple[float, float]]
    ) -> MapPicture | None:
        if candidate.lat is None or candidate.lon is None:
            return None
        return draw_map(candidate.lat, candidate.lon, candidate.ce90, self.zones(), camera, path)


def cards(scope: CurrentScope, database: Db, live: Live, zones: Zones, render: Render, now: Now) -> Cards:
    """Return what draws cards for the client."""
    return Cards(scope, database, live, zones, render, now)


ReviewCards = Annotated[Cards, Depends(cards)]


@dataclass(frozen=True, slots=True)
class ReviewPages:
    """Draws the review page for one reader, with the part of the queue that they want."""

    scope: Scope
    database: Database
    live: LiveCameras
    render: Renderer
    now: datetime
    wanted: QueueFilter

    def queue(self) -> Queue:
        """Return which candidates wait."""
        return _queue(self.scope, self.database, self.now, self.wanted)

    def draw(self, queue: Queue, card: str | None) -> HTMLResponse:
        """Return the page."""
        with self.database.read() as connection:
            choices = waiting.choices(self.scope, connection)
        names = {view.id: view.name for view in self.live.views()}
        render = self.render
        return render.page(
            "review.html",
            active="review",
            card=card,
            queue=queue,
            queue_name=render.language.translate(QUEUE_LISTS[self.wanted.list]),
            filtered=self.wanted != QueueFilter(),
            filters=filters_of(render, choices, names),
            chosen=chosen_of(self.wanted),
            classes=tuple((name, render.class_word(name)) for name in render.class_names.names),
            parking=tuple((hours, timedelta(hours=hours)) for hours in PARKING),
            cameras=len(names),
            reject_reasons=tuple(REJECT_REASONS),
        )


def review_pages(
    scope: CurrentScope, database: Db, live: Live, render: Render, now: Now, wanted: WantedQueue
) -> ReviewPages:
    """Return what draws the page for the client."""
    return ReviewPages(scope, database, live, render, now, wanted)


Drawn = Annotated[ReviewPages, Depends(review_pages)]


@router.get("/review")
def review(pages: Drawn, drawn: ReviewCards) -> HTMLResponse:
    """Show the candidate that is worth most, or the news that none waits."""
    queue = pages.queue()
    return pages.draw(queue, drawn.draw(queue.ids[0]) if queue.ids else None)


@router.get("/review/queue")
def review_queue(scope: CurrentScope, database: Db, now: Now, wanted: WantedQueue) -> Queue:
    """Return which candidates wait."""
    return _queue(scope, database, now, wanted)


@router.get("/review/{candidate_id}")
def review_one(pages: Drawn, drawn: ReviewCards, candidate_id: UUID) -> HTMLResponse:
    """Show the review page, beginning with this candidate."""
    return pages.draw(pages.queue(), drawn.draw(candidate_id))


@router.get("/review/{candidate_id}/card")
def review_card(drawn: ReviewCards, candidate_id: UUID) -> HTMLResponse:
    """Show the candidate alone: what the page puts in place of the one before."""
    return HTMLResponse(drawn.draw(candidate_id))


def _queue(scope: Scope, database: Database, now: datetime, wanted: QueueFilter) -> Queue:
    with database.read() as connection:
        ids, total = waiting.page(scope, connection, wanted, now, QUEUE)
        put_off = deferrals.counts(scope, connection, now)
    return Queue(
        ids=list(ids), total=total, parked=put_off[DeferralKind.PARKED], escalated=put_off[DeferralKind.ESCALATED]
    )
