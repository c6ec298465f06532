"""Whether a permit covers a thing, and what a permit file may say."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import offset
from detector.rules.permits import Match, Permit, Registry, read_permits

ZONE = ZoneInfo("Asia/Shanghai")
LAT, LON = 34.7466, 113.6253
AT = datetime(2026, 11, 23, 10, 12, tzinfo=ZONE)
HEADER = "id,class,lat,lon,radius_m,valid_from,valid_to"


def permit(name: str, east: float = 0.0, last: str = "2026-12-31", first: str = "2026-01-01") -> Permit:
    lat, lon = offset(LAT, LON, 0.0, east)
    return Permit(name, "banner", lat, lon, 12.0, date.fromisoformat(first), date.fromisoformat(last))


def find(*permits: Permit, east: float = 0.0, ce90: float = 2.0, at: datetime = AT) -> tuple[Match, str | None]:
    lat, lon = offset(LAT, LON, 0.0, east)
    registry = Registry.of(permits, datetime(2026, 11, 20, tzinfo=ZONE), timedelta(days=7), ZONE)
    found = registry.find("banner", GroundPoint(lat, lon, 0.0, ce90), at)
    return found.match, found.permit.id if found.permit else None


def test_the_city_s_answers() -> None:
    assert find(permit("a"), east=5) == (Match.MATCH, "a")
    assert find(permit("a"), east=13.9) == (Match.MATCH, "a")  # within 12 m + 2 m
    assert find(permit("a"), permit("b", 90), east=40) == (Match.WRONG_PLACE, "a")
    assert find(permit("a", last="2026-11-22")) == (Match.EXPIRED, "a")
    assert find(permit("a", last="2026-11-23")) == (Match.MATCH, "a")  # the last day counts
    assert find(permit("a", first="2026-11-24")) == (Match.NOT_YET_VALID, "a")
    assert find() == (Match.NOT_FOUND, None)


def test_days_are_those_of_the_city() -> None:
    midnight = datetime(2026, 11, 22, 16, 30, tzinfo=ZoneInfo("UTC"))  # 00:30 on the 23rd in Shanghai
    assert find(permit("a", last="2026-11-22"), at=midnight) == (Match.EXPIRED, "a")


def test_a_stale_registry_answers_nothing() -> None:
    assert find(at=AT + timedelta(days=5))[0] is Match.UNKNOWN
    assert find(permit("a"), at=AT + timedelta(days=5))[0] is Match.UNKNOWN


def test_a_position_worse_than_the_tolerance_answers_nothing() -> None:
    assert find(permit("a"), ce90=13) == (Match.UNKNOWN, "a")
    assert find(permit("a", last="2026-01-02"), ce90=13) == (Match.UNKNOWN, "a")
    assert find(permit("a"), ce90=float("nan"))[0] is Match.UNKNOWN
    registry = Registry.of((permit("a"),), AT, timedelta(days=7), ZONE)
    assert registry.find("banner", None, AT).match is Match.UNKNOWN


def test_neighbours_are_told_apart_or_not_at_all() -> None:
    valid, lapsed = permit("valid"), permit("lapsed", 8, last="2026-01-02")
    assert find(valid, lapsed, east=0, ce90=2) == (Match.MATCH, "valid")
    assert find(valid, lapsed, east=8, ce90=2) == (Match.EXPIRED, "lapsed")
    assert find(valid, lapsed, east=4.5, ce90=2)[0] is Match.UNKNOWN


def test_a_renewal_counts() -> None:
    assert find(permit("old", last="2025-12-31", first="2025-01-01"), permit("new")) == (Match.MATCH, "new")


def test_every_faulty_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "permits.csv"
    rows = [
        HEADER,
        "a,banner,34.7,113.6,12,2026-01-01,2026-12-31",
        "a,banner,34.7,113.6,12,,",
        "b,banner,113.6,34.7,12,,",
        "",
        "c,,x,113.6,0,2026-13-01,",
        "d,banner,34.7,113.6",
        "e,banner,34.7,nan,5,2026-02-01,2026-01-01",
    ]
    path.write_text("\n".join(rows), "utf-8-sig")
    read = read_permits(path)
    assert [found.id for found in read.permits] == ["a"]
    assert read.faults == (
        "permits.csv line 3: permit 'a' is there already, in line 2",
        "permits.csv line 4: lat 113.6 is not between -90 and 90: latitude and longitude look swapped",
        "permits.csv line 6: 'class' is empty",
        "permits.csv line 6: lat 'x' is not a number",
        "permits.csv line 6: radius_m 0 is not between 0.1 and 1000",
        "permits.csv line 6: valid_from '2026-13-01' is not a day like 2026-11-20",
        "permits.csv line 7: 4 values for 7 columns",
        "permits.csv line 8: lon nan is not between -180 and 180",
        "permits.csv line 8: valid_to 2026-01-01 is before valid_from 2026-02-01",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no row names the columns"),
        (HEADER.removeprefix("id,").encode(), "column 'id' is missing"),
        (HEADER.replace("radius_m", "radius").encode(), "unknown column 'radius'"),
        (f"{HEADER},lat".encode(), "there twice"),
        (HEADER.encode() + b"\n\x81\xff", "save it as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "save it as .xlsx"),
        (b"PK\x03\x04" + bytes(600), "no Excel workbook"),
        (HEADER.encode() + b'\n"a,', "line 2: a quotation mark is opened and never closed"),
    ],
)
def test_files_that_are_no_permit_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "permits.csv"
    path.write_bytes(content)
    assert any(message in fault for fault in read_permits(path).faults)
