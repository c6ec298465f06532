"""The pages of the statistics: counts and trends, cases, precision, coverage, places, and the rows behind a figure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from sqlalchemy import ColumnElement, Connection
from starlette.responses import HTMLResponse

from api.cameras.dependencies import Live
from api.candidates.repository import State
from api.cases.tables import CaseStatus
from api.db.scope import Scope
from api.dependencies import AppSettings, CurrentScope, Db, Now
from api.errors import PeriodInvalid
from api.pages.base import ROWS, Render
from api.pages.dependencies import Zones
from api.pages.i18n import register_names
from api.statistics import case_queries, repository, service
from api.statistics.case_queries import Pace
from api.statistics.dependencies import NO_NUL, Zone
from api.statistics.drawing import draw_bars, draw_heat_map
from api.statistics.links import Links
from api.statistics.messages import PACES, PERIOD_FAULTS, STEPS
from api.statistics.period import NO_DISTRICT, Period, PeriodFault, Selection
from api.statistics.repository import Mesh, MeshCell, Narrow
from api.web.pagination import CursorQuery

router = APIRouter(include_in_schema=False)
register_names("period_fault", PERIOD_FAULTS)
register_names("case_step", STEPS)
register_names("case_pace", PACES)

Word = Annotated[str, Query(max_length=200, pattern=NO_NUL)]
WITHIN: Final = 30
"""Days within which a place comes again, where nobody says."""
MOST_ZONES: Final = 10
Hour = Annotated[int, Field(ge=0, le=23)]
Cell = Annotated[str, Query(pattern=r"^(\d{1,7}\.-?\d{1,2}\.\d{1,9}\.\d{1,9})?$")]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What the form of a page holds, and what it asks for; None where that cannot be, with the fault."""

    district: str
    first: str
    last: str
    asked: Selection | None
    fault: str = ""

    @property
    def links(self) -> Links | None:
        return Links(self.asked) if self.asked else None


def page_query(
    zone: Zone,
    now: Now,
    district: Word = "",
    first: Annotated[str, Query(alias="from", max_length=40)] = "",
    last: Annotated[str, Query(alias="to", max_length=40)] = "",
) -> PageQuery:
    """Return what a page's form asks for: what cannot be is said on the page."""
    try:
        period = Period.of(_day(first), _day(last), now, zone.zone)
    except PeriodInvalid as error:
        return PageQuery(district, first, last, None, error.fault)
    return PageQuery(district, str(period.first), str(period.last), Selection(period, district or None))


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise PeriodInvalid(f"{text!r} is not a day", PeriodFault.UNREADABLE) from None


OnPage = Annotated[PageQuery, Depends(page_query)]


@router.get("/statistics")
def statistics_page(scope: CurrentScope, database: Db, render: Render, on_page: OnPage) -> HTMLResponse:
    """Show the candidates by state, district and class, over the days, and by the hour."""
    with database.read() as connection:
        known = _known(scope, connection)
        if on_page.asked is None or on_page.links is None:
            return _fault(render, on_page, known, "overview")
        counts = service.counts(scope, connection, on_page.asked)
        trend = service.trend(scope, connection, on_page.asked)
    links = on_page.links
    days = [
        (_span(one.first, one.last), one.total, links.of(first=one.first, last=one.last)) for one in trend.stretches
    ]
    hours = [(f"{hour}", count, links.hour(hour)) for hour, count in enumerate(trend.hours)]
    return render.page(
        "statistics.html",
        active="statistics",
        tab="overview",
        on_page=on_page,
        districts=known,
        links=links,
        counts=counts,
        trend=trend,
        days=draw_bars(days),
        hours=draw_bars(hours),
    )


@router.get("/statistics/cases")
def case_figures_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    render: Render,
    now: Now,
    on_page: OnPage,
    within: Annotated[int, Query(ge=1, le=365)] = WITHIN,
) -> HTMLResponse:
    """Show how far cases are, how long each step took, what is overdue, and which places came again."""
    allowed = timedelta(hours=settings.case_due_hours)
    with database.read() as connection:
        known = _known(scope, connection)
        if on_page.asked is None:
            return _fault(render, on_page, known, "cases")
        found = service.case_figures(scope, connection, on_page.asked, allowed, timedelta(days=within), now)
    return render.page(
        "statistics_cases.html",
        active="statistics",
        tab="cases",
        on_page=on_page,
        districts=known,
        links=on_page.links,
        found=found,
        paces=[(pace.value, getattr(found.punctuality, pace)) for pace in Pace],
        within=within,
        hours=settings.case_due_hours,
        radius=service.RADIUS,
    )


@router.get("/statistics/precision")
def precision_page(scope: CurrentScope, database: Db, live: Live, render: Render, on_page: OnPage) -> HTMLResponse:
    """Show how right the models were, by class, camera and hour."""
    with database.read() as connection:
        known = _known(scope, connection)
        if on_page.asked is None:
            return _fault(render, on_page, known, "precision")
        found = service.precision(scope, connection, on_page.asked)
    return render.page(
        "statistics_precision.html",
        active="statistics",
        tab="precision",
        on_page=on_page,
        districts=known,
        links=on_page.links,
        found=found,
        names={view.id: view.name for view in live.views()},
    )


