"""Leases: each camera is watched by one process, the holder of its lease, by the database's clock.

A process that watches has one row with its heartbeat. One whose heartbeat is older than `TTL` is dead: others take its
cameras, each under a new epoch. Whoever writes as a camera's watcher shows its epoch in the same transaction (`check`);
a process that was frozen and wakes finds that its epoch is over, and nothing that it writes is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, insert, or_, select, update

from api.cameras.lease_tables import camera_leases, camera_watchers
from api.db.clock import database_now
from api.db.inserts import insert_new
from api.errors import LeaseLost

HEARTBEAT: Final = timedelta(seconds=2)
TTL: Final = timedelta(seconds=6)

FROZEN: Final = "4s"
"""How long PostgreSQL lets a watcher's transaction wait for its next word: one that is frozen in the middle of a write
would hold its locks for as long, and nobody could take the camera over. Shorter than `TTL`."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a camera (`holder` None: nobody that is alive), under which epoch, and what they say of it."""

    camera: str
    epoch: int
    holder: UUID | None
    holder_name: str | None
    state: str | None
    state_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Watcher:
    """A process that watches; `age` is how long ago its last heartbeat was, by the database's clock."""

    id: UUID
    name: str
    age: timedelta

    @property
    def alive(self) -> bool:
        """Return whether its leases hold; a heartbeat of the future was written while the clock was wrong."""
        return abs(self.age) <= TTL


def join(connection: Connection, name: str, before: UUID | None = None) -> UUID:
    """Return the id of a new process that watches; `before` is one that has ended for certain: what it held is free."""
    if before is not None:
        leave(connection, before)
    now, watcher = database_now(connection), uuid4()
    row = {"id": watcher, "name": name, "joined_at": now, "beat_at": now}
    connection.execute(insert(camera_watchers).values(**row))
    return watcher


def leave(connection: Connection, watcher: UUID) -> None:
    """Give back all that a process holds, and forget it."""
    mine = camera_leases.c.watcher_id == watcher
    connection.execute(update(camera_leases).where(mine).values(watcher_id=None))
    connection.execute(delete(camera_watchers).where(camera_watchers.c.id == watcher))


def beat(connection: Connection, watcher: UUID) -> bool:
    """Record that a process is alive; False where others have taken all that it held, and forgotten it."""
    limit_silence(connection)
    now = database_now(connection)
    mine = camera_watchers.c.id == watcher
    return connection.execute(update(camera_watchers).where(mine).values(beat_at=now)).rowcount == 1


def watchers(connection: Connection) -> tuple[Watcher, ...]:
    """Return every process that watches, or did and left cameras behind, by id."""
    now = database_now(connection)
    rows = connection.execute(select(camera_watchers).order_by(camera_watchers.c.id))
    return tuple(Watcher(row.id, row.name, now - row.beat_at) for row in rows)


def all_leases(connection: Connection) -> tuple[Lease, ...]:
    """Return the lease of every camera that ever had one, by camera."""
    alive = {one.id: one.name for one in watchers(connection) if one.alive}
    rows = connection.execute(select(camera_leases).order_by(camera_leases.c.camera)).all()
    return tuple(
        Lease(
            row.camera,
            row.epoch,
            row.watcher_id if row.watcher_id in alive else None,
            alive.get(row.watcher_id),
            row.state,
            row.state_at,
            row.reason,
        )
        for row in rows
    )


def claim(connection: Connection, watcher: UUID, cameras: Sequence[str], *, from_dead: bool = True) -> dict[str, int]:
    """Take these cameras where nobody holds them, or (`from_dead`) nobody alive; return those taken with their epochs.

    What a frozen holder is still writing to is left for the next time.
    """
    limit_silence(connection)
    insert_new(connection, camera_leases, [{"camera": camera, "epoch": 0} for camera in cameras], ["camera"])
    free: ColumnElement[bool] = camera_leases.c.watcher_id.is_(None)
    if from_dead:
        dead = [one.id for one in watchers(connection) if not one.alive and one.id != watcher]
        free = or_(free, camera_leases.c.watcher_id.in_(dead))
    wanted = (
        select(camera_leases.c.camera, camera_leases.c.epoch)
        .where(camera_leases.c.camera.in_(cameras), free)
        .order_by(camera_leases.c.camera)
        .with_for_update(skip_locked=True)
    )
    taken = {row.camera: row.epoch + 1 for row in connection.execute(wanted)}
    if taken:
        changed = (
            update(camera_leases)
            .where(camera_leases.c.camera.in_(taken))
            .values(epoch=camera_leases.c.epoch + 1, watcher_id=watcher, state=None, state_at=None, reason="")
        )
        connection.execute(changed)
    if from_dead:
        _forget_dead(connection, watcher)
    return taken


def release(connection: Connection, watcher: UUID, cameras: Mapping[str, int]) -> None:
    """Give cameras back that are held under these epochs; what is not held any more is left."""
    for camera, epoch in cameras.items():
        connection.execute(update(camera_leases).where(_held(watcher, camera, epoch)).values(watcher_id=None))


def check(connection: Connection, watcher: UUID, camera: str, epoch: int) -> None:
    """Refuse what is written by somebody who does not hold the camera any more. Raises LeaseLost.

    Until the transaction ends nobody can take the camera.
    """
    limit_silence(connection)
    query = select(camera_leases.c.epoch).where(_held(watcher, camera, epoch)).with_for_update(read=True)
    if connection.execute(query).one_or_none() is None:
        raise LeaseLost(f"camera {camera}: another process watches it by now; nothing was stored")


def say_states(connection: Connection, watcher: UUID, said: Sequence[Mapping[str, object]]) -> None:
    """Record states, rows of `camera_`, `epoch_`, `state`, `state_at`, `reason`; stale ones change nothing."""
    if said:
        mine = _held(watcher, bindparam("camera_"), bindparam("epoch_"))
        changed = update(camera_leases).where(mine)
        changed = changed.values(state=bindparam("state"), state_at=bindparam("state_at"), reason=bindparam("reason"))
        connection.execute(changed, list(said))


def limit_silence(connection: Connection) -> None:
    """End this transaction if its process falls silent, as one that is frozen does. SQLite cannot."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("idle_in_transaction_session_timeout", FROZEN, True)))


def _held(watcher: UUID, camera: object, epoch: object) -> ColumnElement[bool]:
    return and_(camera_leases.c.camera == camera, camera_leases.c.epoch == epoch, camera_leases.c.watcher_id == watcher)


def _forget_dead(connection: Connection, watcher: UUID) -> None:
    """Remove the rows of processes that are dead and hold nothing any more."""
    holds = exists().where(camera_leases.c.watcher_id == camera_watchers.c.id)
    dead = [one.id for one in watchers(connection) if not one.alive and one.id != watcher]
    if dead:
        connection.execute(delete(camera_watchers).where(camera_watchers.c.id.in_(dead), ~holds))
