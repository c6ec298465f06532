"""How long 1,000 places take to be ruled on by 200 zones and 5,000 permits, on one core.

    python benchmarks/rulings.py

The places are strewn over 4 km by 4 km; a third are signs that need a permit. Prints the processor's
milliseconds for all of them, the least of five rounds, and how the rulings came out.
"""

import random
import time
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import offset
from detector.rules.hours import read_hours
from detector.rules.permits import Permit, Registry
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.zones import Zone

PLACES, ZONES, PERMITS, ROUNDS, SIDE = 1_000, 200, 5_000, 5, 4_000.0
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)


def spot(north: float, east: float, ce90: float = 2.0) -> GroundPoint:
    lat, lon = offset(34.72, 113.60, north, east)
    return GroundPoint(lat, lon, 0.0, ce90)


def city(rng: random.Random) -> Rulebook:
    """Return a rulebook with zones on a grid, three road classes by turns, and permits anywhere."""
    zones = []
    for number in range(ZONES):
        north, east = (number // 15) * 290.0, (number % 15) * 270.0
        corners = [spot(north + y, east + x) for x, y in ((0, 0), (200, 0), (200, 200), (0, 200))]
        kind = ("main_road", "secondary_road", "back_street")[number % 3]
        zones.append(Zone(f"z{number}", kind, tuple((corner.lon, corner.lat) for corner in corners)))
    permits = []
    for number in range(PERMITS):
        at = spot(rng.random() * SIDE, rng.random() * SIDE)
        permits.append(Permit(f"p{number}", "signboard", at.lat, at.lon, 5.0))
    everywhere = ("main_road", "secondary_road", "back_street")
    evening, waits = read_hours("19:00-25:00", SHANGHAI), timedelta(minutes=5)
    rules = [
        Rule("main", ("stall",), ("main_road",), dwell=waits, code="0501"),
        Rule("other", ("stall",), everywhere[1:], evening, waits, code="0501"),
        Rule("signs", ("signboard",), everywhere, permit_required=True, code="0202"),
    ]
    return Rulebook.of("v", SHANGHAI, zones, rules, Registry.of(tuple(permits), NOON, timedelta(days=7), SHANGHAI))


def main() -> None:
    """Print the least of several rounds."""
    rng = random.Random(17)
    book = city(rng)
    places = [
        (spot(rng.random() * SIDE, rng.random() * SIDE), "signboard" if number % 3 == 0 else "stall")
        for number in range(PLACES)
    ]
    best, outcomes = float("inf"), Counter[str]()
    for _ in range(ROUNDS):
        began = time.process_time()
        rulings = [
            book.rule(class_name=name, at=NOON, position=place, dwell=timedelta(minutes=9)) for place, name in places
        ]
        best = min(best, time.process_time() - began)
        outcomes = Counter(ruling.outcome.value for ruling in rulings)
    print(f"{PLACES} places, {ZONES} zones, {PERMITS} permits: {best * 1000:.0f} ms on one core; {dict(outcomes)}")


if __name__ == "__main__":
    main()
