"""Days, clocks that are changed, and the last period that is over: held as properties over zones of every kind."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.reports.service import last_period
from api.reports.tables import ReportKind
from api.statistics import service
from api.statistics.period import Period, Selection
from tests.api.statistics.made_up import Find, store

ZONES = st.sampled_from(
    ["Asia/Shanghai", "UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut"]
).map(ZoneInfo)
"""Also clocks that are changed at midnight (Cairo, Beirut), and by half an hour (Lord Howe)."""
NOW = st.timedeltas(timedelta(0), timedelta(days=7300)).map(lambda past: datetime(2015, 1, 1, tzinfo=UTC) + past)
NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)
LENGTHS = {ReportKind.WEEK: (7, 7), ReportKind.MONTH: (28, 31), ReportKind.QUARTER: (90, 92)}


@settings(max_examples=120, deadline=None)
@given(first=st.dates(date(2015, 1, 1), date(2035, 1, 1)), days=st.integers(1, 400), zone=ZONES)
def test_a_period_holds_its_days_whole_in_spans_of_one_offset(first: date, days: int, zone: ZoneInfo) -> None:
    period = Period(first, first + timedelta(days=days - 1), zone)
    assert period.days == days
    assert period.since.astimezone(zone).date() == first
    assert (period.since - MINUTE).astimezone(zone).date() < first
    assert (period.until - MINUTE).astimezone(zone).date() == period.last
    assert period.until == Period(period.last + timedelta(days=1), period.last + timedelta(days=9), zone).since
    spans = period.spans()
    assert (spans[0][0], spans[-1][1]) == (period.since, period.until)
    assert [one[1] for one in spans[:-1]] == [one[0] for one in spans[1:]]
    for since, until, offset in spans:
        assert since < until
        assert {at.astimezone(zone).utcoffset() for at in (since, until - MINUTE)} == {offset}
    assert all(one[2] != other[2] for one, other in pairwise(spans))


@settings(max_examples=120, deadline=None)
@given(kind=st.sampled_from(list(ReportKind)), now=NOW, zone=ZONES)
def test_the_last_period_is_over_and_whole_and_the_next_one_is_not_over(
    kind: ReportKind, now: datetime, zone: ZoneInfo
) -> None:
    period = last_period(kind, now, zone)
    shortest, longest = LENGTHS[kind]
    assert shortest <= period.days <= longest
    assert period.until <= now < period.until + timedelta(days=longest, hours=2)
    if kind is ReportKind.WEEK:
        assert period.first.weekday() == 0
    else:
        assert (period.first.day, (period.last + timedelta(days=1)).day) == (1, 1)
    if kind is ReportKind.QUARTER:
        assert period.first.month in (1, 4, 7, 10)
    assert last_period(kind, period.until, zone) == period  # over at that very moment
    before = last_period(kind, period.until - MINUTE, zone)
    assert before.last == period.first - timedelta(days=1)  # no day lies between two periods, none is in both


def test_a_february_ends_with_the_year_it_is_of() -> None:
    def february(year: int) -> str:
        return str(last_period(ReportKind.MONTH, datetime(year, 3, 9, tzinfo=UTC), ZoneInfo("UTC")).last)

    assert [february(year) for year in (2026, 2028, 2100)] == ["2026-02-28", "2028-02-29", "2100-02-28"]


def test_an_open_side_stands_thirty_days_from_the_other() -> None:
    now = datetime(2026, 3, 1, 3, tzinfo=UTC)  # still February in New York
    assert Period.of(None, None, now, NEW_YORK) == Period(date(2026, 1, 30), date(2026, 2, 28), NEW_YORK)
    assert Period.of(None, date(2026, 1, 10), now, NEW_YORK).first == date(2025, 12, 12)
    assert Period.of(date(2026, 2, 27), None, now, NEW_YORK).last == date(2026, 2, 28)
    to_come = Period.of(date(2026, 6, 1), None, now, NEW_YORK)
    assert (to_come.first, to_come.last) == (date(2026, 6, 1), date(2026, 6, 1))
    assert Period.of(date(2021, 2, 27), date(2026, 3, 1), now, NEW_YORK).days == 1829


def test_the_hour_that_comes_twice_and_the_day_that_lacks_one(database: Database) -> None:
    twice = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]  # 01:30, and 01:30 again
    finds = [Find(created_at=at, seen_before=timedelta(0)) for at in twice]
    edges = [
        Find(created_at=datetime(2026, 11, 2, 5, tzinfo=UTC), seen_before=timedelta(0)),  # midnight, clocks set back
        Find(created_at=datetime(2026, 11, 2, 4, 59, 59, 999000, tzinfo=UTC), seen_before=timedelta(0)),
        Find(created_at=datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC), seen_before=timedelta(0)),  # 01:59:59
        Find(created_at=datetime(2026, 3, 8, 7, tzinfo=UTC), seen_before=timedelta(0)),  # 03:00, a second later
    ]
    with database.write() as connection:
        store(connection, *finds, *edges)
        autumn = service.trend(EVERYWHERE, connection, _days(date(2026, 11, 1), date(2026, 11, 2)))
        spring = service.trend(EVERYWHERE, connection, _days(date(2026, 3, 8), date(2026, 3, 8)))
    assert [(str(one.first), one.total) for one in autumn.stretches] == [("2026-11-01", 3), ("2026-11-02", 1)]
    assert (autumn.hours[1], autumn.hours[0], autumn.hours[23]) == (2, 1, 1)
    assert (spring.total, spring.hours[1:4]) == (2, (1, 0, 1))


def test_a_trend_is_by_week_from_a_quarter_on_and_its_ends_are_those_of_the_period(database: Database) -> None:
    first, last = date(2026, 7, 1), date(2026, 10, 1)  # from a Wednesday to a Thursday
    with database.write() as connection:
        store(
            connection,
            Find(created_at=datetime(2026, 7, 1, 4, tzinfo=UTC)),  # the first minute of it in New York
            Find(created_at=datetime(2026, 7, 6, 3, 59, tzinfo=UTC), district=None),  # still the first week's Sunday
            Find(created_at=datetime(2026, 7, 6, 4, tzinfo=UTC)),
            Find(created_at=datetime(2026, 10, 2, 3, 59, tzinfo=UTC)),
            Find(created_at=datetime(2026, 10, 2, 4, tzinfo=UTC)),  # a day too late
        )
        weekly = service.trend(EVERYWHERE, connection, _days(first, last))
        daily = service.trend(EVERYWHERE, connection, _days(first, date(2026, 9, 30)))
    assert (weekly.weekly, daily.weekly) == (True, False)
    ends = [(str(one.first), str(one.last), one.total) for one in weekly.stretches]
    assert ends[:2] == [("2026-07-01", "2026-07-05", 2), ("2026-07-06", "2026-07-12", 1)]
    assert (ends[-1], weekly.total) == (("2026-09-28", "2026-10-01", 1), 4)
    assert weekly.stretches[0].districts == {"erqi": 1, "": 1}
    assert (len(daily.stretches), daily.total) == (92, 3)


def _days(first: date, last: date) -> Selection:
    return Selection(Period(first, last, NEW_YORK))
