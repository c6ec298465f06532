"""Chunks: the pieces in which a survey is worked through, each held by one worker at a time.

A claim is a lease by the database's clock and an epoch. The chunk of a worker that died is freed by whoever saw it end,
else when its lease has run out, and another takes it up again; a worker that only slept finds that its epoch is over,
and nothing that it writes is taken. What is proved to be the chunk's own fault is a strike against it; that it was
claimed proves nothing.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select, update

from api.db.clock import database_now
from api.db.scope import Scope
from api.errors import LeaseLost
from api.surveys.jobs.tables import ChunkKind, ChunkState, survey_chunks
from detector.reason import Reason

STRIKES: Final = 3
"""How many faults that are its own set a chunk aside."""
ATTEMPTS: Final = 10
"""How often a chunk may be claimed at all, whatever ended the attempts."""


class JobFault(StrEnum):
    """Why the work on a chunk failed, where reading its footage did not say why (`streams.footage_wording`)."""

    EXITED = "worker_exited"
    CRASHED = "worker_crashed"
    OUT_OF_MEMORY = "worker_out_of_memory"
    STALLED = "stalled"
    NEVER_FINISHED = "never_finished"
    NO_FOOTAGE = "no_footage"
    NOT_LOOKED_AT = "not_looked_at"
    PICTURE_LOST = "picture_lost"


OPEN = (ChunkState.WAITING, ChunkState.RUNNING)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of work; `start` and `end` are seconds into its video (`end` None: to its end).

    `error` is why it failed the last time.
    """

    id: UUID
    survey_id: UUID
    kind: ChunkKind
    files: tuple[UUID, ...]
    place: int
    start: float
    end: float | None
    state: ChunkState
    attempts: int
    strikes: int
    epoch: int
    frames: int
    notes: tuple[str, ...]
    error: Reason | None


def add(connection: Connection, survey_id: UUID, kind: ChunkKind, files: Iterable[UUID], place: int, start: float,
        end: float | None, now: datetime) -> None:  # fmt: skip
    """Queue a piece of work."""
    connection.execute(
        insert(survey_chunks).values(
            id=uuid4(),
            survey_id=survey_id,
            kind=kind,
            files=[str(one) for one in files],
            place=place,
            start=start,
            end=end,
            state=ChunkState.WAITING,
            attempts=0,
            strikes=0,
            epoch=0,
            frames=0,
            notes=[],
            created_at=now,
        )
    )


