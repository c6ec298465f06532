"""Distances to landmarks, seasons and areas without advertising."""

import math
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import RulebookInvalid
from detector.geometry.ground import GroundPoint
from detector.rules.landmarks import Landmark, Limit, Measure
from detector.rules.load import load_rulebook
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.ruling import Outcome, Ruling
from detector.rules.season import read_season
from detector.rules.zones import Zone
from tests.detector.rules.street import NOON, ROAD, SHANGHAI, ask, book, spot, square

V, P, U = Outcome.VIOLATION, Outcome.PERMITTED, Outcome.UNKNOWN


def mark(name: str, kind: str, *points: tuple[float, float], closed: bool = False) -> Landmark:
    places = [spot(east, north) for east, north in points]
    return Landmark(name, kind, tuple((place.lon, place.lat) for place in places), closed)


FACADE = mark("facade", "shop_line", (0, 0), (40, 0))
KERB = mark("kerb", "kerb", (0, 5), (40, 5))
SCHOOL = mark("gate", "school", (200, 0))
YARD = mark("yard", "school", (400, 0), (420, 0), (420, 20), (400, 20), closed=True)


def ruled(limit: Limit, position: GroundPoint | None, foot: tuple[GroundPoint, ...] = ()) -> Ruling:
    kinds = () if limit.measure is Measure.NEAR else ("main_road",)
    rule = Rule("r", ("stall",), kinds, limit=limit, code="0504")
    rules = Rulebook.of("v1", SHANGHAI, (ROAD,), (rule,), None, None, (FACADE, KERB, SCHOOL, YARD))
    return rules.rule(class_name="stall", at=NOON, position=position, foot=foot)


@pytest.mark.parametrize(
    ("limit", "east", "north", "ce90", "outcome", "reason"),
    [
        (Limit(Measure.BEYOND, "shop_line", 1.0), 20, 0.5, 0.2, P, "no_rule_here"),
        (Limit(Measure.BEYOND, "shop_line", 1.0), 20, 1.5, 0.2, V, "beyond_line"),
        (Limit(Measure.BEYOND, "shop_line", 1.0), 20, 1.1, 0.2, U, "distance_uncertain"),
        (Limit(Measure.BEYOND, "shop_line", 1.0), 20, 0.9, 0.2, U, "distance_uncertain"),
        (Limit(Measure.BEYOND, "shop_line", 1.0), 20, 0.5, float("nan"), U, "distance_uncertain"),
        (Limit(Measure.BEYOND, "shop_line", 1.0), 20, -5, 0.2, P, "no_rule_here"),  # not on the road at all
        (Limit(Measure.CLEAR, "kerb", 2.0), 20, 2.5, 0.2, P, "no_rule_here"),
        (Limit(Measure.CLEAR, "kerb", 2.0), 20, 3.5, 0.2, V, "not_clear"),
        (Limit(Measure.CLEAR, "kerb", 2.0), 20, 3.1, 0.2, U, "distance_uncertain"),
        (Limit(Measure.NEAR, "school", 100.0), 99.8, 0, 0.5, U, "distance_uncertain"),
        (Limit(Measure.NEAR, "school", 100.0), 98, 0, 0.5, P, "no_rule_here"),
        (Limit(Measure.NEAR, "school", 100.0), 102, 0, 0.5, V, "too_near"),
        (Limit(Measure.NEAR, "school", 100.0), 510, 10, 0.5, V, "too_near"),  # of the yard, an area
        (Limit(Measure.NEAR, "school", 100.0), 410, 10, 0.5, V, "too_near"),  # in its middle
        (Limit(Measure.NEAR, "school", 100.0), 523, 10, 0.5, P, "no_rule_here"),
    ],
)
def test_a_distance_is_kept_broken_or_open(
    limit: Limit, east: float, north: float, ce90: float, outcome: Outcome, reason: str
) -> None:
    ruling = ruled(limit, spot(east, north, ce90))
    assert (ruling.outcome, reason in [one.code for one in ruling.reasons]) == (outcome, True), ruling.reasons
    assert ruling.code == (None if outcome is P else "0504")


@pytest.mark.parametrize("measure", [Measure.CLEAR, Measure.NEAR])
def test_zones_drawn_in_pictures_only_are_not_anywhere(measure: Measure) -> None:
    """A distance is measured on the ground, and no zone of the rule lies there: it speaks of nothing."""
    drawn = Zone("walk", "pavement", ((0, 0), (100, 0), (100, 100)), camera="north")
    rule = Rule("r", ("stall",), ("pavement",), limit=Limit(measure, "kerb", 2.0))
    rules = Rulebook.of("v1", SHANGHAI, (ROAD, drawn), (rule,), None, None, (KERB,))
    for position in (spot(20, 5, 0.1), spot(20, 6.9, 0.5), None):
        ruling = rules.rule(class_name="stall", at=NOON, position=position, camera="north", image_point=(60, 40))
        assert (ruling.outcome, [one.code for one in ruling.reasons]) == (P, ["no_rule_here"])


