"""Whatever there is, each figure is a plain count of the same filter, and its parts add up to it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from api.candidates.repository import State
from api.candidates.tables import candidates
from api.cases.tables import CaseStatus
from api.db.database import Database
from api.db.metadata import metadata
from api.db.scope import EVERYWHERE, Scope
from api.statistics import case_queries, repository, service
from api.statistics.case_queries import Pace
from api.statistics.period import NO_DISTRICT, Period, Selection
from api.statistics.repository import MeshCell, Narrow
from tests.api.samples import NOON
from tests.api.statistics.made_up import Find, store

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "UTC", "Asia/Kathmandu", "America/New_York")]
FIRST = datetime(2026, 10, 28, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda past: FIRST + past)
DAYS = st.dates(date(2026, 10, 28), date(2026, 11, 6))
STEPS = st.sampled_from([{}, {"accepted": 1.0}, {"dispatched": 2.0, "fixed": 30.0}, {"closed": 5.0}, {"refused": 1.0}])
FINDS = st.builds(
    Find,
    created_at=MOMENTS,
    state=st.sampled_from(list(State)),
    class_name=st.sampled_from(["stall", "banner"]),
    district=st.sampled_from(["erqi", "jinshui", None]),
    grade=st.integers(1, 3),
    zone=st.sampled_from(["daxue-road", None]),
    place=st.none() | st.tuples(st.floats(34.7, 34.8), st.floats(113.6, 113.7)),
    timed=st.booleans(),
    reason=st.sampled_from(["permitted", "not_a_stall", "vehicle", "bad_picture", "other"]),
    steps=STEPS,
)
SCOPES = st.sampled_from([EVERYWHERE, Scope.of(["erqi"]), Scope.of(["erqi", "jinshui"], 2), Scope.of([])])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Database]:
    """One database for all examples, which is emptied before each."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("sums") / "store.sqlite3"
        shutil.copy(sqlite_template, path)
        database = Database(f"sqlite:///{path}")
    else:
        database = request.getfixturevalue("postgres").fresh_database()
    yield database
    database.close()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    finds=st.lists(FINDS, max_size=12),
    scope=SCOPES,
    days=st.tuples(DAYS, DAYS),
    zone=st.sampled_from(ZONES),
    district=st.sampled_from([None, "erqi", NO_DISTRICT]),
)
def test_every_sum_is_the_plain_count_of_its_filter(
    shared: Database,
    finds: list[Find],
    scope: Scope,
    days: tuple[date, date],
    zone: ZoneInfo,
    district: str | None,
) -> None:
    asked = Selection(Period(min(days), max(days), zone), district)
    with shared.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        store(connection, *finds)
    with shared.read() as connection:
        mine = [one for one in finds if _is_asked(one, scope, asked)]
        assert _plain_count(connection, scope, asked) == len(mine)
        _check_counts(connection, scope, asked, mine)
        _check_places(connection, scope, asked, mine)
        _check_precision(connection, scope, asked, mine)
        _check_cases(connection, scope, asked, mine)


def _is_asked(one: Find, scope: Scope, asked: Selection) -> bool:
    day = one.created_at.astimezone(asked.period.zone).date()
    wanted = {None: True, NO_DISTRICT: one.district is None}.get(asked.district, one.district == asked.district)
    return asked.period.first <= day <= asked.period.last and wanted and scope.allows(one.district, one.grade)


def _plain_count(connection: Connection, scope: Scope, asked: Selection) -> int:
    query = select(func.count()).select_from(candidates).where(
        candidates.c.created_at >= asked.period.since,
        candidates.c.created_at < asked.period.until,
        scope.sees(candidates.c.district),
    )  # fmt: skip
    if asked.district is not None:
        none = candidates.c.district.is_(None)
        query = query.where(none if asked.district == NO_DISTRICT else candidates.c.district == asked.district)
    return connection.execute(query).scalar_one()


def _rows(connection: Connection, scope: Scope, asked: Selection, narrow: Narrow) -> int:
    page = repository.page(scope, connection, asked, narrow, None, 50)
    assert page.total == len(page.items)
    return page.total


def _check_counts(connection: Connection, scope: Scope, asked: Selection, mine: list[Find]) -> None:
    counts = service.counts(scope, connection, asked)
    assert counts.total == len(mine)
    for state, count in Counter(one.state for one in mine).items():
        assert getattr(counts.states, state) == count
    assert {one.key: one.total for one in counts.districts} == Counter(one.district for one in mine)
    assert {one.key: one.total for one in counts.classes} == Counter(one.class_name for one in mine)
    trend = service.trend(scope, connection, asked)
    assert trend.total == len(mine)
    by_day = Counter(one.created_at.astimezone(asked.period.zone).date() for one in mine)
    assert {one.first: one.total for one in trend.stretches if one.total} == by_day
    assert all(sum(one.districts.values()) == one.total for one in trend.stretches)
    weeks = repository.stretches(scope, connection, asked, weekly=True)
    assert sum(one.count for one in weeks) == len(mine)
    assert all(one.first.weekday() == 0 for one in weeks)
    assert sum(trend.hours) == sum(one.timed for one in mine)
    for hour, count in enumerate(trend.hours):
        if count:
            assert _rows(connection, scope, asked, Narrow(hour=hour)) == count


def _check_places(connection: Connection, scope: Scope, asked: Selection, mine: list[Find]) -> None:
    places = service.places(scope, connection, asked)
    assert places.total == len(mine)
    assert {one.zone: one.count for one in places.zones} == Counter(one.zone for one in mine)
    assert places.grid.total + places.unplaced == len(mine)
    assert places.unplaced == sum(one.place is None for one in mine)
    for one in places.grid.cells:
        narrow = Narrow(cell=MeshCell(places.grid.mesh, one.row, one.column))
        assert _rows(connection, scope, asked, narrow) == one.count


def _check_precision(connection: Connection, scope: Scope, asked: Selection, mine: list[Find]) -> None:
    found = service.precision(scope, connection, asked)
    right = [one for one in mine if one.state == "confirmed" or (one.state == "rejected" and one.reason == "permitted")]
    wrong = [one for one in mine if one.state == "rejected" and one.reason in ("not_a_stall", "vehicle")]
    assert (found.all.right, found.total) == (len(right), len(right) + len(wrong))
    assert sum(one.total for one in found.classes) == found.total
    assert _rows(connection, scope, asked, Narrow(right=True)) == found.all.right
    assert _rows(connection, scope, asked, Narrow(right=False)) == found.total - found.all.right


def _check_cases(connection: Connection, scope: Scope, asked: Selection, mine: list[Find]) -> None:
    allowed, now = timedelta(hours=24), NOON
    confirmed = [one for one in mine if one.state == "confirmed"]
    found = service.case_figures(scope, connection, asked, allowed, timedelta(days=30), now)
    assert found.total == found.punctuality.total == len(confirmed)
    expected = Counter(list(one.steps)[-1] if one.steps else "reported" for one in confirmed)
    assert found.statuses == {status: expected[status] for status in CaseStatus}
    for status, count in found.statuses.items():
        condition = case_queries.of_status(scope, asked, status)
        assert repository.page(scope, connection, asked, Narrow(), None, 50, [condition]).total == count
    for pace in Pace:
        condition = case_queries.of_pace(scope, connection, asked, pace, allowed, now)
        page = repository.page(scope, connection, asked, Narrow(), None, 50, [condition])
        assert page.total == getattr(found.punctuality, pace)
    assert found.recurrence.fixed == sum("fixed" in one.steps and one.place is not None for one in confirmed)
