"""Candidates as a table that is taken away: a row each, read page by page, so that no export is held in memory."""

from collections.abc import Callable, Iterator
from typing import Final

from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import Filter, StoredCandidate
from api.candidates.verdicts import Verdict
from api.db.database import Database
from api.db.scope import Scope
from api.web.tables import BYTE_ORDER_MARK, csv_rows
from detector.reason import Reason

ROWS: Final = 500
COLUMNS: Final = (
    "id", "state", "came_in_at", "class", "ruling", "reasons", "code", "rule", "zone", "district", "camera", "survey",
    "lat", "lon", "ce90", "first_seen", "last_seen", "dwell_s", "confidence", "rulebook", "decided_at", "decided_by",
    "decision", "reject_reason", "note",
)  # fmt: skip


def table_of(scope: Scope, database: Database, wanted: Filter, say: Callable[[Reason], str]) -> Iterator[str]:
    """Yield the table piece by piece, longest waiting first: what comes in meanwhile stands at its end."""
    yield BYTE_ORDER_MARK + csv_rows([COLUMNS])
    cursor: str | None = None
    while True:
        with database.read() as connection:
            page = candidates.page(scope, connection, wanted, cursor, ROWS)
            said = verdicts.standing(scope, connection, [item.id for item in page.items])
        yield csv_rows(_row(item, said.get(item.id), say) for item in page.items)
        cursor = page.next
        if cursor is None:
            return


def _row(item: StoredCandidate, verdict: Verdict | None, say: Callable[[Reason], str]) -> tuple[object, ...]:
    first, last = (item.first_seen.isoformat(), item.last_seen.isoformat()) if item.timed else (None, None)
    known: tuple[object, ...] = (
        str(item.id), item.state.value, item.created_at.isoformat(), item.class_name, item.outcome.value,
        "; ".join(map(say, item.reasons)), item.code, item.rule, item.zone, item.district, item.camera_id,
        str(item.survey_id) if item.survey_id else None, item.lat, item.lon, item.ce90, first, last,
        item.dwell.total_seconds() if item.timed else None, item.confidence, item.rulebook_version,
    )  # fmt: skip
    if verdict is None:
        return (*known, None, None, None, None, None)
    reason = verdict.reason.value if verdict.reason else None
    said = (verdict.decided_at.isoformat(), verdict.actor.name, verdict.decision.value, reason, verdict.note)
    return (*known, *said)