def claim(connection: Connection, worker: str, lease: timedelta) -> Chunk | None:
    """Return the next chunk, leased; None where nothing is to be done.

    A chunk that was claimed as often as it may be is returned too, dead: its survey may have to be closed.
    """
    now = database_now(connection)
    query = (
        select(survey_chunks)
        .where(_free(now), _its_turn())
        .order_by(survey_chunks.c.created_at, survey_chunks.c.place, survey_chunks.c.start, survey_chunks.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.attempts >= ATTEMPTS:
        error = asdict(Reason(JobFault.NEVER_FINISHED, {"times": ATTEMPTS}))
        values: dict[str, object] = {"state": ChunkState.DEAD, "error": error, "lease_until": None}
    else:
        values = {
            "state": ChunkState.RUNNING,
            "attempts": row.attempts + 1,
            "worker": worker,
            "lease_until": now + lease,
        }
    changed = update(survey_chunks).where(survey_chunks.c.id == row.id).values(epoch=row.epoch + 1, **values)
    return _chunk(connection.execute(changed.returning(survey_chunks)).one())


def renew(connection: Connection, chunk: Chunk, lease: timedelta) -> None:
    """Hold on to a chunk. Raises LeaseLost."""
    _change(connection, chunk, lease_until=database_now(connection) + lease)


def finish(connection: Connection, chunk: Chunk, frames: int = 0, notes: Iterable[str] = ()) -> None:
    """Mark the chunk as done; to be called in the transaction that stores its results. Raises LeaseLost."""
    _change(connection, chunk, state=ChunkState.DONE, lease_until=None, frames=frames, notes=list(notes), error=None)


def fail(connection: Connection, chunk: Chunk, error: Reason, *, final: bool) -> ChunkState:
    """Return the chunk could not be worked through, which is a strike: to be tried again, or dead. Raises LeaseLost."""
    strikes = chunk.strikes + 1
    state = ChunkState.DEAD if final or strikes >= STRIKES else ChunkState.WAITING
    _change(connection, chunk, state=state, strikes=strikes, lease_until=None, error=asdict(error))
    return state


def replace(connection: Connection, chunk: Chunk, note: str) -> None:
    """Mark a chunk without a lease as done, since other chunks do its work. Raises LeaseLost."""
    table = survey_chunks.c
    mine = (table.id == chunk.id, table.epoch == chunk.epoch, table.state.in_((ChunkState.WAITING, ChunkState.DEAD)))
    done = {"state": ChunkState.DONE, "error": None, "notes": [note[:500]]}
    if connection.execute(update(survey_chunks).where(*mine).values(done)).rowcount != 1:
        raise LeaseLost(f"chunk {chunk.id}: another worker has it")


def release(connection: Connection, chunk: Chunk) -> None:
    """Release a chunk that could not be processed for a reason outside of it. Raises LeaseLost."""
    _change(connection, chunk, state=ChunkState.WAITING, lease_until=None, attempts=chunk.attempts - 1)


def settle(connection: Connection, worker: str, fault: Reason | None) -> tuple[Chunk, ...]:
    """Free what a worker held that has ended for certain, at once; gives its chunks, one as a rule.

    `fault` says what its end proves against the chunk that it was at: a strike. None: nothing.
    """
    table = survey_chunks.c
    held = select(survey_chunks).where(table.worker == worker, table.state == ChunkState.RUNNING).with_for_update()
    settled: list[Chunk] = []
    # the first is the one that it was at; another is older, not given back because the database was away
    for row in connection.execute(held.order_by(table.lease_until.desc())).all():
        struck = fault is not None and not settled
        strikes = row.strikes + struck
        values = {
            "state": ChunkState.DEAD if strikes >= STRIKES else ChunkState.WAITING,
            "strikes": strikes,
            "epoch": row.epoch + 1,
            "lease_until": None,
            "error": asdict(fault) if fault is not None and struck else row.error,
        }
        changed = update(survey_chunks).where(table.id == row.id).values(values)
        settled.append(_chunk(connection.execute(changed.returning(survey_chunks)).one()))
    return tuple(settled)


def any_open(connection: Connection) -> bool:
    """Return whether anything waits or is being worked on."""
    return connection.execute(select(exists().where(survey_chunks.c.state.in_(OPEN)))).scalar_one()


def of_survey(scope: Scope, connection: Connection, survey_id: UUID) -> tuple[Chunk, ...]:
    """Return every chunk of a survey, in the order of its footage; the one that links comes last."""
    query = (
        select(survey_chunks)
        .where(survey_chunks.c.survey_id == survey_id, scope.sees_parent(survey_chunks.c.survey_id, "surveys"))
        .order_by(survey_chunks.c.place, survey_chunks.c.start, survey_chunks.c.created_at, survey_chunks.c.id)
    )
    return tuple(_chunk(row) for row in connection.execute(query))


def _free(now: datetime) -> ColumnElement[bool]:
    table = survey_chunks.c
    return or_(
        table.state == ChunkState.WAITING,
        and_(table.state == ChunkState.RUNNING, table.lease_until <= now),
    )


def _its_turn() -> ColumnElement[bool]:
    """Linking waits until nothing else of its survey is open."""
    other = survey_chunks.alias("other")
    unfinished = exists().where(
        other.c.survey_id == survey_chunks.c.survey_id, other.c.kind != ChunkKind.LINK, other.c.state.in_(OPEN)
    )
    return or_(survey_chunks.c.kind != ChunkKind.LINK, ~unfinished)


def _change(connection: Connection, chunk: Chunk, **values: object) -> None:
    table = survey_chunks.c
    mine = (table.id == chunk.id, table.epoch == chunk.epoch, table.state == ChunkState.RUNNING)
    if connection.execute(update(survey_chunks).where(*mine).values(**values)).rowcount != 1:
        raise LeaseLost(f"chunk {chunk.id}: its lease expired and another worker has it")


_CHUNK = TypeAdapter(Chunk)


def _chunk(row: Row[tuple[object, ...]]) -> Chunk:
    return _CHUNK.validate_python({name: row._mapping[name] for name in Chunk.__dataclass_fields__})
