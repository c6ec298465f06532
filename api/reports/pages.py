"""The pages of the reports: the list, one report, and its files."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import HTMLResponse, Response

from api.dependencies import CurrentScope, Db
from api.errors import NotFound
from api.pages.base import ROWS, Render, Renderer
from api.pages.i18n import register_names
from api.reports import repository
from api.reports.files import XLSX, as_pdf, as_xlsx
from api.reports.messages import KINDS, WORDS
from api.reports.repository import KeptReport
from api.reports.sheets import ReportDocument, document_of
from api.web.pagination import CursorQuery

router = APIRouter(include_in_schema=False)
register_names("report_kind", KINDS)
MEDIA: Final = {
    "pdf": "application/pdf",
    "xlsx": XLSX,
}


@router.get("/reports")
def reports_page(scope: CurrentScope, database: Db, render: Render, cursor: CursorQuery = None) -> HTMLResponse:
    """List the reports that are kept, latest first."""
    with database.read() as connection:
        page = repository.page(scope, connection, cursor, ROWS)
    return render.page("reports.html", active="reports", page=page)


def wanted_report(scope: CurrentScope, database: Db, report_id: UUID) -> tuple[KeptReport, KeptReport | None]:
    """Return a report, and the one before it. Raises NotFound."""
    with database.read() as connection:
        report = repository.find(scope, connection, report_id)
        if report is None:
            raise NotFound(f"there is no report {report_id}")
        return report, repository.before(scope, connection, report)


TheReport = Annotated[tuple[KeptReport, KeptReport | None], Depends(wanted_report)]


@router.get("/reports/{report_id}")
def report_page(render: Render, found: TheReport) -> HTMLResponse:
    """Show one report beside the one before."""
    return render.page("report.html", active="reports", report=found[0], shown=document_of(render, *found))


@router.get("/reports/{report_id}/{kind}")
def report_file(render: Render, found: TheReport, kind: Annotated[Literal["pdf", "xlsx"], Path()]) -> Response:
    """Return one report as a file, in the reader's language."""
    report = found[0]
    data = _file(render, document_of(render, *found), kind)
    name = f"{report.kind}-{report.first}-{render.language.code}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(data, media_type=MEDIA[kind], headers=headers)


def _file(render: Renderer, document: ReportDocument, kind: str) -> bytes:
    return as_xlsx(document) if kind == "xlsx" else as_pdf(document, render.language.translate(WORDS["glyph"]))