def test_all_of_the_footprint_must_keep_the_distance() -> None:
    beyond, clear = Limit(Measure.BEYOND, "shop_line", 1.0), Limit(Measure.CLEAR, "kerb", 2.0)
    inner, outer = spot(20, 0.5, 0.1), spot(20, 3.6, 0.1)
    assert ruled(beyond, inner).outcome is P
    broken = ruled(beyond, inner, (inner, outer))
    assert broken.outcome is V
    assert next(one for one in broken.reasons if one.code == "beyond_line").params["distance_m"] == pytest.approx(
        3.6, abs=0.02
    )
    left = next(one for one in ruled(clear, inner, (outer,)).reasons if one.code == "not_clear")
    assert left.params["distance_m"] == pytest.approx(1.4, abs=0.02)
    assert ruled(beyond, inner, (spot(20, 1.05, 0.1),)).outcome is U
    assert ruled(beyond, None).outcome is U


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [Limit(Measure.BEYOND, "shop_line", 1.0), Limit(Measure.CLEAR, "kerb", 2.0), Limit(Measure.NEAR, "school", 50)]
    ),
    st.floats(1, 300),
    st.floats(0.1, 6),
    st.floats(0.05, 5),
    st.floats(0, 1),
    st.floats(0, 6.28),
)
def test_the_true_place_within_the_circle_never_contradicts(
    limit: Limit, east: float, north: float, radius: float, share: float, turn: float
) -> None:
    seen = ruled(limit, spot(east, north, radius)).outcome
    away = 0.999 * share * radius
    truth = ruled(limit, spot(east + away * math.cos(turn), north + away * math.sin(turn), 0.0)).outcome
    assert seen in (truth, U)


@pytest.mark.parametrize(
    ("season", "day", "holds"),
    [
        ("07-01/10-31", "2026-07-01", True),
        ("07-01/10-31", "2026-10-31", True),
        ("07-01/10-31", "2026-11-01", False),
        ("07-01/10-31", "2026-06-30", False),
        ("11-15/03-15", "2026-11-15", True),
        ("11-15/03-15", "2026-12-31", True),
        ("11-15/03-15", "2027-01-01", True),
        ("11-15/03-15", "2027-03-15", True),
        ("11-15/03-15", "2027-03-16", False),
        ("02-29/02-29", "2028-02-29", True),
        ("02-29/02-29", "2027-02-28", False),
        ("2026-12-20/2027-01-10", "2027-01-10", True),
        ("2026-12-20/2027-01-10", "2027-12-20", False),
        ("05-01/05-05, 10-01/10-07", "2026-10-07", True),
        ("05-01/05-05, 10-01/10-07", "2026-06-01", False),
    ],
)
def test_a_season_holds_on_both_its_days(season: str, day: str, holds: bool) -> None:
    at = datetime.fromisoformat(day).replace(hour=12, tzinfo=SHANGHAI)
    rules = book(Rule("r", ("stall",), ("main_road",), season=read_season(season)))
    assert ask(rules, at).outcome is (V if holds else P)
    assert ask(rules, at.replace(hour=0)).outcome is (V if holds else P)
    unknown = ask(rules, None)
    assert (unknown.outcome, unknown.reasons[0].code) == (U, "season_not_known")


@pytest.mark.parametrize(
    "text", ["summer", "13-01/01-01", "02-30/03-01", "2026-01-01/02-01", "2026-02-01/2026-01-01", "", "7-1/8-1"]
)
def test_a_season_that_is_none_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="season"):
        read_season(text)


def test_no_permit_clears_a_sign_where_advertising_is_not_allowed() -> None:
    area = square("gate", "no_advertising", 0)
    ruling = ask(book(Rule("r", ("banner",), ("no_advertising",)), zones=(area,)), class_name="banner")
    assert ruling.outcome is V
    assert ruling.reasons[-1].code == "no_advertising"


FILE = """
version: "1"
timezone: Asia/Shanghai
seasons: {winter: 11-15/03-15}
landmarks:
  - {id: gate, kind: school, name_zh: 三中, point: [113.6253, 34.7466]}
  - {id: front, kind: shop_line, line: [[113.6250, 34.7470], [113.6260, 34.7470]]}
zones:
  - {id: walk, kind: pavement, polygon: [[113.625, 34.747], [113.626, 34.747], [113.626, 34.7471], [113.625, 34.7471]]}
rules:
  - {id: school, classes: [stall], near: {kind: school, metres: 100}, season: winter}
  - {id: line, classes: [goods_outside_shop], zones: [pavement], beyond: {kind: shop_line, metres: 1.0}}
"""


def test_limits_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE, "utf-8")
    rules = load_rulebook(path)
    winter = datetime(2026, 12, 24, 12, tzinfo=SHANGHAI)
    assert ask(rules, winter, spot(0, 50)).outcome is V
    assert ask(rules, winter.replace(month=6), spot(0, 50)).outcome is P


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "near: {kind: school,",
            "near: {kind: scool,",
            "line 11: rule 'school': no landmark is of kind 'scool': did you mean 'school'?",
        ),
        ("season: winter", "season: sumer", "line 11: rule 'school': season 'sumer' cannot be read"),
        ("11-15/03-15", "11-31/03-15", "season '11-31/03-15': there is no day 11-31"),
        (
            "point: [113.6253, 34.7466]",
            "point: [34.7466, 113.6253]",
            "landmark 'gate' has a corner [34.7466, 113.625] that is no place",
        ),
        ("metres: 100", "metres: -1", "near.metres"),
        (", near: {kind: school, metres: 100}", "", "rule 'school': 'zones' is missing or empty"),
    ],
)
def test_faults_of_limits_name_their_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE.replace(old, new), "utf-8")
    with pytest.raises(RulebookInvalid) as error:
        load_rulebook(path)
    assert fault in str(error.value)
