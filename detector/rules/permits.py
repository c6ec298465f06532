"""Permits: the city's registry of what is approved where, read from a table, and whether one covers a thing."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import cos, inf, isfinite, radians
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import distance
from detector.reason import Reason
from detector.regular_file import read_regular
from detector.rules import wording
from detector.rules.permit_columns import class_names, column_name, passed_over
from detector.rules.permit_values import read_coordinate, read_day, read_number
from detector.rules.placement import NO_FACTS, SignFacts
from detector.rules.tables import TableUnreadable, read_table

MAX_BYTES: Final = 50_000_000
NEEDED: Final = ("id", "class", "lat", "lon", "radius_m", "valid_from", "valid_to")
OPTIONAL: Final = ("width_m", "height_m", "bearing_deg")
_ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_FOOT: Final = re.compile(
    r"(?:合\s*计|总\s*计|小\s*计|共\s*\d|制表|填表|审核|复核|备注|注[::：]|说明|total|sum|note)", re.IGNORECASE
)
"""What stands in the first cell of a row below a table that is no permit."""
_IN_CHINESE: Final = "编号, 类别, 纬度, 经度, 半径, 有效期起, 有效期止"
_NO_HEADER: Final = f"no row names the columns: write {', '.join(NEEDED)} above the table (or {_IN_CHINESE})"
SAME_SITE_M: Final = 1.0  # a renewal is a second row at the same site
METRES_PER_DEGREE: Final = (
    110_000.0  # of latitude, a little less than true (110 574 m at the equator): never too narrow
)


@dataclass(frozen=True, slots=True)
class Permit:
    """One approved thing: WGS-84 degrees, tolerance and size in metres, bearing clockwise from north.

    Valid on both days named, and without limit where one is None.
    """

    id: str
    class_name: str
    lat: float
    lon: float
    radius_m: float
    valid_from: date | None = None
    valid_to: date | None = None
    width_m: float | None = None
    height_m: float | None = None
    bearing_deg: float | None = None

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Match(StrEnum):
    """What the registry says of a thing: the city's answers, and that it cannot tell."""

    MATCH = "match"
    OVERSIZE = "oversize"
    WRONG_BEARING = "wrong bearing"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    WRONG_PLACE = "wrong place"
    NOT_FOUND = "not found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a permit is held against beside its place and days; None: not asked.

    `size` is the share by which a sign may be larger than its permit, `bearing_deg` how far it may be turned.
    """

    size: float | None = None
    bearing_deg: float | None = None


NO_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True)
class PermitFinding:
    """A match and the reason for it; `permit` is the one that decided."""

    match: Match
    reason: Reason
    permit: Permit | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """All permits as they were at the aware instant `as_of`; answers nothing once that is `max_age` ago."""

    permits: Mapping[str, tuple[Permit, ...]]  # by class, from south to north to be found by halving
    as_of: datetime
    max_age: timedelta
    timezone: ZoneInfo
    widest: Mapping[str, float]  # the largest radius in metres of each class

    @classmethod
    def of(cls, permits: tuple[Permit, ...], as_of: datetime, max_age: timedelta, timezone: ZoneInfo) -> "Registry":
        by_class: defaultdict[str, list[Permit]] = defaultdict(list)
        for permit in permits:
            for name in class_names(permit.class_name):
                by_class[name].append(permit)
        from_south = {name: tuple(sorted(found, key=_latitude)) for name, found in by_class.items()}
        widest = {name: max(permit.radius_m for permit in found) for name, found in by_class.items()}
        return cls(from_south, as_of, max_age, timezone, widest)

    def find(
        self,
        class_name: str,
        position: GroundPoint | None,
        at: datetime,
        facts: SignFacts = NO_FACTS,
        terms: Terms = NO_TERMS,
    ) -> PermitFinding:
        """Return the permit that covers a thing at a position and an aware instant; UNKNOWN never means "has none".

        A permit that matches is held against the sign's size and bearing as the `terms` ask.
        """
        found = self._find(class_name, position, at)
        return _in_terms(found, facts, terms) if found.match is Match.MATCH and found.permit else found

    def _find(self, class_name: str, position: GroundPoint | None, at: datetime) -> PermitFinding:
        as_of = self.as_of.astimezone(self.timezone).date()
        if at - self.as_of > self.max_age:
            return PermitFinding(Match.UNKNOWN, wording.registry_stale(as_of, self.max_age))
        if position is None or not position.ce90_m >= 0:
            return PermitFinding(Match.UNKNOWN, wording.permit_place_not_known())
        permits = self.permits.get(class_name, ())
        if not permits:
            return PermitFinding(Match.NOT_FOUND, wording.no_permit_of_class(class_name, as_of))
        error = position.ce90_m
        near = sorted(_within_reach(permits, self.widest[class_name], position), key=lambda found: found[0])
        if not near:
            far, permit = _nearest(permits, position)
            reason = wording.no_permit_near(permit.radius_m + error, permit.id, far, as_of)
            return PermitFinding(Match.WRONG_PLACE, reason, permit)
        far, permit = near[0]
        if error > permit.radius_m:
            return PermitFinding(
                Match.UNKNOWN, wording.permit_place_uncertain(error, permit.radius_m, permit.id), permit
            )
        return _judge(near, error, at.astimezone(self.timezone).date(), as_of)


def _in_terms(found: PermitFinding, facts: SignFacts, terms: Terms) -> PermitFinding:
    """Return what becomes of a match: anything surely not as permitted decides, then anything not known."""
    permit = found.permit
    if permit is None:
        return found
    tests = [*_sizes(permit, facts, terms), *_bearing(permit, facts, terms)]
    worst = next((one for one in tests if one.match is not Match.UNKNOWN), next(iter(tests), None))
    return worst or found


def _sizes(permit: Permit, facts: SignFacts, terms: Terms) -> Iterator[PermitFinding]:
    if terms.size is None:
        return
    unknown = False
    size = facts.size
    measured = (size.width_m, size.height_m) if size else (None, None)
    for allowed, side in zip((permit.width_m, permit.height_m), measured, strict=True):
        if allowed is None:
            continue
        most = allowed * (1 + terms.size)
        error = size.error_m if size and size.error_m >= 0 else inf
        if side is None or not isfinite(side) or abs(side - most) < error:
            unknown = True
        elif side > most:
            yield PermitFinding(Match.OVERSIZE, wording.oversize(permit.id, side, allowed), permit)
    if unknown:
        yield PermitFinding(Match.UNKNOWN, wording.size_not_known(permit.id), permit)


def _bearing(permit: Permit, facts: SignFacts, terms: Terms) -> Iterator[PermitFinding]:
    if terms.bearing_deg is None or permit.bearing_deg is None:
        return
    if facts.facing_deg is None or not isfinite(facts.facing_deg):
        yield PermitFinding(Match.UNKNOWN, wording.bearing_not_known(permit.id), permit)
    elif abs((facts.facing_deg - permit.bearing_deg + 180) % 360 - 180) > terms.bearing_deg:
        reason = wording.wrong_bearing(permit.id, facts.facing_deg, permit.bearing_deg)
        yield PermitFinding(Match.WRONG_BEARING, reason, permit)


def _latitude(permit: Permit) -> float:
    return permit.lat


def _within_reach(permits: tuple[Permit, ...], widest: float, position: GroundPoint) -> Iterator[tuple[float, Permit]]:
    """`permits` from south to north, none with a radius of more than `widest` metres."""
    most = (widest + position.ce90_m) / METRES_PER_DEGREE
    first = bisect_left(permits, position.lat - most, key=_latitude)
    last = bisect_right(permits, position.lat + most, key=_latitude)
    for permit in permits[first:last]:
        reach = permit.radius_m + position.ce90_m
        if _least_metres(permit, position) <= reach:
            far = distance(position.lat, position.lon, permit.lat, permit.lon)
            if far <= reach:
                yield far, permit


def _least_metres(permit: Permit, position: GroundPoint) -> float:
    """Return a distance that is never more than the true one: the larger of those north and east."""
    north = abs(permit.lat - position.lat) * METRES_PER_DEGREE
    turned = abs(permit.lon - position.lon)
    far_north = max(abs(permit.lat), abs(position.lat))
    if turned > 1 or far_north > 80:  # perhaps over the date line, or at a pole
        return north
    return max(north, 0.99 * turned * METRES_PER_DEGREE * cos(radians(far_north)))


def _nearest(permits: tuple[Permit, ...], position: GroundPoint) -> tuple[float, Permit]:
    """`permits` from south to north, looked at outwards from the position's latitude."""
    best = (float("inf"), permits[0])
    here = bisect_left(permits, position.lat, key=_latitude)
    for side in (range(here, len(permits)), range(here - 1, -1, -1)):
        for number in side:
            permit = permits[number]
            if abs(permit.lat - position.lat) * METRES_PER_DEGREE >= best[0]:
                break
            if _least_metres(permit, position) < best[0]:
                far = distance(position.lat, position.lon, permit.lat, permit.lon)
                best = min(best, (far, permit), key=lambda found: found[0])
    return best


