"""One candidate's whole story: pictures, proposals and ruling, verdicts, where it went, and what judged it."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.cases import outbox, progress
from api.cases.messages import CASE_RESULTS, CASE_STATUSES
from api.cases.outbox import Delivery
from api.cases.progress import CaseEvent, CaseProgress
from api.dependencies import CurrentScope, Db
from api.errors import NotFound
from api.pages.base import Render
from api.pages.i18n import register_names
from api.review.pages import ReviewCards

router = APIRouter(include_in_schema=False)
register_names("case_status", CASE_STATUSES)
register_names("case_result", CASE_RESULTS)


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery of a candidate, how far its case is, and what was said of it."""

    delivery: Delivery
    progress: CaseProgress | None
    events: tuple[CaseEvent, ...]


@router.get("/candidates/{candidate_id}")
def candidate_page(
    scope: CurrentScope, database: Db, render: Render, drawn: ReviewCards, candidate_id: UUID
) -> HTMLResponse:
    """Show all that is known of one candidate, whatever its state."""
    with database.read() as connection:
        candidate = candidates.find(scope, connection, candidate_id)
        if candidate is None:
            raise NotFound(f"there is no candidate {candidate_id}")
        said = verdicts.history(scope, connection, candidate_id)
        found = (outbox.find(scope, connection, one.verdict.id) for one in said)
        deliveries = [one for one in found if one is not None]
        known = progress.of_cases(scope, connection, deliveries)
        sent = [Sent(one, known.get(one.id), progress.events(scope, connection, one.id)) for one in deliveries]
        zone = legal_review.zone_of(scope, connection, candidate)
    return render.page(
        "candidate.html",
        active="candidates",
        candidate=candidate,
        card=drawn.draw(candidate_id, at_desk=False),
        said=said,
        sent=sent,
        zone=zone,
        zone_name=getattr(zone, "key", "UTC"),
    )
