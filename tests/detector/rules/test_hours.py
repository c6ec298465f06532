"""Permitted hours against a minute-by-minute reckoning, over midnight, seasons and clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.rules.chinese_hours import plain_hours
from detector.rules.hours import HoursInvalid, check_country, check_hours, read_hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SEASONS = "19:00-25:00; Jul 01-Oct 31 18:00-26:00"


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def open_at(wall: datetime, start: int, end: int) -> bool:
    """The brute force: a window of minutes since midnight, whose end may be past midnight."""
    minute = wall.hour * 60 + wall.minute
    return start <= minute < end or minute < end - 1440


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int]:
    start = draw(st.integers(0, 1439))
    return start, start + draw(st.integers(1, 1439))


@settings(max_examples=60, deadline=None)
@given(windows(), st.sampled_from([SHANGHAI, BERLIN]), st.integers(0, 48 * 60), st.sampled_from([(3, 28), (10, 24)]))
def test_window_over_midnight_and_clock_changes(
    window: tuple[int, int], zone: ZoneInfo, minutes: int, day: tuple[int, int]
) -> None:
    hours = read_hours(f"{clock(window[0])}-{clock(window[1])}", zone)
    at = datetime(2026, *day, tzinfo=UTC) + timedelta(minutes=minutes)
    assert hours.permitted(at) is open_at(at.astimezone(zone), *window)


@settings(max_examples=25, deadline=None)
@given(windows(), st.integers(0, 30 * 60), st.integers(1, 1500), st.sampled_from([(3, 28), (10, 24), (6, 1)]))
def test_last_permitted_minute_across_clock_changes(
    window: tuple[int, int], minutes: int, back: int, day: tuple[int, int]
) -> None:
    hours = read_hours(f"{clock(window[0])}-{clock(window[1])}", BERLIN)
    at = datetime(2026, *day, tzinfo=UTC) + timedelta(minutes=minutes)
    start = at - timedelta(minutes=back)
    open_minutes = [
        start + timedelta(minutes=i)
        for i in range(back)
        if open_at((start + timedelta(minutes=i)).astimezone(BERLIN), *window)
    ]
    found = hours.last_permitted(start, at)
    if open_minutes:
        assert found == open_minutes[-1] + timedelta(minutes=1)
    else:
        assert found in (None, start, at)  # a stretch that ends just where the time in question begins


@pytest.mark.parametrize(
    ("at", "permitted"),
    [
        ("2026-11-23T18:59", False),
        ("2026-11-23T19:00", True),
        ("2026-11-24T00:59", True),
        ("2026-11-24T01:00", False),
        ("2026-06-30T18:30", False),
        ("2026-07-01T00:30", True),  # the window of 30 June, cut off by the library where July's hours begin
        ("2026-07-01T01:30", False),
        ("2026-07-01T18:30", True),
        ("2026-11-01T01:30", True),  # the window of 31 October
        ("2026-11-01T18:30", False),
    ],
)
def test_seasons_keep_their_last_night(at: str, permitted: bool) -> None:
    assert read_hours(SEASONS, SHANGHAI).permitted(datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)) is permitted


def test_a_longer_saturday_does_not_lengthen_the_friday() -> None:
    hours = read_hours("19:00-25:00; Sa 19:00-27:00", SHANGHAI)
    assert hours.permitted(datetime(2026, 11, 21, 2, tzinfo=SHANGHAI)) is False  # Saturday 02:00, after Friday's window
    assert hours.permitted(datetime(2026, 11, 22, 2, tzinfo=SHANGHAI)) is True  # Sunday 02:00, after Saturday's


def test_public_holidays_need_a_country() -> None:
    new_year = datetime(2026, 1, 1, 11, tzinfo=SHANGHAI)
    assert read_hours("10:00-12:00; PH off", SHANGHAI, "CN").permitted(new_year) is False
    with pytest.raises(HoursInvalid, match="country"):
        read_hours("10:00-12:00; PH off", SHANGHAI)
    with pytest.raises(HoursInvalid, match="'XX'"):
        check_country("XX")


def test_the_sun_needs_a_place() -> None:
    hours = read_hours("sunrise-sunset", SHANGHAI, place=(34.75, 113.65))
    assert hours.permitted(datetime(2026, 6, 21, 5, 30, tzinfo=SHANGHAI)) is True
    assert hours.permitted(datetime(2026, 12, 21, 5, 30, tzinfo=SHANGHAI)) is False
    with pytest.raises(HoursInvalid, match="sun"):
        read_hours("sunrise-sunset", SHANGHAI)


def test_hours_that_do_not_know_say_so() -> None:
    hours = read_hours('10:00-12:00 unknown "on request"', SHANGHAI)
    assert hours.permitted(datetime(2026, 6, 1, 11, tzinfo=SHANGHAI)) is None
    assert hours.permitted(datetime(2026, 6, 1, 13, tzinfo=SHANGHAI)) is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("19:00-25:0x", "column 10"),
        ("", "column 1"),
        ("19.00-25.00", "column 1"),
        ("Jun 31 10:00-11:00", "no calendar"),
        ("Feb 30-Mar 02 10:00-11:00", "no calendar"),
        ("1" * 2000, "2000 characters"),
    ],
)
def test_bad_hours_are_refused_with_their_column(text: str, message: str) -> None:
    with pytest.raises(HoursInvalid, match=message):
        read_hours(text, SHANGHAI)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("周一至周五 09:00-18:00", "Mo-Fr 09:00-18:00"),
        ("星期六、星期日 18:00-24:00", "Sa,Su 18:00-24:00"),
        ("每天19：00－23：00", "Mo-Su 19:00-23:00"),
        ("19:00~23:00", "19:00-23:00"),
        ("19:00至次日1:00", "19:00-25:00"),
        ("7月1日-10月31日 18:00-次日2:00", "Jul 01-Oct 31 18:00-26:00"),
        ("19:00-23:00；周日休息", "19:00-23:00;Su off"),
        ("全天", "00:00-24:00"),
        ("08:00-18:00；法定节假日 休息", "08:00-18:00;PH off"),
        ('19:00-23:00 unknown "周一至周五"', '19:00-23:00 unknown "周一至周五"'),
    ],
)
def test_hours_in_chinese_are_the_same_hours(written: str, plain: str) -> None:
    assert plain_hours(written) == plain
    assert read_hours(written, SHANGHAI, "CN").text == plain


@pytest.mark.parametrize(
    "text", ["工作日 9:00-18:00", "上午9:00-下午6:00", "13月1日 9:00-18:00", "1900-2300", "营业 9:00-18:00"]
)
def test_hours_that_may_mean_others_are_refused(text: str) -> None:
    with pytest.raises(HoursInvalid):
        check_hours(text)


def test_hours_without_colons_are_not_years() -> None:
    with pytest.raises(HoursInvalid, match="write 19:00-23:00"):
        check_hours("1900-2300")
    check_hours("2026-2027 10:00-12:00")
