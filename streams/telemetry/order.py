"""Which of two printed numbers is the latitude: decided by evidence, never by hope.

Firmware of different aircraft prints `GPS(lon, lat, ...)` or `GPS(lat, lon, ...)`; two public parsers swap 8 of 21 real
files without a word. What decides, strongest first: the printed distance to the home point, a value that no latitude
can have, the area where the flight was ordered, what the dialect is known to print. A dialect never decides against
the area: where neither order lies in it, nothing does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from shapely.geometry import Point, Polygon, box

from detector.geometry.wgs import distance
from streams.telemetry.record import Record

Pair = tuple[float, float]
_CLEAR_M: Final = 5.0  # the wrong order must miss the printed distance by this much more than the right one
_FIT_M: Final = 10.0  # and the right one must not miss it by more than this

_SWAPPED: Final = "latitude and longitude look swapped: only the other way round it lies where it was flown"
_NEAR_DEGREES: Final = 1.0
_OPEN_SEA: Final = 2.0  # degrees around 0, 0, which is where receivers without a fix count from


@dataclass(frozen=True, slots=True)
class Fix:
    """Two numbers as printed, with the home point in the same order and the printed metres to it where given."""

    pair: Pair
    home: Pair | None = None
    from_home: float | None = None


def fixed(lat: float | None, lon: float | None) -> bool:
    """Return whether two numbers are a position, in either order.

    Exactly 0 is how no fix is printed, and nearly 0 twice is open sea.
    """
    return bool(lat and lon) and max(abs(lat or 0.0), abs(lon or 0.0)) > _OPEN_SEA


def parse_place(text: str) -> Pair:
    """Latitude and longitude written as `34.7466,113.6253`; raises ValueError, one readable line."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r}: write it as LAT,LON, like 34.7466,113.6253") from None
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError(f"{text}: no such place; are latitude and longitude swapped?")
    return lat, lon


def around(place: Pair) -> Polygon:
    """Return the square of two degrees (lon, lat) around a place (lat, lon)."""
    lat, lon = place
    return box(lon - _NEAR_DEGREES, lat - _NEAR_DEGREES, lon + _NEAR_DEGREES, lat + _NEAR_DEGREES)


def latitude_first(fixes: Sequence[Fix], dialect: bool | None, area: Polygon | None = None) -> bool | None:
    """Return whether the first number is the latitude; None when nothing decides.

    `dialect` is what this kind of line is known to print, None when unknown; `area` is a polygon in lon, lat.
    """
    for verdict in (_by_distance(fixes), _by_range(fixes), _by_area(fixes, area)):
        if verdict is not None:
            return verdict
    return dialect if area is None or any(_near(fix, area) for fix in fixes) else None


def not_swapped(records: Sequence[Record], area: Polygon | None) -> Sequence[Record]:
    """Return the records, doubtful where the area holds none of them but all with latitude and longitude exchanged."""
    placed = [(record.lat, record.lon) for record in records if record.lat is not None and record.lon is not None]
    if area is None or not placed or any(area.contains(Point(lon, lat)) for lat, lon in placed):
        return records
    if not all(area.contains(Point(lat, lon)) for lat, lon in placed):
        return records
    return [replace(record, lat=None, lon=None, ambiguous=_SWAPPED) for record in records]


def _by_distance(fixes: Sequence[Fix]) -> bool | None:
    misses: dict[bool, list[float]] = {True: [], False: []}
    for fix in fixes:
        if fix.home is None or fix.from_home is None or any(abs(x) > 90 for x in (*fix.pair, *fix.home)):
            continue
        misses[True].append(abs(distance(*fix.pair, *fix.home) - fix.from_home))
        misses[False].append(abs(distance(*fix.pair[::-1], *fix.home[::-1]) - fix.from_home))
    if not misses[True]:
        return None
    lat_first, lon_first = median(misses[True]), median(misses[False])
    if min(lat_first, lon_first) > _FIT_M or abs(lat_first - lon_first) < _CLEAR_M:
        return None
    return lat_first < lon_first


def _by_range(fixes: Sequence[Fix]) -> bool | None:
    first_too_big = sum(abs(fix.pair[0]) > 90 for fix in fixes)
    second_too_big = sum(abs(fix.pair[1]) > 90 for fix in fixes)
    return None if first_too_big == second_too_big else second_too_big > first_too_big


def _near(fix: Fix, area: Polygon) -> bool:
    return area.contains(Point(fix.pair)) or area.contains(Point(fix.pair[::-1]))


def _by_area(fixes: Sequence[Fix], area: Polygon | None) -> bool | None:
    if area is None:
        return None
    lat_first = sum(area.contains(Point(fix.pair[1], fix.pair[0])) for fix in fixes)
    lon_first = sum(area.contains(Point(fix.pair)) for fix in fixes)
    return None if lat_first == lon_first else lat_first > lon_first
