"""What the rulebook says of a thing: place, hours, dwell and permit together, and never a violation out of doubt."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import offset
from detector.reason import Reason
from detector.rules.hours import read_hours
from detector.rules.permits import Permit, Registry
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.ruling import Outcome, Ruling
from detector.rules.wording import TEXTS, english
from detector.rules.zones import PERMITTED_SITE, Zone

ZONE = ZoneInfo("Asia/Shanghai")
LAT, LON = 34.7466, 113.6253
NOON = datetime(2026, 11, 23, 12, tzinfo=ZONE)
FIVE = timedelta(minutes=5)


def place(east: float, north: float, ce90: float = 1.0) -> GroundPoint:
    lat, lon = offset(LAT, LON, north, east)
    return GroundPoint(lat, lon, 0.0, ce90)


def square(name: str, kind: str, east: float, side: float = 40.0) -> Zone:
    """A square whose lower left corner lies `east` metres from the origin."""
    ring = [place(east + x, y) for x, y in ((0, 0), (side, 0), (side, side), (0, side))]
    return Zone(name, kind, tuple((point.lon, point.lat) for point in ring))


ROAD = square("road", "main_road", 0)
LANE = square("lane", "side_road", 40)
SITE = square("site", PERMITTED_SITE, 10, 20)  # inside the road
PAVEMENT = Zone("pavement", "main_road", ((0, 600), (1920, 600), (1920, 1080), (0, 1080)), "north")
STALLS = Rule("stalls", ("stall",), ("main_road",), read_hours("19:00-25:00", ZONE), FIVE, code="0501")
LANES = Rule("lanes", ("stall",), ("side_road",), read_hours("06:00-22:00", ZONE), FIVE, code="0501")
SIGNS = Rule("signs", ("banner",), ("main_road",), permit_required=True, code="0202")


def book(*rules: Rule, zones: tuple[Zone, ...] = (ROAD, LANE), registry: Registry | None = None) -> Rulebook:
    return Rulebook.of("v1", ZONE, zones, rules, registry)


def registry(*permits: Permit) -> Registry:
    return Registry.of(permits, datetime(2026, 11, 20, tzinfo=ZONE), timedelta(days=7), ZONE)


def ask(
    rules: Rulebook, position: GroundPoint | None, at: datetime = NOON, dwell: timedelta | None = FIVE
) -> tuple[str, str | None, str | None]:
    ruling = rules.rule(class_name="stall", at=at, position=position, dwell=dwell)
    return ruling.outcome.value, ruling.rule, ruling.zone


def test_a_violation_explains_itself() -> None:
    dwell = timedelta(minutes=6)
    rules = book(STALLS)
    ruling = rules.rule(class_name="stall", at=NOON, position=place(20, 20), dwell=dwell)
    assert ruling == Ruling(
        Outcome.VIOLATION,
        (
            Reason("inside_zone", {"zone": "road", "kind": "main_road"}),
            Reason("outside_hours", {"at": "2026-11-23T12:00:00+08:00", "hours": "19:00-25:00"}),
            Reason("stood", {"dwell_s": 360.0, "allowed_s": 300.0}),
        ),
        code="0501",
        rule="stalls",
        zone="road",
        rulebook=rules.source,
    )
    assert [english(reason) for reason in ruling.reasons] == [
        "inside zone road (main_road)",
        "12:00 local time is outside the permitted hours 19:00-25:00",
        "has stood 6 min, 5 min are allowed",
    ]


def test_hours_are_local_whatever_zone_the_time_is_in() -> None:
    evening = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)  # 19:30 in Shanghai
    assert ask(book(STALLS), place(20, 20), evening)[0] == "permitted"
    assert ask(book(STALLS), place(20, 20), evening - timedelta(hours=1))[0] == "violation"


def test_dwell() -> None:
    rules = book(STALLS)
    assert ask(rules, place(20, 20), dwell=FIVE - timedelta(seconds=1))[0] == "permitted"
    assert ask(rules, place(20, 20), dwell=FIVE)[0] == "violation"
    assert ask(rules, place(20, 20), dwell=None)[0] == "unknown"
    assert ask(rules, place(20, 20), dwell=timedelta(seconds=-5))[0] == "permitted"
    assert ask(rules, place(20, 20), dwell=timedelta.max)[0] == "violation"


@pytest.mark.parametrize(("seconds", "outcome"), [(0, "permitted"), (299, "permitted"), (300, "violation")])
def test_the_clock_starts_when_the_market_ends(seconds: int, outcome: str) -> None:
    at = datetime(2026, 11, 23, 1, tzinfo=ZONE) + timedelta(seconds=seconds)
    assert ask(book(STALLS), place(20, 20), at, timedelta(hours=3))[0] == outcome


def test_the_first_rule_that_speaks_decides() -> None:
    never = Rule("never", ("stall",), ("main_road", "side_road"))
    assert ask(book(never, STALLS), place(20, 20)) == ("violation", "never", "road")
    assert ask(book(STALLS, never), place(20, 20), NOON.replace(hour=20)) == ("permitted", "stalls", "road")
    assert ask(book(STALLS, never), place(60, 20)) == ("violation", "never", "lane")
    assert ask(book(STALLS, never), place(200, 20)) == ("permitted", None, None)
    other = book(STALLS).rule(class_name="bench", at=NOON, position=None)
    assert (other.outcome, other.reasons) == (
        Outcome.PERMITTED,
        (Reason("no_rule_for_class", {"class_name": "bench"}),),
    )


def test_a_permitted_site_lies_over_the_road_unless_a_rule_speaks_of_it() -> None:
    zones = (ROAD, SITE)
    assert ask(book(STALLS, zones=zones), place(20, 10)) == ("permitted", None, "site")
    assert ask(book(STALLS, zones=zones), place(35, 20)) == ("violation", "stalls", "road")
    assert ask(book(STALLS, zones=zones), place(31, 10, 5))[0] == "unknown"
    market = Rule("market", ("stall",), (PERMITTED_SITE,), read_hours("06:00-11:00", ZONE), code="0501")
    assert ask(book(market, STALLS, zones=zones), place(20, 10)) == ("violation", "market", "site")
    assert ask(book(market, STALLS, zones=zones), place(20, 10), NOON.replace(hour=9))[0] == "permitted"
    others = Rule("others", ("banner",), (PERMITTED_SITE,))
    assert ask(book(others, STALLS, zones=zones), place(20, 10))[0] == "permitted"  # speaks of banners alone


def test_near_a_border_only_agreement_counts() -> None:
    rules = book(STALLS, LANES)
    assert ask(rules, place(39, 20, 3)) == ("unknown", "stalls", "road")  # the lane permits noon
    assert ask(rules, place(39, 20, 3), NOON.replace(hour=20))[0] == "permitted"  # both permit
    assert (
        ask(rules, place(39, 20, 3), NOON.replace(hour=3))[0] == "unknown"
    )  # both forbid, but it may stand in neither
    assert ask(rules, place(2, 20, 3))[0] == "unknown"
    assert ask(rules, place(2, 20, 3), dwell=timedelta(seconds=10))[0] == "permitted"  # wherever it stands
    ruling = rules.rule(class_name="stall", at=NOON, position=place(2, 20, 3.4), dwell=FIVE)
    assert "uncertain by 3.4 m" in english(ruling.reasons[0])
    wider = book(STALLS, Rule("all", ("stall",), ("main_road", "side_road")))
    assert ask(wider, place(39, 20, 3)) == ("violation", "all", "road")  # forbidden on both sides


def test_permits_and_their_absence() -> None:
    near, far = place(20, 20), place(5, 5)
    permit = Permit("P-1", "banner", near.lat, near.lon, 5.0)
    rules = book(SIGNS, registry=registry(permit))
    assert rules.rule(class_name="banner", at=NOON, position=near).outcome is Outcome.PERMITTED
    ruling = rules.rule(class_name="banner", at=NOON, position=far)
    assert (ruling.outcome, ruling.code) == (Outcome.VIOLATION, "0202")
    assert english(ruling.reasons[1]).startswith("no valid permit within 6.0 m")
    assert rules.rule(class_name="banner", at=NOON + timedelta(days=9), position=far).outcome is Outcome.UNKNOWN
    assert book(SIGNS).rule(class_name="banner", at=NOON, position=far).outcome is Outcome.UNKNOWN


def test_hours_or_a_permit_clear_a_thing() -> None:
    spot = place(20, 20)
    both = Rule("both", ("stall",), ("main_road",), read_hours("19:00-25:00", ZONE), permit_required=True)
    assert ask(book(both, registry=registry()), spot)[0] == "violation"
    assert ask(book(both, registry=registry()), spot, NOON.replace(hour=20))[0] == "permitted"
    assert ask(book(both, registry=registry(Permit("P", "stall", spot.lat, spot.lon, 5.0))), spot)[0] == "permitted"


def test_a_picture_s_zone_needs_no_position() -> None:
    rules = book(STALLS, zones=(PAVEMENT,))

    def outcome(camera: str | None, point: tuple[float, float] | None) -> str:
        ruling = rules.rule(class_name="stall", at=NOON, position=None, dwell=FIVE, camera=camera, image_point=point)
        return ruling.outcome.value

    assert outcome("north", (900, 800)) == "violation"
    assert outcome("north", (900, 100)) == "permitted"
    assert outcome("north", None) == "unknown"
    assert outcome("south", (900, 800)) == "permitted"


def test_what_the_frame_path_asks() -> None:
    rules = book(STALLS, LANES, SIGNS, zones=(ROAD, SITE, LANE, PAVEMENT))
    assert rules.classes == ("stall", "banner")
    assert rules.watched_zones("stall", "north") == (ROAD, LANE, PAVEMENT)
    assert rules.watched_zones("banner") == (ROAD,)
    assert rules.watched_zones("bench") == ()
    assert (rules.gap("stall"), rules.gap("bench")) == (timedelta(seconds=90), timedelta())


@pytest.mark.parametrize(
    "at", [NOON.replace(tzinfo=None), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
)
def test_a_time_that_is_none_is_refused(at: datetime) -> None:
    with pytest.raises(ValueError, match=r"time zone|outside the years"):
        book(STALLS).rule(class_name="stall", at=at, position=None)


def known(ruling: Ruling) -> list[Reason]:
    """The reasons of a ruling that do not speak of an error that nobody knows."""
    assert all(reason.code in TEXTS for reason in ruling.reasons)
    return [reason for reason in ruling.reasons if None not in reason.params.values()]


positions = st.none() | st.builds(
    place, st.floats(-60, 100), st.floats(-60, 100), st.sampled_from([0.0, 1.0, 8.0, 100.0, float("nan")])
)
everything = book(
    Rule("market", ("stall",), (PERMITTED_SITE,), read_hours("06:00-11:00; PH 06:00-23:00", ZONE, "CN"), FIVE),
    Rule("some", ("stall", "banner"), ("side_road",), read_hours('10:00-12:00 unknown "ask"', ZONE), FIVE),
    STALLS,
    SIGNS,
    zones=(ROAD, LANE, SITE, PAVEMENT),
    registry=registry(Permit("P", "banner", place(20, 20).lat, place(20, 20).lon, 6.0)),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["stall", "banner", "bench"]),
    st.timedeltas(timedelta(), timedelta(days=30)).map(lambda after: datetime(2026, 11, 1, tzinfo=ZONE) + after),
    positions,
    st.none() | st.timedeltas(timedelta(), timedelta(hours=12)),
    st.sampled_from([None, "north", "south"]),
    st.none() | st.tuples(st.floats(0, 1920), st.floats(0, 1080)),
)
def test_knowing_less_never_makes_a_violation(
    class_name: str,
    at: datetime,
    position: GroundPoint | None,
    dwell: timedelta | None,
    camera: str | None,
    point: tuple[float, float] | None,
) -> None:
    """What is permitted or unknown with all that is known never becomes a violation when some of it is forgotten."""

    def outcome(
        position: GroundPoint | None, dwell: timedelta | None, point: tuple[float, float] | None, blur: float = 0.0
    ) -> Outcome:
        if position is not None and blur:
            position = GroundPoint(position.lat, position.lon, 0.0, position.ce90_m + blur)
        ruling = everything.rule(
            class_name=class_name, at=at, position=position, dwell=dwell, camera=camera, image_point=point
        )
        assert ruling.reasons
        assert all("%" not in english(reason) and "?" not in english(reason) for reason in known(ruling))
        json.dumps([reason.params for reason in ruling.reasons], allow_nan=False)
        return ruling.outcome

    if outcome(position, dwell, point) is Outcome.VIOLATION:
        return
    for less in (
        outcome(None, dwell, point),
        outcome(position, None, point),
        outcome(position, dwell, None),
        outcome(None, None, None),
        outcome(position, dwell, point, blur=5.0),
        outcome(position, dwell, point, blur=1000.0),
    ):
        assert less is not Outcome.VIOLATION


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1439), st.integers(1, 1439), st.integers(0, 2880), st.integers(1, 600), st.integers(1, 120))
def test_the_ruling_matches_a_minute_by_minute_reckoning(
    start: int, length: int, minute: int, stood: int, needed: int
) -> None:
    end = start + length
    hours = read_hours(f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}", ZoneInfo("Europe/Berlin"))
    rule = Rule("r", ("stall",), ("main_road",), hours, timedelta(minutes=needed))
    rules = Rulebook.of("v", ZoneInfo("Europe/Berlin"), (ROAD,), (rule,), None)
    at = datetime(2026, 10, 24, tzinfo=UTC) + timedelta(minutes=minute)  # the clocks go back on the 25th

    def permitted(at: datetime) -> bool:
        local = at.astimezone(ZoneInfo("Europe/Berlin"))
        now = local.hour * 60 + local.minute
        return start <= now < end or now < end - 1440

    forbidden = 0
    while forbidden < stood and not permitted(at - timedelta(minutes=forbidden + 1)):
        forbidden += 1
    expected = "violation" if not permitted(at) and forbidden >= needed else "permitted"
    assert ask(rules, place(20, 20), at, timedelta(minutes=stood))[0] == expected
