"""The registry against a plain reckoning over all permits, and permit files that come back as they were written."""

import csv
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import distance
from detector.rules.permits import NEEDED, Match, Permit, read_permits
from detector.rules.tables import read_table
from tests.detector.rules.street import AS_OF, NOON, registry, spot

FEW = settings(max_examples=50, deadline=None)
DAY = timedelta(days=1)
TODAY = NOON.date()


def permit(name: str, east: float, north: float = 0.0, first: int = -9, last: int = 9, radius: float = 5.0) -> Permit:
    here = spot(east, north)
    return Permit(name, "stall", here.lat, here.lon, radius, TODAY + first * DAY, TODAY + last * DAY)


@st.composite
def many(draw: st.DrawFn) -> list[Permit]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        first, last = sorted(draw(st.tuples(st.integers(-5, 5), st.integers(-5, 5))))
        east, north = draw(st.floats(-60, 60)), draw(st.floats(-60, 60))
        found.append(permit(f"P-{number}", east, north, first, last, draw(st.sampled_from([1.0, 5.0, 20.0]))))
    return found


def far(position: GroundPoint, one: Permit) -> float:
    return distance(position.lat, position.lon, one.lat, one.lon)


@FEW
@given(many(), st.floats(-60, 60), st.floats(-60, 60), st.sampled_from([0.0, 0.5, 4.0]))
def test_the_registry_agrees_with_looking_at_every_permit(
    held: list[Permit], east: float, north: float, ce90: float
) -> None:
    position = spot(east, north, ce90)
    found = registry(*held).find("stall", position, NOON)
    near = [one for one in held if far(position, one) <= one.radius_m + ce90]
    if not near:
        assert found.match is Match.WRONG_PLACE
        assert found.permit is not None
        assert far(position, found.permit) == pytest.approx(min(far(position, one) for one in held))
        return
    assert found.permit in near
    assert found.match in (Match.MATCH, Match.EXPIRED, Match.NOT_YET_VALID, Match.UNKNOWN)
    states = {one.valid_on(TODAY) for one in near}
    if found.match is Match.MATCH:
        assert found.permit.valid_on(TODAY)
    elif found.match is not Match.UNKNOWN:
        assert not found.permit.valid_on(TODAY)
        nearer = [one for one in near if far(position, one) < far(position, found.permit)]
        assert not any(one.valid_on(TODAY) for one in nearer), "a valid permit nearer by covers it"
    elif states == {True}:
        assert ce90 > min(near, key=lambda one: far(position, one)).radius_m, "nothing else leaves it open"


@FEW
@given(many(), st.floats(-60, 60), st.floats(-60, 60), st.sampled_from([0.0, 0.5, 4.0, 25.0]))
def test_a_less_certain_position_never_loses_a_permit_to_a_fault(
    held: list[Permit], east: float, north: float, ce90: float
) -> None:
    """What is matched or unknown stays so with a wider error: doubt makes no violation."""
    clear = (Match.MATCH, Match.UNKNOWN)
    sure = registry(*held).find("stall", spot(east, north, ce90), NOON).match
    if sure in clear and all(one.valid_on(TODAY) for one in held):
        assert registry(*held).find("stall", spot(east, north, ce90 + 10), NOON).match in clear


@FEW
@given(many(), st.floats(-60, 60), st.floats(-60, 60))
def test_a_renewal_at_the_same_site_clears_whatever_lapsed_there(held: list[Permit], east: float, north: float) -> None:
    lapsed = permit("old", east, north, -9, -1)
    renewed = replace(lapsed, id="new", valid_from=TODAY, valid_to=None)
    found = registry(lapsed, renewed).find("stall", spot(east, north), NOON)
    assert (found.match, found.permit) == (Match.MATCH, renewed)
    elsewhere = [one for one in held if far(spot(east, north), one) > 30]
    assert registry(*elsewhere, lapsed, renewed).find("stall", spot(east, north), NOON) == found


@pytest.mark.parametrize(("metres", "match"), [(0.9, Match.MATCH), (1.1, Match.EXPIRED)])
def test_a_renewal_more_than_a_metre_away_is_another_site(metres: float, match: Match) -> None:
    lapsed, valid = permit("old", 0, last=-1), permit("new", metres)
    assert registry(lapsed, valid).find("stall", spot(-0.4, 0, 0.0), NOON).match is match


