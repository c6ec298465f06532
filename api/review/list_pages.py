"""The list of candidates of every state, and the page that asks why they are taken away."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from api.cameras.dependencies import Live
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.messages import OUTCOMES
from api.candidates.repository import State
from api.candidates.wanted import WantedCandidates
from api.dependencies import CurrentScope, Db, MayExport
from api.pages.base import ROWS, Render
from api.pages.i18n import register_names
from api.review.rule_options import rule_options
from api.surveys import repository as surveys
from api.web.pagination import CursorQuery
from detector.rules.ruling import Outcome

router = APIRouter(include_in_schema=False)
register_names("outcome", OUTCOMES)


@router.get("/candidates")
def candidates_page(
    scope: CurrentScope, database: Db, live: Live, render: Render, wanted: WantedCandidates, cursor: CursorQuery = None
) -> HTMLResponse:
    """Show candidates of every state, latest first, and how many there are of each."""
    with database.read() as connection:
        page = candidates.page(scope, connection, wanted.filter, cursor, ROWS, oldest_first=False)
        counts = candidates.count_by_state(scope, connection, wanted.filter)
        known = candidates.known_values(scope, connection)
        said = verdicts.standing(scope, connection, [item.id for item in page.items])
        flown = {item.survey_id for item in page.items if item.survey_id}
        if wanted.filter.survey:
            flown.add(wanted.filter.survey)
        flights = surveys.by_id(scope, connection, flown)
        zones = legal_review.zones_of(scope, connection, page.items)
    return render.page(
        "candidates.html",
        active="candidates",
        page=page,
        counts=counts,
        known=known,
        rules=rule_options(render, known.rules),
        said=said,
        names={view.id: view.name for view in live.views()},
        flights={one: survey.name for one, survey in flights.items()},
        zones=zones,
        asked=wanted.said,
        day_zone=wanted.zone_name,
        states=tuple(State),
        outcomes=tuple(Outcome),
    )


@router.get("/candidates/export", dependencies=[MayExport])
def export_page(render: Render, wanted: WantedCandidates) -> HTMLResponse:
    """Ask for the reason to take the list away; the file itself records it."""
    return render.page("candidates_export.html", active="candidates", asked=wanted.said)