def _judge(near: list[tuple[float, Permit]], error: float, day: date, as_of: date) -> PermitFinding:
    """`near` is sorted by distance and not empty."""
    valid = [(far, permit) for far, permit in near if permit.valid_on(day)]
    lapsed = [
        (far, permit)
        for far, permit in near
        if not permit.valid_on(day)
        and all(distance(permit.lat, permit.lon, other.lat, other.lon) > SAME_SITE_M for _, other in valid)
    ]
    # The position is off by up to `error`, so two distances from it can be told apart only by twice that.
    if valid and lapsed and abs(valid[0][0] - lapsed[0][0]) <= 2 * error:
        reason = wording.permits_too_close(error, valid[0][1].id, lapsed[0][1].id)
        return PermitFinding(Match.UNKNOWN, reason, valid[0][1])
    if valid and (not lapsed or valid[0][0] <= lapsed[0][0]):
        far, permit = valid[0]
        return PermitFinding(Match.MATCH, wording.has_permit(permit.id, far, permit.valid_to), permit)
    permit = lapsed[0][1]
    if permit.valid_to is not None and permit.valid_to < day:
        return PermitFinding(Match.EXPIRED, wording.permit_expired(permit.id, permit.valid_to, as_of), permit)
    begins = permit.valid_from or day
    return PermitFinding(Match.NOT_YET_VALID, wording.permit_not_yet_valid(permit.id, begins, as_of), permit)


