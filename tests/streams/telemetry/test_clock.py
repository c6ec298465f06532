"""Dates and zones as aircraft print them; what no clock can say is not a date."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.telemetry.clock import believable, parse_date, parse_zone

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    "text",
    [
        "2026:11:20 10:50:10",
        "2026-11-20 10:50:10",
        "2026/11/20T10:50:10",
        "2026.11.20  10:50:10",
        " 2026-11-20 10:50:10 ",
    ],
)
def test_every_spelling_is_in_the_callers_zone(text: str) -> None:
    assert parse_date(text, CHINA) == datetime(2026, 11, 20, 10, 50, 10, tzinfo=CHINA)


@pytest.mark.parametrize(("said", "micro"), [(".5", 500_000), (".05", 50_000), (".000001", 1), (".1234569", 123_456)])
def test_a_fraction_counts_from_its_left(said: str, micro: int) -> None:
    found = parse_date(f"2026-11-20 10:50:10{said}", UTC)
    assert found is not None
    assert found.microsecond == micro


def test_a_zone_of_its_own_goes_before_the_callers() -> None:
    found = parse_date("2026-11-20 10:50:10.25 +02:00", CHINA)
    assert found == datetime(2026, 11, 20, 8, 50, 10, 250_000, tzinfo=UTC)
    assert parse_date("2026-11-20 10:50:10Z", CHINA) == datetime(2026, 11, 20, 10, 50, 10, tzinfo=UTC)
    assert parse_date("2026-11-20 10:50:10-0330", CHINA) == datetime(2026, 11, 20, 14, 20, 10, tzinfo=UTC)


def test_without_any_zone_it_is_the_aircrafts_clock() -> None:
    found = parse_date("2026-11-20 10:50:10", None)
    assert found is not None
    assert found.tzinfo is None


@pytest.mark.parametrize(
    "text",
    ["2026-02-30 10:00:00", "2026-13-01 10:00:00", "2026-11-20 24:00:00", "2026-11-20 10:00:61", "2004-12-31 23:59:59",
     "1970-01-01 00:00:00", "2100-01-01 00:00:00", "2026-11-20", "at 2026-11-20 10:50:10", ""],
)  # fmt: skip
def test_what_is_no_date_of_a_flight(text: str) -> None:
    assert parse_date(text, UTC) is None


def test_the_first_and_the_last_year_are_believed() -> None:
    for year in (2005, 2099):
        assert believable(datetime(year, 6, 1, tzinfo=UTC)) is not None
    for year in (2004, 2100):
        assert believable(datetime(year, 6, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("+08:00", 480), ("+0800", 480), ("+8", 480), ("UTC+8", 480), ("gmt-3:30", -210), ("\u221205:00", -300), ("Z", 0),
     ("utc", 0), ("+14:00", 840), ("+14:01", None), ("+8:60", None), ("", None), ("   ", None), ("8", None)],
)  # fmt: skip
def test_zones(text: str, minutes: int | None) -> None:
    found = parse_zone(text)
    assert (found and found.utcoffset(None)) == (None if minutes is None else timedelta(minutes=minutes))


@given(st.datetimes(datetime(2005, 1, 1), datetime(2099, 12, 31)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - zoned below
def test_what_is_printed_is_read(time: datetime, minutes: int) -> None:
    there = time.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_date(there.isoformat(" "), UTC) == there
