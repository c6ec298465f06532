"""The cases of a selection as rows: what was found where, who has it, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from api.candidates.tables import candidates
from api.cases.tables import CaseStatus, case_progress, outbox
from api.db.scope import Scope
from api.statistics.case_queries import case_moments
from api.statistics.period import Selection


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case; `fixed_at` is when it was said to be fixed, or where that was not said, done.

    None as well where it is said to be fixed and a look has seen that it is not.
    """

    candidate_id: UUID
    class_name: str
    district: str | None
    zone: str | None
    lat: float | None
    lon: float | None
    first_seen: datetime | None
    confirmed_at: datetime
    case_system: str | None
    reference: str | None
    assignee: str | None
    status: CaseStatus
    fixed_at: datetime | None


def case_rows(scope: Scope, connection: Connection, asked: Selection, limit: int) -> tuple[tuple[CaseRow, ...], int]:
    """Return the latest cases of a selection, and how many there are."""
    case_ = case_moments(scope, asked)
    total = connection.execute(select(func.count()).select_from(case_)).scalar_one()
    query = (
        select(case_, candidates.c.district, candidates.c.zone)
        .add_columns(outbox.c.case_system, outbox.c.reference, case_progress.c.assignee)
        .join(candidates, candidates.c.id == case_.c.candidate_id)
        .join(outbox, outbox.c.id == case_.c.delivery_id)
        .outerjoin(case_progress, case_progress.c.delivery_id == case_.c.delivery_id)
        .order_by(case_.c.confirmed_at.desc(), case_.c.candidate_id)
        .limit(limit)
    )
    rows = tuple(
        CaseRow(
            candidate_id=row.candidate_id,
            class_name=row.class_name,
            district=row.district,
            zone=row.zone,
            lat=row.lat,
            lon=row.lon,
            first_seen=row.first_seen if row.timed else None,
            confirmed_at=row.confirmed_at,
            case_system=row.case_system,
            reference=row.reference,
            assignee=row.assignee,
            status=CaseStatus(row.status),
            fixed_at=row.fixed_at or row.ended_at,
        )
        for row in connection.execute(query)
    )
    return rows, total
