"""A made-up street for tests of rules: two touching squares, and what is asked of them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import offset
from detector.rules.permits import Permit, Registry
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.ruling import Ruling
from detector.rules.zones import Zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
LAT, LON = 34.7466, 113.6253
AS_OF = datetime(2026, 11, 20, tzinfo=SHANGHAI)
NOON = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)


def spot(east: float, north: float, ce90: float = 0.5) -> GroundPoint:
    """A position in metres from the origin."""
    lat, lon = offset(LAT, LON, north, east)
    return GroundPoint(lat, lon, 0.0, ce90)


def square(name: str, kind: str, east: float, side: float = 40.0) -> Zone:
    """A square whose lower left corner lies `east` metres from the origin."""
    corners = [spot(east + x, y) for x, y in ((0, 0), (side, 0), (side, side), (0, side))]
    return Zone(name, kind, tuple((point.lon, point.lat) for point in corners))


ROAD = square("road", "main_road", 0)
LANE = square("lane", "side_road", 40)


def registry(*permits: Permit, max_age: timedelta = timedelta(days=7)) -> Registry:
    return Registry.of(permits, AS_OF, max_age, SHANGHAI)


def book(*rules: Rule, zones: tuple[Zone, ...] = (ROAD, LANE), permits: Registry | None = None) -> Rulebook:
    return Rulebook.of("v1", SHANGHAI, zones, rules, permits)


def ask(
    rules: Rulebook,
    at: datetime | None = NOON,
    position: GroundPoint | None = None,
    dwell: timedelta | None = timedelta(hours=1),
    class_name: str = "stall",
) -> Ruling:
    return rules.rule(class_name=class_name, at=at, position=position or spot(20, 20), dwell=dwell)
