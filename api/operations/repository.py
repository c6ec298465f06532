"""What the database says of the service's work: what waits, since when, what was given up, who watches."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from api.cameras import leases
from api.cameras.leases import Watcher
from api.candidates.repository import State
from api.candidates.tables import candidates
from api.cases.tables import DeliveryState, outbox
from api.surveys.jobs.tables import ChunkState, survey_chunks


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """Counts by state, and since when the oldest waits; None where none does.

    `outbox_due` is when the pending delivery that is due longest was due: it may lie in the future. `unheld` counts
    cameras with a lease that nobody alive holds.
    """

    candidates: dict[str, int]
    backlog_since: datetime | None
    deliveries: dict[str, int]
    outbox_since: datetime | None
    outbox_due: datetime | None
    chunks: dict[str, int]
    watchers: tuple[Watcher, ...]
    unheld: int


def work_figures(connection: Connection) -> WorkFigures:
    """Return the figures of this moment; nothing in them tells of a single thing, person or place."""
    pending = outbox.c.state == DeliveryState.PENDING
    outbox_since, outbox_due = connection.execute(
        select(func.min(outbox.c.created_at), func.min(outbox.c.next_attempt_at)).where(pending)
    ).one()
    backlog = select(func.min(candidates.c.created_at)).where(candidates.c.state == State.OPEN)
    by_candidate = select(candidates.c.state, func.count()).group_by(candidates.c.state)
    by_delivery = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    by_chunk = select(survey_chunks.c.state, func.count()).group_by(survey_chunks.c.state)
    return WorkFigures(
        candidates=dict.fromkeys(State, 0) | {row[0]: row[1] for row in connection.execute(by_candidate)},
        backlog_since=connection.execute(backlog).scalar_one(),
        deliveries=dict.fromkeys(DeliveryState, 0) | {row[0]: row[1] for row in connection.execute(by_delivery)},
        outbox_since=outbox_since,
        outbox_due=outbox_due,
        chunks=dict.fromkeys(ChunkState, 0) | {row[0]: row[1] for row in connection.execute(by_chunk)},
        watchers=leases.watchers(connection),
        unheld=sum(one.holder is None for one in leases.all_leases(connection)),
    )
