"""What the next flight is to look at: places that a drone saw and that are said to be fixed, as a page and a table."""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response

from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.reasons import Reason, given_reason
from api.candidates import repository as candidates
from api.candidates.repository import StoredCandidate
from api.cases import looks
from api.cases.looks import PlaceCheck
from api.db.scope import Scope
from api.dependencies import CurrentScope, Db, MayExport, Now
from api.pages.base import Render
from api.roles import Permission
from api.web.tables import BYTE_ORDER_MARK, csv_rows

router = APIRouter(include_in_schema=False)
MOST: Final = 1000
COLUMNS: Final = ("case", "class", "class_name", "district", "lat", "lon", "ce90", "fixed_at")


@dataclass(frozen=True, slots=True)
class PlaceToFly:
    """One place, and since when it is said to be fixed."""

    check: PlaceCheck
    candidate: StoredCandidate


@router.get("/cases/next-flight")
def next_flight_page(scope: CurrentScope, database: Db, render: Render) -> HTMLResponse:
    """Show what the next flight is to look at, longest waiting first."""
    with database.read() as connection:
        rows = _rows(scope, connection)
    return render.page("next_flight.html", active="cases", rows=rows, exports=scope.may(Permission.EXPORT))


@router.get("/cases/next-flight.csv", dependencies=[MayExport])
def next_flight_table(scope: CurrentScope, database: Db, render: Render, now: Now, reason: Reason = None) -> Response:
    """Return the same as a table of WGS-84 positions; asks for a reason, which is recorded."""
    why = given_reason(reason)
    with database.read() as connection:
        rows = _rows(scope, connection)
    with database.write() as connection:
        audit.record(scope, connection, Act.EXPORTED, "next-flight", now, details={"reason": why, "rows": len(rows)})
    table: list[tuple[object, ...]] = [COLUMNS]
    for row in rows:
        one = row.candidate
        table.append(
            (row.check.delivery_id, one.class_name, render.class_word(one.class_name), one.district, one.lat, one.lon,
             one.ce90, row.check.asked_at.isoformat())
        )  # fmt: skip
    headers = {"Content-Disposition": 'attachment; filename="next-flight.csv"'}
    text = BYTE_ORDER_MARK + csv_rows(table)
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _rows(scope: Scope, connection: Connection) -> list[PlaceToFly]:
    asked = looks.for_next_flight(scope, connection, MOST)
    known = candidates.by_id(scope, connection, (candidate_id for _, candidate_id in asked))
    return [PlaceToFly(check, known[candidate_id]) for check, candidate_id in asked if candidate_id in known]
