"""The pages of confirmed cases: the list, one case, and sending one again."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse

from api.cameras.dependencies import Live
from api.candidates import repository as candidates
from api.candidates.messages import REJECT_REASONS
from api.cases import desk_queries, looks, outbox, progress, service
from api.cases.case_view import view_of
from api.cases.dependencies import AllSenders
from api.cases.desk_queries import CaseFilter
from api.cases.looks import PlaceCheck
from api.cases.messages import CASE_STATUSES, DELIVERY_STATES, EVENT_SOURCES, STEP_FAULTS
from api.cases.outbox import Delivery
from api.cases.progress import CaseProgress
from api.cases.tables import CaseStatus, LookOutcome
from api.db.scope import Scope
from api.dependencies import AppSettings, CurrentScope, Db, MayOperate, Now
from api.errors import NotDead, StepFault
from api.pages.base import ROWS, Render
from api.pages.i18n import register_names
from api.roles import Permission
from api.surveys import repository as surveys
from api.web.pagination import CursorQuery
from streams.camera.state import CameraState

router = APIRouter(include_in_schema=False)
register_names("delivery_state", DELIVERY_STATES)
register_names("case_status", CASE_STATUSES)
register_names("case_event_source", EVENT_SOURCES)
register_names("case_fault", STEP_FAULTS)
register_names("reject_reason", REJECT_REASONS)
Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.get("/cases")
def cases_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    live: Live,
    senders: AllSenders,
    render: Render,
    now: Now,
    status: Text = "",
    district: Text = "",
    assignee: Text = "",
    overdue: Text = "",
    looked: Text = "",
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """Show what was confirmed, and how far it got; the filters are those of a form, so empty texts ask for nothing."""
    due = now - timedelta(hours=settings.case_due_hours)
    asked = CaseFilter(
        CaseStatus(status) if status in list(CaseStatus) else None,
        district,
        assignee,
        due if overdue else None,
        looked if looked in list(LookOutcome) else "",
    )
    with database.read() as connection:
        page = outbox.page(scope, connection, None, cursor, ROWS, asked.conditions())
        far = progress.of_cases(scope, connection, page.items)
        checks = looks.of_cases(scope, connection, [item.id for item in page.items])
        known = {item.candidate_id: candidates.find(scope, connection, item.candidate_id) for item in page.items}
        flights = _flights(scope, connection, (item.survey_id for item in known.values() if item))
        choices = desk_queries.choices(scope, connection)
        late = desk_queries.count(scope, connection, CaseFilter(overdue=due))
        still_there = desk_queries.count(scope, connection, CaseFilter(looked=LookOutcome.STILL_THERE))
    words = {
        "status": status, "district": district, "assignee": assignee, "overdue": overdue, "looked": looked
    }  # fmt: skip
    return render.page(
        "cases.html",
        active="cases",
        page=page,
        known=known,
        far=far,
        late={item.id for item in page.items if _is_late(item, far.get(item.id), checks.get(item.id), due)},
        overdue=late,
        still_there=still_there,
        choices=choices,
        statuses=list(CaseStatus),
        asked=words,
        query=urlencode({name: word for name, word in words.items() if word}),
        due_hours=settings.case_due_hours,
        names={view.id: view.name for view in live.views()},
        flights=flights,
        pauses=senders.pauses,
        built_in=settings.case_api_url is None and settings.case_systems_file is None,
    )


@router.get("/cases/{delivery_id}")
def case_page(
    scope: CurrentScope, database: Db, settings: AppSettings, live: Live, render: Render, now: Now, delivery_id: UUID
) -> HTMLResponse:
    """Show one confirmed case: what was sent, when, what came back, and what may be done."""
    return show_case(scope, database, settings, live, render, now, delivery_id)


def show_case(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    live: Live,
    render: Render,
    now: Now,
    delivery_id: UUID,
    fault: StepFault | None = None,
) -> HTMLResponse:
    """Return the page of a case; `fault` says why something was not done. Raises NotFound."""
    with database.read() as connection:
        view = view_of(scope, connection, delivery_id, now - timedelta(hours=settings.case_due_hours))
        flights = _flights(scope, connection, [view.candidate.survey_id])
        choices = desk_queries.choices(scope, connection)
    views = {one.id: one for one in live.views()}
    source = view.candidate.source
    name = views[source].name if source in views else source
    return render.page(
        "case.html",
        active="cases",
        view=view,
        source=flights.get(view.candidate.survey_id) if view.candidate.survey_id else name,
        watched=source in views and views[source].state == CameraState.LIVE and not views[source].faults,
        acts=scope.may(Permission.DECIDE),
        choices=choices,
        reasons=list(REJECT_REASONS),
        fault=fault,
    )


@router.post("/cases/{delivery_id}/retry", dependencies=[MayOperate])
def retry_case(scope: CurrentScope, database: Db, now: Now, delivery_id: UUID) -> RedirectResponse:
    """Send a refused case again, then show it."""
    with suppress(NotDead):  # somebody has sent it again a moment ago: its page shows how far it is
        service.retry(scope, database, delivery_id, now)
    return RedirectResponse(f"/cases/{delivery_id}", status.HTTP_303_SEE_OTHER)


def _is_late(item: Delivery, known: CaseProgress | None, check: PlaceCheck | None, due: datetime) -> bool:
    return desk_queries.is_late(known.status if known else None, check.outcome if check else None, item.created_at, due)


def _flights(scope: Scope, connection: Connection, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of the surveys that some candidates come from."""
    flown = {survey_id: surveys.find(scope, connection, survey_id) for survey_id in set(ids) if survey_id is not None}
    return {survey_id: survey.name for survey_id, survey in flown.items() if survey}
