"""A case moves forward alone, whoever speaks of it, in whatever order, and however often."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.cases import callbacks, desk, progress
from api.cases.place_checks import PlaceChecks
from api.cases.progress import Said
from api.cases.tables import BUILT_IN, CaseStatus, EventResult, EventSource
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import StepRefused
from api.evidence.files import EvidenceStore
from detector.places.strong_look import SeenPlace, StrongLook
from detector.vision.frame import Frame
from tests.api.cases.stored_cases import case_of, say, status_of, stored_case
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, STALL, street

WAY = [CaseStatus(one) for one in ("reported", "accepted", "dispatched", "fixed", "checked", "closed")]
TOLD = st.tuples(
    st.sampled_from([EventSource.CALLBACK, EventSource.POLL, EventSource.DESK]), st.sampled_from(CaseStatus)
)
SEEN = st.tuples(st.just(EventSource.LOOK), st.sampled_from([CaseStatus.FIXED, CaseStatus.CHECKED]))
STEPS = st.lists(TOLD | SEEN, min_size=1, max_size=9)
PICTURE = street()
quickly = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(slots=True)
class Expected:
    """How far the case should be; `found` is whether a look has found something since it was said to be fixed."""

    status: CaseStatus = CaseStatus.REPORTED
    found: bool = False
    still_there: bool = False

    def hear(self, said: CaseStatus) -> bool:
        again = said is self.status is CaseStatus.FIXED and self.still_there
        if self.status in (CaseStatus.CLOSED, CaseStatus.REFUSED):
            return False
        if said is CaseStatus.REFUSED:
            moves = self.status in WAY[:3]
        else:
            moves = again or WAY.index(said) > WAY.index(self.status)
        if moves:
            self.status = said
        if moves and said is CaseStatus.FIXED:
            self.found = self.still_there = False
        return moves

    def look(self, found: CaseStatus) -> None:
        if self.status is CaseStatus.FIXED and not self.found:
            self.found, self.still_there = True, found is CaseStatus.FIXED
            self.status = found


@dataclass(slots=True)
class Told:
    """A case that four speak of, a quarter of an hour apart."""

    database: Database
    files: EvidenceStore
    clock: FakeClock
    key: UUID
    camera: str
    messages: list[Said]

    def step(self, source: EventSource, status: CaseStatus) -> EventResult | None:
        self.clock.pass_by(minutes=15)
        if source is EventSource.LOOK:
            self._look(status)
            return None
        if source is EventSource.DESK:
            return self._desk(status)
        said = Said(uuid4().hex, source, status, self.clock.now)
        self.messages.append(said)
        return self.tell(said)

    def tell(self, said: Said) -> EventResult:
        return callbacks.tell(EVERYWHERE, self.database, BUILT_IN, self.key, said, self.clock.now).result

    def _desk(self, status: CaseStatus) -> EventResult:
        before = self.heard()
        try:
            desk.move(EVERYWHERE, self.database, self.key, status, self.clock.now, reason="permitted")
        except StepRefused:
            assert self.heard() == before  # who sees the page is told at once, nothing is kept
            return EventResult.OUTDATED
        return EventResult.MOVED

    def _look(self, found: CaseStatus) -> None:
        there = (SeenPlace("stall", STALL, True),) if found is CaseStatus.FIXED else ()
        checks = PlaceChecks(self.database, self.files, clock=self.clock)
        for _ in range(3):
            self.clock.pass_by(minutes=1)
            checks.see(
                self.camera, Frame(PICTURE, self.clock.now, self.camera), StrongLook(frozenset({"stall"}), there)
            )

    def status(self) -> CaseStatus:
        with self.database.read() as connection:
            return status_of(connection, self.key)

    def heard(self) -> int:
        with self.database.read() as connection:
            return len(progress.events(EVERYWHERE, connection, self.key))


@quickly
@given(steps=STEPS)
def test_no_sequence_of_steps_moves_a_case_back_and_no_replay_moves_it_at_all(
    database: Database, files: EvidenceStore, clock: FakeClock, steps: Sequence[tuple[EventSource, CaseStatus]]
) -> None:
    camera = f"cam-{uuid4()}"
    with database.write() as connection:
        key = stored_case(connection, files=files, source=camera)
    case, expected = Told(database, files, clock, key, camera, []), Expected()
    for source, status in steps:
        before = expected.status
        result = case.step(source, status)
        if source is EventSource.LOOK:
            expected.look(status)
        else:
            assert result is (EventResult.MOVED if expected.hear(status) else EventResult.OUTDATED)
        assert case.status() is expected.status
        if before in WAY and expected.status in WAY:
            assert WAY.index(case.status()) >= WAY.index(before)
    heard = case.heard()
    assert {case.tell(said) for said in reversed(case.messages)} <= {EventResult.REPLAYED}
    assert (case.status(), case.heard()) == (expected.status, heard)


@quickly
@given(said=st.lists(st.sampled_from(WAY), min_size=1, max_size=8))
def test_the_order_in_which_messages_come_does_not_lose_the_latest(
    database: Database, said: Sequence[CaseStatus]
) -> None:
    with database.write() as connection:
        key = stored_case(connection)
        results = [say(connection, key, status, at=NOON + timedelta(minutes=WAY.index(status))) for status in said]
        farthest = list(accumulate([0, *map(WAY.index, said)], max))
        assert status_of(connection, key) is WAY[farthest[-1]]
        moved = [one is EventResult.MOVED for one in results]
        assert moved == [now > before for before, now in pairwise(farthest)]
        kept = progress.events(EVERYWHERE, connection, key)
        assert sorted(one.status for one in kept) == sorted(said)  # what came too late is kept too


def test_a_message_counts_once_for_each_case_system(database: Database) -> None:
    """Two systems may number their messages alike; one system that numbers two alike has sent the same twice."""
    with database.write() as connection:
        ours, theirs, other = (stored_case(connection, system=name) for name in ("city", "park", "city"))
        assert say(connection, ours, CaseStatus.ACCEPTED, event="1") is EventResult.MOVED
        assert say(connection, theirs, CaseStatus.ACCEPTED, event="1") is EventResult.MOVED
        assert say(connection, other, CaseStatus.CLOSED, event="1") is EventResult.REPLAYED
        assert status_of(connection, other) is CaseStatus.REPORTED


def test_a_replayed_refusal_keeps_the_reason_that_was_given_first(database: Database) -> None:
    with database.write() as connection:
        key = stored_case(connection, system="city")
        delivery = case_of(connection, key)
        first = Said("1", EventSource.CALLBACK, CaseStatus.REFUSED, NOON, reason="permitted")
        again = Said("1", EventSource.CALLBACK, CaseStatus.REFUSED, NOON, reason="other")
        later = Said("2", EventSource.CALLBACK, CaseStatus.REFUSED, NOON, reason="other")
        for said in (first, again, later):
            progress.apply(EVERYWHERE, connection, delivery, "city", said, NOON)
        item = delivery.candidate_id
        assert progress.refused(EVERYWHERE, connection, [item]) == {item: "permitted"}


def test_each_open_case_is_asked_about_before_any_is_asked_about_again(database: Database) -> None:
    every = timedelta(minutes=10)
    with database.write() as connection:
        keys = [stored_case(connection, system="city", at=NOON + timedelta(seconds=n)) for n in range(4)]
        say(connection, keys[1], CaseStatus.REFUSED)
        say(connection, keys[2], CaseStatus.CHECKED)
        stored_case(connection, system="park")
        stored_case(connection, system=None)

        def asked(after: timedelta) -> list[UUID]:
            due = []
            while (one := progress.next_to_poll(connection, "city", every, NOON + after)) is not None:
                due.append(one.id)
            return due

        assert asked(every - timedelta(microseconds=1)) == []
        assert asked(every) == keys[:1]
        assert asked(timedelta(minutes=15)) == [keys[2], keys[3]]
        assert asked(timedelta(minutes=25)) == [keys[0], keys[2], keys[3]]
        assert status_of(connection, keys[0]) is CaseStatus.REPORTED  # to be asked about is no step


@pytest.mark.parametrize("end", [CaseStatus.CLOSED, CaseStatus.REFUSED])
def test_who_has_an_ended_case_stays_as_it_was(database: Database, end: CaseStatus) -> None:
    with database.write() as connection:
        key = stored_case(connection)
    desk.assign(EVERYWHERE, database, key, "Crew 3", NOON)
    desk.assign(EVERYWHERE, database, key, "x" * 100, NOON)
    desk.move(EVERYWHERE, database, key, end, NOON + timedelta(minutes=1), reason="permitted")
    with pytest.raises(StepRefused, match=end.value):
        desk.assign(EVERYWHERE, database, key, "Crew 4", NOON)
    with database.read() as connection:
        known = progress.of_cases(EVERYWHERE, connection, [case_of(connection, key)])[key]
        assert (known.status, known.assignee) == (end, "x" * desk.LONGEST_NAME)
        assert [one.status for one in progress.events(EVERYWHERE, connection, key)] == [CaseStatus.DISPATCHED, end]


def test_a_case_that_is_closed_at_the_same_moment_gets_nobody(database: Database) -> None:
    with database.write() as connection:
        key = stored_case(connection)
    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            say(connection, key, CaseStatus.CLOSED)
            assigned = pool.submit(desk.assign, EVERYWHERE, database, key, "Crew 3", NOON)
            assert wait([assigned], timeout=0.3).not_done == {assigned}  # it waits for what this one does to the case
        with pytest.raises(StepRefused, match="closed"):
            assigned.result(timeout=10)
    with database.read() as connection:
        known = progress.of_cases(EVERYWHERE, connection, [case_of(connection, key)])[key]
    assert (known.status, known.assignee) == (CaseStatus.CLOSED, None)
