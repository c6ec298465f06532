"""The pages of the three lists, and their exports: these ask for a reason and are recorded."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.reasons import Reason, given_reason
from api.dependencies import AppSettings, CurrentScope, Db, MayExport, Now
from api.pages.base import Render, Renderer
from api.pages.dependencies import MapZones, Zones
from api.pages.i18n import register_names
from api.reports import list_queries
from api.reports.files import XLSX
from api.reports.lists import CaseList, ListKind, list_as_xlsx
from api.reports.messages import LISTS
from api.settings import Settings
from api.statistics import repository as statistics
from api.statistics.dependencies import AskedFor
from api.statistics.pages import OnPage
from api.statistics.period import Selection
from api.web.tables import BYTE_ORDER_MARK, csv_rows

router = APIRouter(include_in_schema=False)
register_names("case_list", LISTS)
Which = Annotated[ListKind, Query()]
SHOWN: Final = 200
EXPORTED: Final = 50_000


@router.get("/lists")
def lists_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    render: Render,
    zones: Zones,
    now: Now,
    on_page: OnPage,
    which: Which = ListKind.PROBLEM,
) -> HTMLResponse:
    """Show one of the lists, the latest cases first."""
    with database.read() as connection:
        districts = statistics.districts(scope, connection)
        rows, total = list_queries.case_rows(scope, connection, on_page.asked, SHOWN) if on_page.asked else ((), 0)
    shown = _list(render, which, on_page.asked, zones, settings, now) if on_page.asked else None
    return render.page(
        "lists.html",
        active="reports",
        on_page=on_page,
        districts=districts,
        links=on_page.links,
        which=which,
        kinds=tuple(ListKind),
        shown=shown,
        rows=[shown.row(number, one) for number, one in enumerate(rows, 1)] if shown else [],
        ids=[one.candidate_id for one in rows],
        total=total,
    )


@router.get("/lists/export", dependencies=[MayExport])
def export_list(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    render: Render,
    zones: Zones,
    now: Now,
    asked: AskedFor,
    which: Which = ListKind.PROBLEM,
    kind: Literal["csv", "xlsx"] = "xlsx",
    reason: Reason = None,
) -> Response:
    """Return one of the lists as a file, at most EXPORTED rows. Raises ReasonNeeded."""
    why = given_reason(reason)
    shown = _list(render, which, asked, zones, settings, now)
    with database.read() as connection:
        rows, total = list_queries.case_rows(scope, connection, asked, EXPORTED)
    told: dict[str, str | int | None] = {"rows": len(rows), "of": total, "kind": kind, "reason": why}
    told |= {"district": asked.district, "from": str(asked.period.first), "to": str(asked.period.last)}
    with database.write() as connection:
        audit.record(scope, connection, Act.EXPORTED, f"list {which}", now, details=told)
    words = [shown.headings, *(shown.row(number, one) for number, one in enumerate(rows, 1))]
    name = f"{which}-{asked.period.first}-{asked.period.last}-{render.language.code}.{kind}"
    return Response(
        (BYTE_ORDER_MARK + csv_rows(words)).encode() if kind == "csv" else list_as_xlsx(words),
        media_type="text/csv; charset=utf-8" if kind == "csv" else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


def _list(
    render: Renderer, which: ListKind, asked: Selection, zones: MapZones, settings: Settings, now: datetime
) -> CaseList:
    allowed = timedelta(hours=settings.case_due_hours)
    return CaseList(render, which, asked, {zone.id: zone for zone in zones()}, allowed, now)
