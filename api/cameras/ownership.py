"""What this process watches: its share of the cameras, held by leases that its heartbeat keeps."""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from api.background import BackgroundLoop
from api.cameras import leases
from api.cameras.leases import HEARTBEAT, TTL, Lease
from api.db.database import Database
from api.errors import LeaseLost
from models.files import write_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FairShare:
    """Which cameras a process should take because nobody holds them, and which it holds too many of."""

    take: tuple[str, ...]
    give: tuple[str, ...]


def share_of(me: UUID, cameras: Sequence[str], holders: Mapping[str, UUID | None], alive: Set[UUID]) -> FairShare:
    """Return what one of the processes that are alive should take and give, so that all hold as many as each other.

    Only the surplus moves: a camera that changes hands is not watched for a moment. So what is left over when all have
    as many stays with those that hold most.
    """
    counts = dict.fromkeys(alive | {me}, 0)
    free, mine = [], []
    for camera in cameras:
        holder = holders.get(camera)
        if holder == me:
            mine.append(camera)
        if holder in counts:
            counts[holder] += 1
        else:
            free.append(camera)
    members = sorted(counts, key=lambda member: (-counts[member], member))
    each, rest = divmod(len(cameras), len(members))
    quota = {member: each + (place < rest) for place, member in enumerate(members)}
    missing = sum(max(quota[one] - counts[one], 0) for one in members if one != me) - len(free)
    surplus = min(len(mine) - quota[me], missing)
    wanted = max(quota[me] - len(mine), 0)
    return FairShare(tuple(free[:wanted]), tuple(mine[len(mine) - surplus :]) if surplus > 0 else ())


@dataclass(slots=True)
class CameraOwnership:
    """The leases of this process. `settle` is called by one thread; `check` by every watcher.

    In `folder` the process writes down who it is: its successor on the same folder, which one process holds at a time,
    so knows that it has ended, and need not wait until its leases run out.
    """

    database: Database
    folder: Path
    held: dict[str, int] = field(default_factory=dict)
    _me: UUID | None = None
    _expelled: bool = False
    _beat_at: float = 0.0
    _steady_since: float = 0.0
    _loop: BackgroundLoop = field(init=False)

    def __post_init__(self) -> None:
        longest = HEARTBEAT.total_seconds()
        self._loop = BackgroundLoop("camera leases", self._beat, pause=HEARTBEAT, longest_retry=longest)

    def start(self) -> None:
        """Join those who watch. Raises DatabaseUnavailable."""
        self._join(self._predecessor())
        self._loop.start()

    def stop(self) -> None:
        """Give everything back, once nothing of it is watched any more."""
        self._loop.stop()
        self.held = {}
        if self._me is not None:
            with self.database.write() as connection:
                leases.leave(connection, self._me)

    def check(self, connection: Connection, camera: str) -> None:
        """Refuse a write as the watcher of a camera that somebody else watches by now. Raises LeaseLost."""
        epoch = self.held.get(camera)
        if epoch is None or self._me is None:
            raise LeaseLost(f"camera {camera}: this process does not watch it any more; nothing was stored")
        leases.check(connection, self._me, camera, epoch)

    def settle(self, cameras: Sequence[str], let_go: Callable[[Set[str]], None]) -> tuple[Lease, ...]:
        """Hold the share of these cameras that falls to this process; return all leases as they were found.

        `let_go` ends the watching of cameras; when it has returned they are another's, and those that come new are
        watched under a new epoch. Raises DatabaseUnavailable.
        """
        if self._expelled or self._me is None:
            self._let_go(set(self.held), let_go, lost=True)
            self._join(None)
        me = self._me
        if me is None:  # not before `_join`
            raise LeaseLost("this process has not joined those who watch")
        with self.database.read() as connection:
            found = leases.all_leases(connection)
            alive = {one.id for one in leases.watchers(connection) if one.alive}
        epochs = {one.camera: one.epoch for one in found if one.holder == me}
        self._let_go({camera for camera, epoch in self.held.items() if epochs.get(camera) != epoch}, let_go, lost=True)
        share = share_of(me, cameras, {one.camera: one.holder for one in found}, alive)
        self._let_go(self.held.keys() & ({*share.give} | (self.held.keys() - set(cameras))), let_go)
        if share.take:
            with self.database.write() as connection:
                self.held |= leases.claim(connection, me, share.take, from_dead=self._steady)
        return found

    def say_states(self, said: Sequence[Mapping[str, object]]) -> None:
        """Record the states of cameras that are held, rows as `leases.say_states` takes them without epochs."""
        if self._me is not None and said:
            rows = [{**row, "epoch_": self.held.get(str(row["camera_"]), -1)} for row in said]
            with self.database.write() as connection:
                leases.say_states(connection, self._me, rows)

    @property
    def lease_age(self) -> float | None:
        """Return how many seconds ago the leases were renewed; None before they ever were."""
        return None if self._me is None else time.monotonic() - self._beat_at

    @property
    def _steady(self) -> bool:
        """Return whether the heartbeat has come through for so long that the silence of others means that they died.

        After the database was away everybody has been silent.
        """
        now, ttl = time.monotonic(), TTL.total_seconds()
        return now - self._steady_since >= ttl > now - self._beat_at

    def _let_go(self, going: Set[str], let_go: Callable[[Set[str]], None], *, lost: bool = False) -> None:
        if not going:
            return
        if lost:
            log.warning("another process has taken over %d cameras that this one watched", len(going))
        let_go(going)
        if not lost and self._me is not None:
            with self.database.write() as connection:
                leases.release(connection, self._me, {camera: self.held[camera] for camera in going})
        self.held = {camera: epoch for camera, epoch in self.held.items() if camera not in going}

    def _join(self, before: UUID | None) -> None:
        with self.database.write() as connection:
            self._me = leases.join(connection, f"{socket.gethostname()} {os.getpid()}", before)
        self._expelled = False
        self._beat_at = self._steady_since = time.monotonic()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, str(self._me).encode())
        except OSError as error:  # costs the next start a few seconds
            log.warning("%s cannot be written: %s", self._file, error.strerror)

    def _predecessor(self) -> UUID | None:
        try:
            return UUID(self._file.read_text("ascii"))
        except (OSError, ValueError):
            return None

    @property
    def _file(self) -> Path:
        return self.folder / "watcher"

    def _beat(self) -> bool:
        if self._me is None or self._expelled:
            return False
        with self.database.write() as connection:
            known = leases.beat(connection, self._me)
        now = time.monotonic()
        if now - self._beat_at > TTL.total_seconds():
            self._steady_since = now
        self._beat_at = now
        self._expelled = not known
        return False
