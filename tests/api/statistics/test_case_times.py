"""How cases fare, at the edges: percentiles, limits, places that come again, intervals, and who sees which of them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.cameras.repository import ChangeKind
from api.cases import looks
from api.cases.tables import CaseStatus, EventResult, LookOutcome, outbox
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.models.drift import wilson
from api.reports import list_queries
from api.statistics import case_queries, repository, service
from api.statistics.case_queries import Pace, Recurrence, Step, StepTime
from api.statistics.coverage import FaultSpan, RegistrySpan, Switch, coverage
from api.statistics.period import NO_DISTRICT, Period, Selection
from api.statistics.repository import Narrow
from streams.health.faults import Fault
from tests.api.cases.stored_cases import say
from tests.api.samples import NOON
from tests.api.statistics.made_up import Find, store

NOVEMBER = Selection(Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Asia/Shanghai")))
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
METRE = 1 / 111_320
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted), max_size=6)


def times(database: Database, finds: Sequence[Find], scope: Scope = EVERYWHERE) -> dict[Step, StepTime]:
    with database.write() as connection:
        store(connection, *finds)
        return {one.step: one for one in case_queries.step_times(scope, connection, NOVEMBER)}


@pytest.mark.parametrize("took", [[7.0], [9.0, 1.0], [3.0, 3.0, 3.0, 50.0], [float(11 - one) for one in range(11)]])
def test_the_percentile_is_a_time_that_a_case_took(database: Database, took: list[float]) -> None:
    finds = [Find(state="confirmed", steps={"dispatched": 2.0, "fixed": 2.0 + one}) for one in took]
    fixed = times(database, finds)[Step.FIXED]
    by_rank = sorted(took)
    median, ninetieth = (by_rank[math.ceil(len(took) * part / 10) - 1] * HOUR for part in (5, 9))
    assert (fixed.count, fixed.median, fixed.ninetieth) == (len(took), median, ninetieth)


def test_a_step_that_ran_backwards_or_has_no_beginning_is_not_a_time(database: Database) -> None:
    found = times(
        database,
        [
            Find(state="confirmed", steps={"dispatched": 5.0, "fixed": 3.0}),  # clocks that differ
            Find(state="confirmed", steps={"fixed": 4.0}),  # nobody said who went
            Find(state="confirmed", steps={"dispatched": 1.0, "fixed": 6.0}, timed=False),  # footage without a clock
            Find(state="rejected", reason="vehicle"),
        ],
    )
    assert (found[Step.FIXED].count, found[Step.FIXED].median) == (1, 5 * HOUR)
    assert (found[Step.DISPATCHED].count, found[Step.DISPATCHED].median) == (2, HOUR)
    assert (found[Step.WHOLE].count, found[Step.WHOLE].ninetieth) == (2, 4 * HOUR + timedelta(minutes=6))


def test_figures_of_cases_are_those_of_the_scope_and_the_district(database: Database) -> None:
    fixed = Find(state="confirmed", steps={"dispatched": 1.0, "fixed": 2.0})
    with database.write() as connection:
        store(
            connection,
            fixed,
            replace(fixed, id=Find().id, district="jinshui", steps={"dispatched": 1.0, "fixed": 9.0}),
            replace(fixed, id=Find().id, grade=3, steps={"refused": 1.0}),
            replace(fixed, id=Find().id, district=None, steps={}),
        )

        def statuses(scope: Scope, district: str | None = None) -> dict[str, int]:
            asked = replace(NOVEMBER, district=district)
            found = service.case_figures(scope, connection, asked, DAY, MONTH, NOON)
            assert found.total == sum(found.statuses.values()) == found.punctuality.total
            return {status: count for status, count in found.statuses.items() if count}

        assert statuses(EVERYWHERE) == {"fixed": 2, "refused": 1, "reported": 1}
        assert statuses(EVERYWHERE, NO_DISTRICT) == {"reported": 1}
        assert statuses(EVERYWHERE, "erqi") == {"fixed": 1, "refused": 1}
        assert statuses(Scope.of(["erqi"], 2)) == {"fixed": 1}
        assert statuses(Scope.of(["erqi"]), "jinshui") == {}
        ours = case_queries.step_times(Scope.of(["jinshui"]), connection, NOVEMBER)
    assert [(one.count, one.median) for one in ours if one.step is Step.FIXED] == [(1, 8 * HOUR)]


def test_a_case_is_in_time_at_its_limit_and_late_a_second_after(database: Database) -> None:
    second = 1 / 3600
    finds = {
        "at": Find(state="confirmed", steps={"fixed": 24.0}),
        "after": Find(state="confirmed", steps={"fixed": 24.0 + second}),
        "closed": Find(state="confirmed", steps={"closed": 30.0}),  # nobody said that it was fixed
        "left": Find(state="confirmed", created_at=NOON - DAY),
        "over": Find(state="confirmed", created_at=NOON - DAY - timedelta(seconds=1), steps={"dispatched": 1.0}),
        "refused": Find(state="confirmed", created_at=NOON - 9 * DAY, steps={"refused": 40.0}),
    }
    expected = {"at": Pace.IN_TIME, "after": Pace.LATE, "closed": Pace.LATE, "left": Pace.PENDING}
    expected |= {"over": Pace.OVERDUE, "refused": Pace.REFUSED}
    with database.write() as connection:
        store(connection, *finds.values())
        found = case_queries.punctuality(EVERYWHERE, connection, NOVEMBER, DAY, NOON)
        later = case_queries.punctuality(EVERYWHERE, connection, NOVEMBER, DAY, NOON + timedelta(seconds=1))
        for pace in Pace:
            so = case_queries.of_pace(EVERYWHERE, connection, NOVEMBER, pace, DAY, NOON)
            rows = repository.page(EVERYWHERE, connection, NOVEMBER, Narrow(), None, 9, [so]).items
            assert {one.id for one in rows} == {finds[name].id for name, own in expected.items() if own is pace}
            assert getattr(found, pace) == len(rows)
    assert (later.pending, later.overdue) == (0, 2)


def test_a_fix_that_the_camera_refuted_is_none_and_the_last_one_counts(database: Database) -> None:
    again, still = Find(state="confirmed"), Find(state="confirmed", place=None)
    with database.write() as connection:
        store(connection, again, still)
        keys = {row.candidate_id: row.id for row in connection.execute(select(outbox))}
        for key in keys.values():
            assert say(connection, key, CaseStatus.FIXED, at=NOON + 2 * HOUR) is EventResult.MOVED
            (check,) = looks.of_cases(EVERYWHERE, connection, [key]).values()
            looks.keep(connection, replace(check, outcome=LookOutcome.STILL_THERE, seen_at=NOON + 3 * HOUR))
        soon = case_queries.punctuality(EVERYWHERE, connection, NOVEMBER, DAY, NOON + DAY)
        over = case_queries.punctuality(EVERYWHERE, connection, NOVEMBER, DAY, NOON + 2 * DAY)
        assert (soon.in_time, soon.pending, over.overdue) == (0, 2, 2)
        assert case_queries.recurrence(EVERYWHERE, connection, NOVEMBER, MONTH, 15.0).fixed == 0
        assert say(connection, keys[again.id], CaseStatus.FIXED, at=NOON + 40 * HOUR) is EventResult.MOVED
        over = case_queries.punctuality(EVERYWHERE, connection, NOVEMBER, DAY, NOON + 2 * DAY)
        whole = {one.step: one for one in case_queries.step_times(EVERYWHERE, connection, NOVEMBER)}[Step.WHOLE]
        rows, _ = list_queries.case_rows(EVERYWHERE, connection, NOVEMBER, 9)
    assert (over.in_time, over.late, over.overdue) == (0, 1, 1)
    assert (whole.count, whole.median) == (1, 40 * HOUR + timedelta(minutes=6))
    assert {one.candidate_id: one.fixed_at for one in rows} == {again.id: NOON + 40 * HOUR, still.id: None}
    with database.write() as connection:  # closed all the same: that is when it was dealt with
        assert say(connection, keys[still.id], CaseStatus.CLOSED, at=NOON + 50 * HOUR) is EventResult.MOVED
        over = case_queries.punctuality(EVERYWHERE, connection, NOVEMBER, DAY, NOON + 3 * DAY)
    assert (over.in_time, over.late, over.overdue) == (0, 2, 0)


def test_a_place_comes_again_within_its_days_its_metres_and_the_readers_scope(database: Database) -> None:
    fixed = Find(state="confirmed", place=(34.7, 113.6), steps={"fixed": 24.0})
    edge = NOON + DAY + MONTH  # thirty days after it was fixed, to the second
    east = METRE / math.cos(math.radians(34.7))
    again = Find(state="confirmed", place=(34.7, 113.6 + 14 * east), created_at=edge, seen_before=timedelta(0))

    def recurred(scope: Scope, *added: Find) -> int:
        with database.write() as connection:
            store(connection, *added)
            found = case_queries.recurrence(scope, connection, NOVEMBER, MONTH, 15.0)
        assert found.fixed == 1
        return found.recurred

    too_late = replace(again, id=Find().id, created_at=edge + timedelta(seconds=1))
    too_far = replace(again, id=Find().id, place=(34.7, 113.6 + 16 * east))
    unclear = replace(again, id=Find().id, timed=False)
    assert recurred(EVERYWHERE, fixed, too_late, too_far, unclear) == 0
    assert recurred(EVERYWHERE, replace(again, district="jinshui")) == 1
    assert recurred(Scope.of(["erqi"])) == 0  # what lies in a district of others says nothing to this reader


def test_where_there_is_nothing_each_figure_is_none_or_nought(database: Database) -> None:
    with database.read() as connection:
        cases = service.case_figures(EVERYWHERE, connection, NOVEMBER, DAY, MONTH, NOON)
        right = service.precision(EVERYWHERE, connection, NOVEMBER)
        places = service.places(EVERYWHERE, connection, NOVEMBER)
        trend = service.trend(EVERYWHERE, connection, NOVEMBER)
    assert cases.statuses == dict.fromkeys(CaseStatus, 0)
    assert (cases.recurrence, cases.punctuality.total) == (Recurrence(0, 0), 0)
    assert (right.all.low, right.all.high, right.classes, right.hours) == (0.0, 1.0, (), ())
    assert (places.grid.cells, places.zones, places.unplaced) == ((), (), 0)
    assert (len(trend.stretches), trend.classes, set(trend.hours)) == (30, (), {0})


@given(counts=st.tuples(st.integers(0, 5000), st.integers(0, 5000)))
def test_the_ends_of_wilsons_interval_are_the_roots_of_its_equation(counts: tuple[int, int]) -> None:
    right, total = counts[0], counts[0] + counts[1]
    low, high = wilson(right, total)
    assert 0.0 <= low <= high <= 1.0
    if total:
        share = right / total
        assert low <= share <= high
        for end in (low, high):
            assert abs((share - end) ** 2 - 1.96**2 * end * (1 - end) / total) < 1e-9
        mirrored = wilson(total - right, total)
        assert abs(mirrored[0] - (1 - high)) < 1e-9
        more = wilson(10 * right, 10 * total)
        assert more[1] - more[0] < high - low


@settings(max_examples=80, deadline=None)
@given(registered=SPANS, pauses=SPANS, faults=SPANS)
def test_coverage_counts_each_hour_once(
    registered: list[list[int]], pauses: list[list[int]], faults: list[list[int]]
) -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    within = range(5, 25)
    ends = [(set(range(first, last)), start + first * HOUR, start + last * HOUR) for first, last in registered]
    dark = [(set(range(first, last)), start + first * HOUR, start + last * HOUR) for first, last in faults]
    idle: set[int] = set()
    switches: list[Switch] = []
    for first, last in pauses:
        if first < last and not idle & set(range(first - 1, last + 1)):  # as the registry has it: one after the other
            idle |= set(range(first, last))
            switches.append(Switch("gate", start + first * HOUR, ChangeKind.PAUSE))
            switches.append(Switch("gate", start + last * HOUR, ChangeKind.RESUME))
    found = coverage(
        [RegistrySpan("gate", "Gate", "erqi", since, until) for _, since, until in ends],
        switches,
        [FaultSpan("gate", Fault.COVERED, since, until) for _, since, until in dark],
        start + within.start * HOUR,
        start + within.stop * HOUR,
    )
    on = set().union(*(hours for hours, _, _ in ends)) & set(within) - idle
    blind = on & set().union(*(hours for hours, _, _ in dark))
    assert [(one.watched, one.blind) for one in found] == ([(len(on) * HOUR, len(blind) * HOUR)] if on else [])
    assert [one.share for one in found] == [pytest.approx(1 - len(blind) / len(on)) for _ in found]
