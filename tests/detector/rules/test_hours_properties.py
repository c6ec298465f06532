"""Hours against a plain reckoning: several windows, weekdays, calendars, and what may excuse what stands."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.rules.hours import LOOK_BACK_DAYS, HoursInvalid, check_hours, read_hours

FEW = settings(max_examples=50, deadline=None)
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEK = datetime(2026, 11, 23, tzinfo=SHANGHAI)  # a Monday

minutes = st.integers(0, 14 * 24 * 60).map(lambda count: WEEK + timedelta(minutes=count))
holiday_minutes = st.integers(0, 2 * 24 * 60 - 1).map(
    lambda count: datetime(2026, 9, 30, tzinfo=SHANGHAI) + timedelta(minutes=count)
)
spans = st.tuples(st.integers(0, 23), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1]))


def within(at: datetime, days: set[int], start: int, end: int) -> bool:
    """Whether a window of whole hours on some weekdays, perhaps past midnight, holds a local time."""
    today = at.weekday() in days and start * 60 <= at.hour * 60 + at.minute < end * 60
    return today or ((at.weekday() - 1) % 7 in days and at.hour * 60 + at.minute < (end - 24) * 60)


@FEW
@given(st.sets(st.integers(0, 6), min_size=1), spans, minutes)
def test_weekdays_own_the_night_that_begins_on_them(days: set[int], span: tuple[int, int], at: datetime) -> None:
    named = ",".join(DAYS[day] for day in sorted(days))
    hours = read_hours(f"{named} {span[0]:02}:00-{span[1]:02}:00", SHANGHAI)
    assert hours.permitted(at) is within(at, days, *span)


@FEW
@given(spans, spans, minutes)
def test_two_windows_of_one_day_permit_what_either_does(
    one: tuple[int, int], other: tuple[int, int], at: datetime
) -> None:
    every = set(range(7))
    hours = read_hours(",".join(f"{start:02}:00-{end:02}:00" for start, end in (one, other)), SHANGHAI)
    assert hours.permitted(at) is (within(at, every, *one) or within(at, every, *other))


@FEW
@given(st.integers(0, 11), st.integers(0, 11), st.dates(date(2025, 1, 1), date(2028, 12, 31)))
def test_seasons_run_over_the_turn_of_the_year(first: int, last: int, day: date) -> None:
    hours = read_hours(f"{MONTHS[first]}-{MONTHS[last]} 08:00-18:00", SHANGHAI)
    month = day.month - 1
    inside = first <= month <= last if first <= last else month >= first or month <= last
    assert hours.permitted(datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)) is inside


@FEW
@given(spans, minutes, st.integers(-14, 12))
def test_the_same_instant_is_judged_alike_in_every_zone(span: tuple[int, int], at: datetime, offset: int) -> None:
    hours = read_hours(f"{span[0]:02}:00-{span[1]:02}:00", SHANGHAI)
    named = ZoneInfo(f"Etc/GMT{offset:+d}") if offset else UTC
    assert hours.permitted(at.astimezone(named)) is hours.permitted(at)


@FEW
@given(spans, minutes, st.timedeltas(timedelta(), timedelta(days=3)))
def test_the_last_permitted_instant_is_the_end_of_what_was_permitted(
    span: tuple[int, int], at: datetime, back: timedelta
) -> None:
    hours = read_hours(f"{span[0]:02}:00-{span[1]:02}:00", SHANGHAI)
    found = hours.last_permitted(at - back, at)
    if hours.permitted(at):
        assert found == at
        return
    if found is None:
        assert not hours.permitted(at - back)
        return
    assert at - back <= found <= at
    assert found == at - back or hours.permitted(found - timedelta(microseconds=1)) is True
    if found < at:
        assert hours.permitted(found) is False, "nothing is permitted from there on"
        middle = found + (at - found) / 2
        assert hours.permitted(middle) is False


@FEW
@given(spans, minutes)
def test_what_may_be_permitted_is_never_said_to_be_forbidden(span: tuple[int, int], at: datetime) -> None:
    text = f"{span[0]:02}:00-{span[1]:02}:00"
    sure, unsure = read_hours(text, SHANGHAI), read_hours(f'{text} unknown "ask"', SHANGHAI)
    assert unsure.permitted(at) is (None if sure.permitted(at) else False)
    assert unsure.last_permitted(WEEK, at) == sure.last_permitted(WEEK, at), "doubt starts no clock"


@FEW
@given(spans, holiday_minutes)
def test_the_eve_of_a_holiday_keeps_its_night_sure_or_not(span: tuple[int, int], at: datetime) -> None:
    """30 September and 1 October: the holiday is off, but for what is left of the night before."""
    local = at.astimezone(SHANGHAI)
    eve = datetime(2026, 9, 30, tzinfo=SHANGHAI)
    begins, ends = (eve + timedelta(hours=hour) for hour in span)
    night_before = local < begins - timedelta(days=1) + (ends - begins) and local.date() == eve.date()
    expected = begins <= local < ends or night_before
    text = f"{span[0]:02}:00-{span[1]:02}:00"
    assert read_hours(f"{text}; PH off", SHANGHAI, "CN").permitted(at) is expected
    unsure = read_hours(f'{text} unknown "ask"; PH off', SHANGHAI, "CN")
    assert unsure.permitted(at) is (None if expected else False)


@pytest.mark.parametrize("days", [1, LOOK_BACK_DAYS - 1, LOOK_BACK_DAYS + 2])
def test_what_was_permitted_more_than_a_year_ago_excuses_nothing(days: int) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
    day = (at - timedelta(days=days)).date()
    hours = read_hours(f"{day.year} {MONTHS[day.month - 1]} {day.day:02} 10:00-11:00", SHANGHAI)
    found = hours.last_permitted(at - timedelta(days=days + 5), at)
    expected = datetime(day.year, day.month, day.day, 11, tzinfo=SHANGHAI)
    assert found == (expected if days <= LOOK_BACK_DAYS else None)


@pytest.mark.parametrize("year", [2019, 2024, 2026, 2030])
def test_holidays_are_those_of_the_year(year: int) -> None:
    hours = read_hours("10:00-12:00; PH off", SHANGHAI, "CN")
    for month, day in ((1, 1), (5, 1), (10, 1)):
        assert hours.permitted(datetime(year, month, day, 11, tzinfo=SHANGHAI)) is False
    assert hours.permitted(datetime(year, 3, 11, 11, tzinfo=SHANGHAI)) is True
    german = read_hours("10:00-12:00; PH off", ZoneInfo("Europe/Berlin"), "DE")
    assert german.permitted(datetime(year, 10, 3, 11, tzinfo=ZoneInfo("Europe/Berlin"))) is False


@FEW
@given(st.text('0123456789:-;, MoTuPHJanoff"|+()', max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        check_hours(text)
        hours = read_hours(text, SHANGHAI, "CN", (34.75, 113.65))
    except HoursInvalid:
        return  # any other error fails the test
    assert hours.permitted(WEEK) in (True, False, None)
    last = hours.last_permitted(WEEK - timedelta(days=2), WEEK)
    assert last is None or WEEK - timedelta(days=2) <= last <= WEEK
