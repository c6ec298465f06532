"""The reports that are kept."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Row, select

from api.db.inserts import insert_new
from api.db.paging import Page, page_by_time
from api.db.scope import Scope
from api.reports.content import ReportContent
from api.reports.tables import ReportKind, reports


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report as it was made; `district` is None for that of all districts."""

    id: UUID
    kind: ReportKind
    first: date
    last: date
    district: str | None
    grade: int
    content: ReportContent
    made_at: datetime


def add(scope: Scope, connection: Connection, report: KeptReport) -> bool:
    """Keep a report; False where there is one of its kind, period and district."""
    row = {
        "id": report.id,
        "slot": _slot(report.kind, report.first, report.district),
        "kind": report.kind,
        "first": report.first,
        "last": report.last,
        "district": report.district,
        "grade": report.grade,
        "content": report.content.model_dump(mode="json"),
        "made_at": report.made_at,
    }
    return insert_new(connection, reports, [row], ["slot"]) == 1


def find(scope: Scope, connection: Connection, report_id: UUID) -> KeptReport | None:
    """Return the report with this id."""
    query = select(reports).where(reports.c.id == report_id, scope.sees(reports.c.district))
    row = connection.execute(query).one_or_none()
    return _from_row(row) if row else None


def of_period(
    scope: Scope, connection: Connection, kind: ReportKind, first: date, district: str | None
) -> KeptReport | None:
    """Return the report of a period and district."""
    mine = (reports.c.slot == _slot(kind, first, district), scope.sees(reports.c.district))
    row = connection.execute(select(reports).where(*mine)).one_or_none()
    return _from_row(row) if row else None


def before(scope: Scope, connection: Connection, report: KeptReport) -> KeptReport | None:
    """Return the report of the period that ends the day before this one begins; None where none was made."""
    district = reports.c.district
    query = select(reports).where(
        reports.c.kind == report.kind,
        reports.c.last == report.first - timedelta(days=1),
        district.is_(None) if report.district is None else district == report.district,
        scope.sees(district),
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return _from_row(row) if row else None


def page(scope: Scope, connection: Connection, cursor: str | None, limit: int) -> Page[KeptReport]:
    """Return reports, latest first. Raises CursorInvalid."""
    return page_by_time(connection, reports.c.made_at, _from_row, cursor, limit, where=[scope.sees(reports.c.district)])


def _slot(kind: ReportKind, first: date, district: str | None) -> str:
    return f"{kind} {first} {district or ''}"


def _from_row(row: Row[tuple[object, ...]]) -> KeptReport:
    return KeptReport(
        id=row.id,
        kind=ReportKind(row.kind),
        first=row.first,
        last=row.last,
        district=row.district,
        grade=row.grade,
        content=ReportContent.model_validate(row.content),
        made_at=row.made_at,
    )