@pytest.mark.parametrize(
    ("east", "ce90", "match"),
    [
        (4.99, 0.0, Match.MATCH),
        (5.01, 0.0, Match.WRONG_PLACE),
        (5.9, 1.0, Match.MATCH),
        (6.1, 1.0, Match.WRONG_PLACE),
        (0.0, 5.0, Match.MATCH),  # as uncertain as the tolerance is wide: still told
        (0.0, 5.01, Match.UNKNOWN),
    ],
)
def test_the_tolerance_is_widened_by_the_error_and_no_more(east: float, ce90: float, match: Match) -> None:
    assert registry(permit("P", 0)).find("stall", spot(east, 0, ce90), NOON).match is match
    assert registry(permit("P", 0, 0)).find("stall", spot(0, east, ce90), NOON).match is match  # north as east


@pytest.mark.parametrize("gap_m", [0.5, 3.9, 4.1, 6.0])
def test_two_distances_are_told_apart_by_twice_the_error(gap_m: float) -> None:
    """The thing is 1 m east of the valid permit, and the lapsed one lies `gap_m` further away on the same line."""
    valid, lapsed = permit("valid", 0, radius=9.0), permit("lapsed", -gap_m, last=-1, radius=9.0)
    expected = Match.UNKNOWN if 1 < gap_m <= 4 else Match.MATCH  # up to a metre it is a renewal at the same site
    assert registry(valid, lapsed).find("stall", spot(1, 0, 2.0), NOON).match is expected


@pytest.mark.parametrize(
    ("after", "stale"), [(-3 * DAY, False), (7 * DAY, False), (7 * DAY + timedelta(microseconds=1), True)]
)
def test_a_registry_is_stale_from_the_first_instant_after_its_age(after: timedelta, stale: bool) -> None:
    found = registry(permit("P", 0)).find("stall", spot(0, 0), AS_OF + after)
    assert (found.match is Match.UNKNOWN) is stale
    assert (registry().find("stall", spot(0, 0), AS_OF + after).match is Match.UNKNOWN) is stale


def test_a_permit_of_this_year_says_from_when_and_till_when() -> None:
    early = permit("early", 0, first=2, last=9)
    found = registry(early).find("stall", spot(0, 0), NOON)
    assert found.reason.params == {"permit": "early", "valid_from": "2026-11-25", "as_of": "2026-11-20"}
    late = registry(permit("late", 0, last=-2)).find("stall", spot(0, 0), NOON)
    assert late.reason.params == {"permit": "late", "valid_to": "2026-11-21", "as_of": "2026-11-20"}


words = st.text("abcXYZ0189-_灯牌 .", min_size=1, max_size=12).map(str.strip).filter(bool)
rows = st.lists(
    st.tuples(
        words.map(lambda word: f"P-{word}"),
        words,
        st.floats(-90, 90).map(lambda value: round(value, 7)).filter(bool),  # 0 is how no place is written: refused
        st.floats(-180, 180).map(lambda value: round(value, 7)).filter(bool),
        st.floats(0.1, 1000).map(lambda value: round(value, 2)),
        st.none() | st.dates(date(2000, 1, 1), date(2020, 1, 1)),
        st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[0],
)


@FEW
@given(rows, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]), st.booleans())
def test_a_permit_file_comes_back_as_it_was_written(
    written: list[tuple[str, str, float, float, float, date | None, date | None]],
    separator: str,
    encoding: str,
    windows: bool,
) -> None:
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n" if windows else "\n")
    writer.writerow(NEEDED)
    writer.writerows(written)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "permits.csv"
        path.write_bytes(out.getvalue().encode(encoding))
        read = read_permits(path)
    assert read.faults == ()
    assert read.permits == tuple(Permit(*row) for row in written)
    assert read.content == out.getvalue().encode(encoding)


@FEW
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_a_permit_file(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "permits.csv"
        path.write_bytes(content)
        read = read_permits(path)
    assert read.faults, "no permit file has this header"
    assert all("\n" not in fault for fault in read.faults)


@FEW
@given(st.lists(st.lists(st.text("ab1 ", max_size=3), min_size=2, max_size=4), min_size=1, max_size=5))
def test_empty_rows_go_and_lines_keep_their_numbers(table: list[list[str]]) -> None:
    text = "\n".join(",".join(row) for row in (["id", "class"], *table))
    found = read_table(text.encode(), ("id", "class"))
    full = [number for number, row in enumerate(table, 2) if any(cell.strip() for cell in row)]
    assert [row.where for row in found] == ["line 1", *(f"line {number}" for number in full)]


@pytest.mark.parametrize("hour", [0, 7, 15, 16, 23])
def test_a_day_is_the_citys_whatever_zone_the_time_is_in(hour: int) -> None:
    at = datetime.fromisoformat(f"2026-11-23T{hour:02}:30:00+00:00")
    last_day = permit("P", 0, last=0)
    expected = Match.MATCH if hour < 16 else Match.EXPIRED  # 16:00 UTC is midnight in Shanghai
    assert registry(last_day).find("stall", spot(0, 0), at).match is expected
