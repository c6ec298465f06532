"""Distances, seasons and placements: what less certainty, another place or another day may change, and what not."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.rules.landmarks import Landmark, Limit, Measure
from detector.rules.placement import SignFacts, SignPlacement
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.ruling import Outcome
from detector.rules.season import read_season
from tests.detector.rules.street import NOON, ROAD, SHANGHAI, ask, book, spot, square

V, P, U = Outcome.VIOLATION, Outcome.PERMITTED, Outcome.UNKNOWN
DRAW = settings(max_examples=50, deadline=None)
EAST, NORTH, RADIUS = st.floats(-30, 80), st.floats(-30, 80), st.floats(0.05, 30)
DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))


def mark(name: str, kind: str, *points: tuple[float, float], closed: bool = False) -> Landmark:
    places = [spot(east, north) for east, north in points]
    return Landmark(name, kind, tuple((place.lon, place.lat) for place in places), closed)


MARKS = (
    mark("gate", "school", (20, 20)),
    mark("yard", "school", (60, 0), (70, 0), (70, 10), (60, 10), closed=True),
    mark("kerb", "kerb", (0, 5), (40, 5)),
    mark("facade", "shop_line", (0, 0), (20, 0), (20, 10)),
)
LIMITS = st.builds(
    Limit, st.sampled_from(Measure), st.sampled_from(["school", "kerb", "shop_line"]), st.sampled_from([0.5, 3.0, 25.0])
)


def limited(limit: Limit) -> Rulebook:
    kinds = () if limit.measure is Measure.NEAR else ("main_road",)
    rule = Rule("r", ("stall",), kinds, limit=limit)
    return Rulebook.of("v1", SHANGHAI, (ROAD,), (rule,), None, None, MARKS)


def feet(*places: tuple[float, float], ce90: float) -> tuple[GroundPoint, ...]:
    return tuple(spot(east, north, ce90) for east, north in places)


@DRAW
@given(LIMITS, EAST, NORTH, RADIUS, RADIUS)
def test_a_larger_circle_only_ever_unsettles(limit: Limit, east: float, north: float, one: float, other: float) -> None:
    rules = limited(limit)
    small = ask(rules, position=spot(east, north, min(one, other))).outcome
    large = ask(rules, position=spot(east, north, max(one, other))).outcome
    assert large in (small, U)
    assert ask(rules, position=spot(east, north, float("nan"))).outcome in (small, U)


@DRAW
@given(st.sampled_from([0.5, 3.0, 25.0, 200.0]), st.floats(0, 2 * math.pi), st.floats(0.05, 50), st.floats(0.05, 400))
def test_what_moved_beyond_distance_and_circle_is_free(metres: float, turn: float, radius: float, more: float) -> None:
    """And so it was not before: as far inside as the circle is wide, it stands too near."""
    gate = mark("gate", "school", (0, 0))
    rule = Rule("r", ("stall",), (), limit=Limit(Measure.NEAR, "school", metres))
    rules = Rulebook.of("v1", SHANGHAI, (ROAD,), (rule,), None, None, (gate,))

    def at(away: float) -> Outcome:
        return ask(rules, position=spot(away * math.sin(turn), away * math.cos(turn), radius)).outcome

    assert at(metres + radius + 0.05 + more) is P
    assert at(max(0.0, metres - radius - 0.05)) is (V if metres > radius + 0.05 else U)


@DRAW
@given(EAST, NORTH, st.floats(0, 2 * math.pi), st.floats(0, 60))
def test_a_distance_is_never_more_than_the_way_to_a_nearer_spot(
    east: float, north: float, turn: float, step: float
) -> None:
    here, there = spot(east, north), spot(east + step * math.sin(turn), north + step * math.cos(turn))
    for one in MARKS:
        assert abs(one.metres_to(here) - one.metres_to(there)) <= step + 0.01


def test_a_distance_is_that_to_the_nearest_side_and_nothing_inside() -> None:
    gate, yard, kerb, facade = MARKS
    assert gate.metres_to(spot(23, 24)) == pytest.approx(5, abs=0.01)
    assert yard.metres_to(spot(65, 5)) == 0
    assert yard.metres_to(spot(73, 14)) == pytest.approx(5, abs=0.01)
    assert kerb.metres_to(spot(44, 8)) == pytest.approx(5, abs=0.01)  # of its end
    assert facade.metres_to(spot(10, 7)) == pytest.approx(7, abs=0.01)  # in its bend: of the nearer side
    assert facade.metres_to(spot(18, 7)) == pytest.approx(2, abs=0.01)


@DRAW
@given(LIMITS, EAST, NORTH, EAST, NORTH, st.floats(0.05, 2))
def test_a_larger_footprint_never_mends_a_violation(
    limit: Limit, east: float, north: float, east_too: float, north_too: float, radius: float
) -> None:
    rules = limited(limit)

    def ruled(*places: tuple[float, float]) -> Outcome:
        foot, middle = feet(*places, ce90=radius), spot(east, north, radius)
        return rules.rule(class_name="stall", at=NOON, position=middle, dwell=timedelta(hours=1), foot=foot).outcome

    if ruled((east, north)) is V:
        assert ruled((east, north), (east_too, north_too)) is not P


@DRAW
@given(st.integers(0, 364), st.integers(0, 363), st.integers(0, 364))
def test_a_season_and_the_rest_of_the_year_share_no_day(first: int, length: int, chosen: int) -> None:
    """Whether it runs over New Year or not: the days after it up to those before it are all the others."""

    def day(number: int) -> date:
        return date(2027, 1, 1) + timedelta(days=number % 365)

    inside = read_season(f"{day(first):%m-%d}/{day(first + length):%m-%d}")
    outside = read_season(f"{day(first + length + 1):%m-%d}/{day(first - 1):%m-%d}")
    assert inside.holds(day(chosen)) is not outside.holds(day(chosen))
    assert inside.holds(day(chosen)) is ((chosen - first) % 365 <= length)
    assert inside.holds(day(chosen)) is inside.holds(day(chosen).replace(year=2028))


@DRAW
@given(DAYS, st.integers(0, 400), st.integers(-500, 900))
def test_a_dated_season_holds_on_its_days_alone(first: date, length: int, away: int) -> None:
    last, day = first + timedelta(days=length), first + timedelta(days=away)
    season = read_season(f"{first}/{last}")
    assert season.holds(day) is (first <= day <= last)
    with_more = read_season(f"{first}/{last}, 02-01/02-02")
    assert with_more.holds(day) is (season.holds(day) or (day.month, day.day) in ((2, 1), (2, 2)))


@DRAW
@given(
    DAYS, st.integers(0, 23), st.sampled_from(["11-15/03-15", "07-01/10-31", "12-31/01-01", "2027-12-20/2028-01-10"])
)
def test_a_rule_says_nothing_outside_its_season(day: date, hour: int, text: str) -> None:
    season = read_season(text)
    at = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)
    behind = Rule("behind", ("stall",), ("main_road",), dwell=timedelta(hours=2))
    seasonal = Rule("seasonal", ("stall",), ("main_road",), season=season)
    both, alone = ask(book(seasonal, behind), at), ask(book(behind), at)
    assert alone.outcome is P  # it stood for an hour, and two are allowed
    if season.holds(day):
        assert (both.outcome, both.rule) == (V, "seasonal")
    else:
        assert (both.outcome, both.rule, both.reasons) == (alone.outcome, alone.rule, alone.reasons)
    assert ask(book(seasonal, behind), at.astimezone(UTC)).outcome is both.outcome


def test_the_new_year_of_a_season_is_that_of_the_city() -> None:
    rules = book(Rule("r", ("stall",), ("main_road",), season=read_season("01-01/01-31")))
    before = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)
    assert ask(rules, before).outcome is P
    assert ask(rules, before + timedelta(seconds=1)).outcome is V  # midnight in Shanghai


def test_a_season_that_is_not_known_asks_only_where_its_rule_speaks() -> None:
    rules = book(Rule("r", ("stall",), ("main_road",), season=read_season("11-15/03-15")))
    assert ask(rules, None).outcome is U
    assert ask(rules, None, spot(20, -60)).outcome is P
    assert ask(rules, None, class_name="banner").outcome is P


FORBIDDING = Rule("roof", ("signboard", "window_ad"), ("main_road",), placement=tuple(SignPlacement))


@DRAW
@given(EAST, NORTH, RADIUS, RADIUS, st.dictionaries(st.sampled_from(SignPlacement), st.booleans()))
def test_of_a_sign_less_known_never_makes_a_violation(
    east: float, north: float, one: float, other: float, seen: dict[SignPlacement, bool]
) -> None:
    rules = book(FORBIDDING, zones=(ROAD, square("walk", "pavement", 20)))

    def ruled(radius: float, known: dict[SignPlacement, bool]) -> Outcome:
        position = spot(east, north, radius)
        return rules.rule(class_name="signboard", at=NOON, position=position, facts=SignFacts(seen=known)).outcome

    small = ruled(min(one, other), seen)
    assert ruled(max(one, other), seen) in (small, U)
    if small is not V:
        for forgotten in seen:
            left = {name: so for name, so in seen.items() if name is not forgotten}
            on_ground = forgotten in (SignPlacement.ACROSS_ROAD, SignPlacement.ON_PAVEMENT)
            assert on_ground or ruled(min(one, other), left) is not V  # what the map tells is told without a look


@DRAW
@given(EAST, NORTH, RADIUS, RADIUS)
def test_where_advertising_is_not_allowed_doubt_is_no_violation(
    east: float, north: float, one: float, other: float
) -> None:
    area = square("gate", "no_advertising", 0)
    rules = book(Rule("no", ("banner",), ("no_advertising",)), zones=(area,))
    small = ask(rules, position=spot(east, north, min(one, other)), class_name="banner").outcome
    assert ask(rules, position=spot(east, north, max(one, other)), class_name="banner").outcome in (small, U)
    assert ask(rules, position=spot(east, north), class_name="stall").outcome is P
