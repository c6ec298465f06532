"""The pages of confirmed cases: the list, one case, and sending one again."""

import json
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter, status
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse

from api.cameras.dependencies import Live
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.picture_strip import strip_of
from api.cases import outbox, service
from api.cases.dependencies import AllSenders
from api.cases.messages import DELIVERY_STATES
from api.db.scope import Scope
from api.dependencies import AppSettings, CurrentScope, Db, MayOperate, Now
from api.errors import NotDead, NotFound
from api.evidence import repository as evidence
from api.pages.base import ROWS, Render
from api.pages.i18n import register_names
from api.surveys import repository as surveys
from api.web.pagination import CursorQuery

router = APIRouter(include_in_schema=False)
register_names("delivery_state", DELIVERY_STATES)


@router.get("/cases")
def cases_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    live: Live,
    senders: AllSenders,
    render: Render,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Show what was confirmed, and how far it got."""
    with database.read() as connection:
        page = outbox.page(scope, connection, None, cursor, ROWS)
        known = {item.candidate_id: candidates.find(scope, connection, item.candidate_id) for item in page.items}
        flights = _flights(scope, connection, (item.survey_id for item in known.values() if item))
    return render.page(
        "cases.html",
        active="cases",
        page=page,
        known=known,
        names={view.id: view.name for view in live.views()},
        flights=flights,
        pauses=senders.pauses,
        built_in=settings.case_api_url is None and settings.case_systems_file is None,
    )


@router.get("/cases/{delivery_id}")
def case_page(scope: CurrentScope, database: Db, render: Render, delivery_id: UUID) -> HTMLResponse:
    """Show one confirmed case: what was sent, when, and what came back."""
    with database.read() as connection:
        delivery = outbox.find(scope, connection, delivery_id)
        if delivery is None:
            raise NotFound(f"there is no case {delivery_id}")
        candidate = candidates.find(scope, connection, delivery.candidate_id)
        if candidate is None:
            raise NotFound(f"there is no case {delivery_id}")
        zone = legal_review.zone_of(scope, connection, candidate)
        files = evidence.of_candidates(scope, connection, [delivery.candidate_id]).get(delivery.candidate_id, ())
        verdict = verdicts.standing(scope, connection, [delivery.candidate_id]).get(delivery.candidate_id)
    return render.page(
        "case.html",
        active="cases",
        delivery=delivery,
        candidate=candidate,
        files=files,
        strip=strip_of(candidate, files, zone),
        verdict=verdict,
        body=json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
    )


@router.post("/cases/{delivery_id}/retry", dependencies=[MayOperate])
def retry_case(scope: CurrentScope, database: Db, now: Now, delivery_id: UUID) -> RedirectResponse:
    """Send a refused case again, then show it."""
    with suppress(NotDead):  # somebody has sent it again a moment ago: its page shows how far it is
        service.retry(scope, database, delivery_id, now)
    return RedirectResponse(f"/cases/{delivery_id}", status.HTTP_303_SEE_OTHER)


def _flights(scope: Scope, connection: Connection, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of the surveys that some candidates come from."""
    flown = {survey_id: surveys.find(scope, connection, survey_id) for survey_id in set(ids) if survey_id is not None}
    return {survey_id: survey.name for survey_id, survey in flown.items() if survey}