@router.get("/statistics/coverage")
def coverage_page(scope: CurrentScope, database: Db, render: Render, now: Now, on_page: OnPage) -> HTMLResponse:
    """Show how long each camera was to watch, and when its pictures were worth nothing."""
    with database.read() as connection:
        known = _known(scope, connection)
        if on_page.asked is None:
            return _fault(render, on_page, known, "coverage")
        found = service.coverage_figures(scope, connection, on_page.asked, now)
    zone = on_page.asked.period.zone
    return render.page(
        "statistics_coverage.html",
        active="statistics",
        tab="coverage",
        on_page=on_page,
        districts=known,
        links=on_page.links,
        found=found,
        local=lambda moment: _local(moment, on_page.asked),
        zone=zone.key,
    )


@router.get("/statistics/places")
def places_page(scope: CurrentScope, database: Db, render: Render, zones: Zones, on_page: OnPage) -> HTMLResponse:
    """Show where candidates stand: a heat map over the zones, and the zones that hold most."""
    with database.read() as connection:
        known = _known(scope, connection)
        if on_page.asked is None or on_page.links is None:
            return _fault(render, on_page, known, "places")
        found = service.places(scope, connection, on_page.asked)
    links, mesh = on_page.links, found.grid.mesh
    cells = [(one, links.cell(mesh, one.row, one.column)) for one in found.grid.cells]
    return render.page(
        "statistics_places.html",
        active="statistics",
        tab="places",
        on_page=on_page,
        districts=known,
        links=links,
        found=found,
        map=draw_heat_map(found.grid, zones(), [link for _, link in cells]),
        hot_zones=[one for one in found.zones if one.zone is not None][:MOST_ZONES],
        hot_cells=[(mesh.corner(one.row, one.column), one.count, link) for one, link in cells[:MOST_ZONES]],
        zone_of={zone.id: zone for zone in zones()},
    )


@router.get("/statistics/rows")
def rows_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    live: Live,
    render: Render,
    zones: Zones,
    now: Now,
    on_page: OnPage,
    state: State | Literal[""] = "",
    class_name: Annotated[str, Query(alias="class", max_length=200, pattern=NO_NUL)] = "",
    camera: Word = "",
    zone: Word = "",
    hour: Annotated[Hour | Literal[""], Query()] = "",
    cell: Cell = "",
    verdict: Literal["", "right", "wrong"] = "",
    pace: Pace | Literal[""] = "",
    status: CaseStatus | Literal[""] = "",
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """List the candidates behind a figure, latest first."""
    narrow = Narrow(
        state=state or None,
        class_name=class_name or None,
        camera=camera or None,
        zone="" if zone == NO_DISTRICT else zone or None,
        hour=hour if isinstance(hour, int) else None,
        cell=_cell(cell),
        right=None if not verdict else verdict == "right",
    )
    with database.read() as connection:
        known = _known(scope, connection)
        if on_page.asked is None:
            return _fault(render, on_page, known, "rows")
        more: list[ColumnElement[bool]] = []
        if status:
            more.append(case_queries.of_status(scope, on_page.asked, status))
        if pace:
            more.append(
                case_queries.of_pace(
                    scope, connection, on_page.asked, pace, timedelta(hours=settings.case_due_hours), now
                ),
            )
        page = repository.page(scope, connection, on_page.asked, narrow, cursor, ROWS, more)
    narrowed = {"state": state, "class": class_name, "camera": camera, "zone": zone, "hour": hour, "cell": cell}
    narrowed |= {"verdict": verdict, "pace": pace, "status": status}
    return render.page(
        "statistics_rows.html",
        active="statistics",
        tab="rows",
        on_page=on_page,
        districts=known,
        links=on_page.links,
        page=page,
        narrowed={key: str(value) for key, value in narrowed.items() if value != ""},
        names={view.id: view.name for view in live.views()},
        zone_of={one.id: one for one in zones()},
        local=lambda moment: _local(moment, on_page.asked),
        zone=on_page.asked.period.zone.key,
    )


def _cell(text: str) -> MeshCell | None:
    if not text:
        return None
    side, around, row, column = (int(part) for part in text.split("."))
    return MeshCell(Mesh(max(side, 1), max(-89, min(around, 89))), row, column)


def _known(scope: Scope, connection: Connection) -> tuple[str, ...]:
    return repository.districts(scope, connection)


def _fault(render: Render, on_page: PageQuery, districts: tuple[str, ...], tab: str) -> HTMLResponse:
    return render.page(
        "statistics_head.html", active="statistics", tab=tab, on_page=on_page, districts=districts, links=None
    )


def _span(first: date, last: date) -> str:
    return f"{first:%m-%d}" if first == last else f"{first:%m-%d}…{last:%m-%d}"


def _local(moment: datetime, asked: Selection | None) -> str:
    """Return a moment by the clocks of the city."""
    return f"{moment.astimezone(asked.period.zone):%Y-%m-%d %H:%M}" if asked else ""
