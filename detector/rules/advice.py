"""What is odd in a rulebook that can be read: told before it is put in force."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from shapely import Polygon, intersects_xy, unary_union

from detector.geometry.datum import Datum, to_wgs84
from detector.rules.entries import RulebookEntry, RuleEntry
from detector.rules.permits import Permit
from detector.rules.season import read_season
from detector.rules.zone_file import inside, overlaps

Place = Callable[[str, int], str]
"""Where the entry of a list stands: `line 7`."""


def advice_of(entry: RulebookEntry, place: Place, today: date | None, permits: Sequence[Permit] = ()) -> Iterator[str]:
    """Yield one line for each oddity: outside the city, overlapping, a rule that can never apply."""
    for index, zone in enumerate(entry.zones):
        if zone.polygon and not _in_a_city(entry, zone.polygon):
            yield f"{place('zones', index)}: zone {zone.id!r} lies outside of the city: check its datum and its numbers"
    for index, landmark in enumerate(entry.landmarks):
        if not _in_a_city(entry, list(landmark.landmark().corners)):
            yield f"{place('landmarks', index)}: landmark {landmark.id!r} lies outside of the city: check its numbers"
    yield from overlaps([(place("zones", index), zone) for index, zone in enumerate(entry.zones)])
    for index, rule in enumerate(entry.rules):
        if why := _never(entry, index, rule, today):
            yield f"{place('rules', index)}: rule {rule.id!r} can never apply: {why}"
    yield from _shifted(entry, permits)


def _shifted(entry: RulebookEntry, permits: Sequence[Permit]) -> Iterator[str]:
    """Yield a warning where the permits miss every zone, and would not if they were in another datum."""
    ground = unary_union([Polygon(zone.polygon) for zone in entry.zones if zone.polygon])
    if ground.is_empty or not permits or any(intersects_xy(ground, one.lon, one.lat) for one in permits):
        return
    for datum in (Datum.GCJ02, Datum.BD09):
        moved = [to_wgs84(one.lat, one.lon, datum) for one in permits]
        if 2 * sum(bool(intersects_xy(ground, lon, lat)) for lat, lon in moved) > len(permits):
            yield f"permits: all of them miss every zone; they look like {datum}, give them in WGS-84"
            return


def _in_a_city(entry: RulebookEntry, corners: list[tuple[float, float]]) -> bool:
    return not entry.cities or any(inside(city.bounds, corners) for city in entry.cities)


def _never(entry: RulebookEntry, index: int, rule: RuleEntry, today: date | None) -> str | None:
    shown = [zone for zone in entry.zones if zone.kind in rule.zones]
    if rule.limit() is not None and rule.zones and shown and all(zone.polygon is None for zone in shown):
        return "it measures a distance, and its zones are drawn in pictures only"
    if rule.season and today is not None and _is_past(entry.seasons.get(rule.season, rule.season), today):
        return f"its season {rule.season} is over"
    if rule.permitted is not None and rule.permitted.strip() in ("24/7", "00:00-24:00"):
        return "every hour is permitted, so nothing is ever a violation"
    left = set(rule.classes)
    for earlier in entry.rules[:index]:
        if earlier.season is None and earlier.limit() is None and rule.zones and set(rule.zones) <= set(earlier.zones):
            left -= set(earlier.classes)
    return None if left else "the rules before it speak of all its classes in all its zones; put exceptions first"


def _is_past(season: str, today: date) -> bool:
    return all(first[0] and last < (today.year, today.month, today.day) for first, last in read_season(season).spans)