@dataclass(frozen=True, slots=True)
class PermitFile:
    """What was read from a permit file: its permits, its faults, and its bytes."""

    permits: tuple[Permit, ...] = ()
    faults: tuple[str, ...] = ()
    content: bytes = b""


def read_permits(path: Path) -> PermitFile:
    """Return the permits of a CSV file or Excel workbook and all its faults, each with its line or row.

    Encodings, separators and dates are read as offices save them. A file with faults is to be refused.
    """
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as error:
        return PermitFile(
            faults=(f"permits {str(path)!r} cannot be read ({error.strerror}): name a file beside the rulebook",)
        )
    except ValueError as error:
        return PermitFile(faults=(f"{path.name}: {error}",))
    return parse_permits(content, path.name)


def parse_permits(content: bytes, name: str) -> PermitFile:
    """Return the permits in the bytes of a file, which its faults call `name`."""
    try:
        rows = read_table(content, NEEDED + OPTIONAL, is_foot=_is_foot)
    except TableUnreadable as error:
        return PermitFile(faults=(f"{name}: {error}",))
    where, header = (rows[0].where, [column_name(name) for name in rows[0].cells]) if rows else ("line 1", [])
    if not set(header) & set(NEEDED):
        return PermitFile(faults=(f"{name} {where}: {_NO_HEADER}",))
    if head := _header_faults(header):
        return PermitFile(faults=tuple(f"{name} {where}: {fault}" for fault in head))
    permits: list[Permit] = []
    faults: list[str] = []
    places: dict[str, str] = {}
    for row in rows[1:]:
        read, wrong = _row(header, list(row.cells))
        if read is not None and read.id in places:
            wrong = [f"permit {read.id!r} is there already, in {places[read.id]}"]
        elif read is not None:
            places[read.id] = row.where
            permits.append(read)
        faults += [f"{name} {row.where}: {fault}" for fault in wrong]
    return PermitFile(tuple(permits), tuple(faults), content)


def _header_faults(header: list[str]) -> list[str]:
    faults = [f"column {name!r} is missing" for name in NEEDED if name not in header]
    faults += [
        f"unknown column {name!r} (known: {', '.join(NEEDED + OPTIONAL)})"
        for name in header
        if name and name not in NEEDED + OPTIONAL and not passed_over(name)
    ]
    faults += [f"column {number} has values and no name" for number, name in enumerate(header, 1) if not name]
    twice = sorted({name for name in header if header.count(name) > 1 and name in NEEDED + OPTIONAL})
    return faults + [f"column {name!r} is there twice" for name in twice]


def _is_foot(cells: tuple[str, ...]) -> bool:
    """Return whether a row is a sum or a remark below the table: it says so, and nothing in it is a day or a degree."""
    first = next((cell for cell in cells if cell), "")
    return _FOOT.match(first) is not None and sum(bool(re.search(r"\d\.\d{3}|\d{4}\D\d", cell)) for cell in cells) == 0


def _row(header: list[str], row: list[str]) -> tuple[Permit | None, list[str]]:
    if len(row) != len(header):
        return None, [f"{len(row)} values for {len(header)} columns"]
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    faults: list[str] = []
    if not cells["id"]:
        faults.append("'id' is empty")
    if _ROUNDED.fullmatch(cells["id"]):
        faults.append(f"id {cells['id']!r} was rounded by a spreadsheet: make the column a text and export it again")
    if not cells["class"]:
        faults.append("'class' is empty")
    lat = read_coordinate(cells, "lat", faults)
    lon = read_coordinate(cells, "lon", faults)
    faults += [
        f"{name} is 0: that is how no place is written" for name, value in (("lat", lat), ("lon", lon)) if value == 0
    ]
    radius = read_number(cells, "radius_m", 0.1, 1000, faults)
    width, height, bearing = (
        read_number(cells, name, 0, top, faults) if cells.get(name) else None
        for name, top in (("width_m", 1000.0), ("height_m", 1000.0), ("bearing_deg", 360.0))
    )
    first, last = read_day(cells, "valid_from", faults), read_day(cells, "valid_to", faults)
    if first is not None and last is not None and last < first:
        faults.append(f"valid_to {last} is before valid_from {first}")
    if faults or lat is None or lon is None or radius is None:
        return None, faults
    return Permit(cells["id"], cells["class"], lat, lon, radius, first, last, width, height, bearing), []
