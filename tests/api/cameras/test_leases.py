"""Each camera has one watcher, by a lease; one that was killed or frozen loses its cameras and writes nothing more."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from api.cameras import health, leases
from api.cameras.health_store import HealthStore
from api.cameras.lease_tables import camera_watchers
from api.cameras.leases import TTL
from api.cameras.ownership import CameraOwnership, share_of
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING
from api.db.clock import database_now
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import LeaseLost
from api.evidence.files import EvidenceStore
from streams.health.faults import Fault, HealthEvent
from tests.api.postgres import PostgresServer
from tests.api.samples import NOON, a_candidate
from tests.conftest import REPO

TWO = ("cam-1", "cam-2")


def dies(database: Database, *gone: CameraOwnership) -> None:
    """Let the last heartbeat of these be longer ago than a lease holds."""
    with database.write() as connection:
        long_ago = database_now(connection) - TTL - timedelta(seconds=1)
        for one in gone:
            mine = camera_watchers.c.id == one._me
            connection.execute(update(camera_watchers).where(mine).values(beat_at=long_ago))


def stored(database: Database) -> int:
    with database.read() as connection:
        return candidates.page(EVERYWHERE, connection, EVERYTHING, None, 50).total


@contextmanager
def joined(database: Database, folder: Path) -> Iterator[CameraOwnership]:
    one = CameraOwnership(database, folder)
    one._join(None)  # without the thread that keeps the heartbeat
    yield one


def settled(*all_of_them: CameraOwnership, cameras: tuple[str, ...] = TWO) -> list[list[str]]:
    """What each holds after all have settled twice."""
    for one in all_of_them * 2:
        one.settle(cameras, lambda _: None)
    return [sorted(one.held) for one in all_of_them]


def steady(one: CameraOwnership) -> CameraOwnership:
    """One whose heartbeat has come through for long."""
    one._steady_since -= 60
    return one


def test_two_share_the_cameras_and_one_that_leaves_gives_all(database: Database, tmp_path: Path) -> None:
    let_go: list[str] = []
    with joined(database, tmp_path / "a") as one:
        one.settle(TWO, lambda _: None)
        assert sorted(one.held) == list(TWO)
        with joined(database, tmp_path / "b") as two:
            one.settle(TWO, let_go.extend)
            two.settle(TWO, lambda _: None)
            assert sorted([*one.held, *two.held]) == list(TWO)
            assert let_go == list(two.held)  # the surplus alone moved
            two.stop()
        assert settled(one) == [list(TWO)]


def test_what_a_watcher_writes_that_has_lost_its_camera_is_refused(database: Database, tmp_path: Path) -> None:
    files = EvidenceStore(tmp_path / "evidence")
    files.prepare()
    with joined(database, tmp_path / "a") as old:
        old.settle(TWO[:1], lambda _: None)
    with joined(database, tmp_path / "b") as new:
        sink = StoreSink(database, files, fence=old.check)
        store = HealthStore(database, files, fence=old.check)
        black = HealthEvent("cam-1", Fault.BLACK, NOON, None, a_candidate().evidence)
        store.record(black)
        dies(database, old)
        steady(new).settle(TWO[:1], lambda _: None)
        assert list(new.held) == ["cam-1"]

        with pytest.raises(LeaseLost):
            sink.take(a_candidate())
        for event in (
            HealthEvent("cam-1", Fault.BLACK, NOON, NOON, black.evidence),
            HealthEvent("cam-1", Fault.FROZEN, NOON, None, black.evidence),
        ):
            with pytest.raises(LeaseLost):
                store.record(event)
        old.say_states([{"camera_": "cam-1", "state": "live", "state_at": NOON, "reason": ""}])
        assert stored(database) == 0
        with database.read() as connection:
            assert [one.fault for one in health.lasting(connection, "cam-1")] == [Fault.BLACK]
            assert [one.state for one in leases.all_leases(connection)] == [None]

        StoreSink(database, files, fence=new.check).take(a_candidate())
        new.say_states([{"camera_": "cam-1", "state": "live", "state_at": NOON, "reason": ""}])
        assert stored(database) == 1
        with database.read() as connection:
            assert [one.state for one in leases.all_leases(connection)] == ["live"]


def test_one_that_was_forgotten_joins_anew_and_stops_what_it_watched(database: Database, tmp_path: Path) -> None:
    let_go: list[str] = []
    with joined(database, tmp_path / "a") as old:
        old.settle(TWO, lambda _: None)
    with joined(database, tmp_path / "b") as new:
        dies(database, old)
        assert settled(steady(new)) == [list(TWO)]
        old._beat()
        old.settle(TWO, let_go.extend)
        assert sorted(let_go) == list(TWO)
        assert [len(held) for held in settled(new, old)] == [1, 1]


def test_after_the_database_was_away_nobody_takes_what_others_hold(database: Database, tmp_path: Path) -> None:
    with joined(database, tmp_path / "a") as one, joined(database, tmp_path / "b") as two:
        before = settled(one, two)
        dies(database, one, two)
        one._beat_at -= 60
        two._beat_at -= 60
        one._beat()
        one.settle(TWO, lambda _: None)
        two._beat()
        assert settled(one, two) == before


def test_the_successor_on_a_data_folder_need_not_wait(database: Database, tmp_path: Path) -> None:
    with joined(database, tmp_path) as one:
        one.settle(TWO, lambda _: None)
    two = CameraOwnership(database, tmp_path)
    two.start()
    try:
        two.settle(TWO, lambda _: None)
        assert sorted(two.held) == list(TWO)
    finally:
        two.stop()


MEMBERS = [UUID(int=number) for number in range(4)]


def test_one_that_joins_takes_nothing_where_nobody_has_more_than_its_share() -> None:
    first, second, third = (UUID(int=number) for number in (1, 2, 3))
    for holder, other in ((first, second), (second, first)):  # whatever their ids
        held: dict[str, UUID | None] = {"cam-1": holder}
        assert share_of(holder, ["cam-1"], held, {first, second}).give == ()
        assert share_of(other, ["cam-1"], held, {first, second}).take == ()
    two = {"cam-1": second, "cam-2": third}
    assert all(share_of(one, sorted(two), two, {first, second, third}).give == () for one in (second, third))


@given(st.lists(st.sampled_from([*MEMBERS, UUID(int=9), None]), max_size=30), st.integers(1, 4))
def test_all_come_to_hold_as_many_as_each_other(holders: list[UUID | None], count: int) -> None:
    alive = set(MEMBERS[:count])
    held = {f"cam-{number:02}": holder for number, holder in enumerate(holders)}
    fair = {len(held) // count, -(-len(held) // count)}
    for _ in range(3):
        for me in MEMBERS[:count]:
            share = share_of(me, sorted(held), held, alive)
            held |= dict.fromkeys(share.take, me) | dict.fromkeys(share.give)
    assert {sum(holder == one for holder in held.values()) for one in alive} <= fair
    for me in alive:
        assert share_of(me, sorted(held), held, alive) == share_of(me, [], {}, alive)


class Watching:
    """A process that watches, and what it has said so far."""

    def __init__(self, url: str, folder: Path, count: int) -> None:
        module = "tests.api.cameras.lease_process"
        command = [sys.executable, "-m", module, url, str(folder), str(count)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=REPO, stdin=pipe, stdout=pipe, text=True)
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.said: list[dict[str, object]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def hear_until(self, wanted: Callable[[dict[str, object]], bool], patience: float) -> float:
        """Wait until it says so; gives the seconds that took."""
        began = time.monotonic()
        while True:
            self.said.append(json.loads(self._lines.get(timeout=began + patience - time.monotonic())))
            if wanted(self.said[-1]):
                return time.monotonic() - began

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


def test_frozen_in_the_middle_of_a_write_and_killed(postgres: PostgresServer, tmp_path: Path) -> None:
    """One watcher is frozen while its transaction is open, wakes after its cameras went to another, which is killed."""
    database = postgres.fresh_database()
    url = database.engine.url.render_as_string(hide_password=False)
    four = {"held": [f"cam-{number}" for number in range(4)]}
    one, two = (Watching(url, tmp_path / name, 4) for name in ("one", "two"))
    try:
        for each in (one, two):
            each.hear_until(lambda said: len(said.get("held", ())) == 2, 60)  # type: ignore[arg-type]  # JSON
            each.hear_until(lambda said: said.get("taken") is True, 60)
        one.send(signal.SIGUSR1)
        one.hear_until(lambda said: "middle" in said, 20)
        one.send(signal.SIGSTOP)
        taken_over = two.hear_until(lambda said: said == four, 30)
        two.hear_until(lambda said: said == four, 30)  # every camera was written to by its new watcher
        frozen_with = {(said["camera"], said["epoch"]) for said in one.said if "epoch" in said}
        tried = len(one.said)

        assert one.process.stdin is not None
        one.process.stdin.write("\n")
        one.process.stdin.flush()
        one.send(signal.SIGCONT)
        one.hear_until(lambda said: len(said.get("held", ())) == 2, 30)  # type: ignore[arg-type]  # JSON
        woken = [said for said in one.said[tried:] if (said.get("camera"), said.get("epoch")) in frozen_with]
        assert woken, "it tried to write as the watcher that it was"
        assert {said["taken"] for said in woken} == {False}

        two.process.kill()
        killed = one.hear_until(lambda said: said == four, 30)
        one.hear_until(lambda said: said == four, 30)
        assert stored(database) == 4, "as many candidates as places"
        epochs = [{(said["camera"], said["epoch"]) for said in each.said if said.get("taken")} for each in (one, two)]
        assert not epochs[0] & epochs[1], "nobody shares an epoch"
        assert max(taken_over, killed) <= 10.0, f"frozen: {taken_over:.1f} s, killed: {killed:.1f} s"
    finally:
        for each in (one, two):
            each.close()
        database.close()
