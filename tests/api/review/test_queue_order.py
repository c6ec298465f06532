"""What waits is ordered by what a verdict is worth, and narrowed by any filters together."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from api.candidates.intake import StoreSink
from api.candidates.repository import State
from api.candidates.tables import candidates
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.review import waiting
from api.review.waiting import Choices, QueueFilter
from detector.candidate import Origin
from detector.reason import Reason
from detector.rules.ruling import Outcome
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, VIOLATION, a_candidate, ruled

LATER = NOON + timedelta(days=2)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SURE = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])  # exact in binary: what is equal is equal on every engine
Queue = Callable[..., list[str]]


@pytest.fixture
def queue(database: Database) -> Queue:
    """Gives the keys of what waits, in its order."""

    def ask(wanted: QueueFilter = QueueFilter(), scope: Scope = EVERYWHERE, now: datetime = LATER) -> list[str]:
        with database.read() as connection:
            ids, total = waiting.page(scope, connection, wanted, now, 100)
            known = {row.id: row.key for row in connection.execute(select(candidates.c.id, candidates.c.key))}
        assert total == len(ids)
        return [known[one] for one in ids]

    return ask


@pytest.fixture
def eight(sink: StoreSink, clock: FakeClock) -> list[str]:
    """Eight of one kind, a minute after each other."""
    for number in range(8):
        sink.take(a_candidate(str(number)))
        clock.pass_by(minutes=1)
    return [str(number) for number in range(8)]


def test_the_surer_is_never_behind_and_equals_stay_as_they_came(
    database: Database, queue: Queue, eight: list[str]
) -> None:
    @FEW
    @given(st.lists(SURE, min_size=8, max_size=8))
    def check(sure: list[float]) -> None:
        with database.write() as connection:
            for key, one in zip(eight, sure, strict=True):
                connection.execute(update(candidates).where(candidates.c.key == key).values(confidence=one))
        assert queue() == sorted(eight, key=lambda key: -sure[int(key)])  # sorted() keeps equals in place
        assert queue() == queue()

    check()


def test_more_sureness_or_a_longer_stand_never_puts_it_back(database: Database, queue: Queue, eight: list[str]) -> None:
    @FEW
    @given(st.lists(SURE, min_size=8, max_size=8), st.sampled_from(eight), st.integers(0, 48))
    def check(sure: list[float], raised: str, hours: int) -> None:
        raises: tuple[dict[str, object], ...]
        raises = ({"last_seen": NOON + timedelta(hours=hours, minutes=6)}, {"confidence": 1.0})
        with database.write() as connection:
            for key, one in zip(eight, sure, strict=True):
                values = {"confidence": one, "last_seen": NOON + timedelta(minutes=6)}
                connection.execute(update(candidates).where(candidates.c.key == key).values(**values))
        places = [queue().index(raised)]
        for more in raises:
            with database.write() as connection:
                connection.execute(update(candidates).where(candidates.c.key == raised).values(**more))
            places.append(queue().index(raised))
        assert places == sorted(places, reverse=True)

    check()


def test_a_violation_goes_before_what_is_unknown_and_nothing_is_gained_after_a_day(
    sink: StoreSink, clock: FakeClock, queue: Queue
) -> None:
    unknown = ruled(Outcome.UNKNOWN, Reason("no_position", {}))
    for key, ruling, hours in (
        ("unknown, a day", unknown, 24),
        ("unknown, a week", unknown, 7 * 24),
        ("violation, a week", VIOLATION, 7 * 24),
        ("violation, a day", VIOLATION, 24),
        ("violation, a minute", VIOLATION, 1 / 60),
    ):
        sink.take(a_candidate(key, ruling=ruling, minutes=60 * hours))
        clock.pass_by(minutes=1)
    waits = queue()
    assert waits[:2] == ["violation, a week", "violation, a day"]  # equal: as they came
    assert waits.index("unknown, a day") < waits.index("unknown, a week")
    assert waits[2:4] == ["unknown, a day", "unknown, a week"]  # half a ruling and a day, before a ruling alone


def confirm(database: Database, prefix: str) -> None:
    with database.write() as connection:
        connection.execute(update(candidates).where(candidates.c.key.like(f"{prefix}%")).values(state="confirmed"))


def test_where_it_was_confirmed_before_it_is_worth_more_up_to_five_times_in_a_month(
    database: Database, sink: StoreSink, clock: FakeClock, queue: Queue
) -> None:
    for times, camera in ((5, "cam-5"), (7, "cam-7")):
        for number in range(times):
            sink.take(a_candidate(f"past {camera} {number}", source=camera))
    clock.pass_by(minutes=1)
    for key, camera, confidence in (
        ("new", "cam-0", 0.75), ("other class", "cam-7", 0.75), ("seven", "cam-7", 0.5), ("five", "cam-5", 0.5),
    ):  # fmt: skip
        name = "banner" if key == "other class" else "stall"
        sink.take(a_candidate(key, source=camera, class_name=name, confidence=confidence))
        clock.pass_by(minutes=1)
    confirm(database, "past")
    assert queue() == ["seven", "five", "new", "other class"]
    assert queue(now=NOON + timedelta(days=31)) == ["new", "other class", "seven", "five"]


def test_what_was_confirmed_where_one_may_not_look_moves_nothing(
    database: Database, sink: StoreSink, clock: FakeClock, queue: Queue
) -> None:
    for number in range(5):
        sink.take(a_candidate(f"past {number}", source="drone", origin=Origin(district="jinshui")))
    sink.take(a_candidate("here", source="drone", confidence=0.5, origin=Origin(district="erqi")))
    sink.take(a_candidate("surer", source="cam-1", confidence=0.75, origin=Origin(district="erqi")))
    confirm(database, "past")
    assert queue() == ["here", "surer"]
    assert queue(scope=Scope.of(["erqi"])) == ["surer", "here"]


SIDES = (("erqi", "jinshui"), ("cam-1", "cam-2"), ("stall", "banner"), ("on-road", "on-square"))
Made = dict[str, tuple[tuple[str, ...], datetime]]
NAMES = ("district", "camera", "class_name", "rule")


@pytest.fixture
def sixteen(sink: StoreSink, clock: FakeClock) -> Made:
    """One of every district, camera, class and rule, an hour after each other; what each is, and when it came in."""
    made: Made = {}
    for number, one in enumerate(product(*SIDES)):
        district, camera, class_name, rule = one
        ruling, origin = replace(VIOLATION, rule=rule), Origin(district=district)
        sink.take(a_candidate(str(number), source=camera, class_name=class_name, ruling=ruling, origin=origin))
        made[str(number)] = (one, clock())
        clock.pass_by(hours=1)
    return made


def test_filters_hold_alone_and_together(queue: Queue, sixteen: Made) -> None:
    now = NOON + timedelta(hours=16)
    for chosen in product((False, True), repeat=len(NAMES)):
        for hours in (None, 8):
            asked = {name: side[1] for name, side, is_chosen in zip(NAMES, SIDES, chosen, strict=True) if is_chosen}
            expected = [
                key
                for key, (one, came) in sixteen.items()
                if all(one[NAMES.index(name)] == value for name, value in asked.items())
                and (hours is None or now - came >= timedelta(hours=hours))
            ]
            district, camera, class_name, rule = (asked.get(name) for name in NAMES)
            wanted = QueueFilter(district=district, camera=camera, class_name=class_name, rule=rule, hours=hours)
            assert sorted(queue(wanted, now=now)) == sorted(expected), wanted


def test_a_reader_of_one_district_is_offered_and_given_that_alone(
    database: Database, queue: Queue, sixteen: Made
) -> None:
    erqi = Scope.of(["erqi"])
    assert sorted(queue(scope=erqi)) == sorted(key for key, (one, _) in sixteen.items() if one[0] == "erqi")
    assert queue(QueueFilter(district="jinshui"), erqi) == []
    confirm(database, "0")  # of erqi, cam-1, stall, on-road: others like it stay open
    with database.read() as connection:
        offered = waiting.choices(erqi, connection)
    assert offered == Choices(("erqi",), ("cam-1", "cam-2"), ("banner", "stall"), offered.rules)
    assert [one.rule for one in offered.rules] == ["on-road", "on-square"]
    assert {(one.state, one.district) for one in offered.rules} == {(State.OPEN, "erqi")}


def test_a_page_that_is_too_short_still_says_how_many_wait(database: Database, queue: Queue, eight: list[str]) -> None:
    with database.read() as connection:
        ids, total = waiting.page(EVERYWHERE, connection, QueueFilter(), LATER, 3)
        first: list[UUID] = list(waiting.page(EVERYWHERE, connection, QueueFilter(), LATER, 8)[0])[:3]
    assert (list(ids), total) == (first, 8)
