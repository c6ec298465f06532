"""A small map around a candidate, drawn from what we know ourselves: no tiles, nothing from outside."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shapely import Point, Polygon, box

from detector.geometry.wgs import Plane
from detector.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class MapZone:
    """A zone of the rulebook on the ground: `polygon` as (lon, lat) WGS-84, closed or not."""

    id: str
    kind: str
    polygon: tuple[tuple[float, float], ...]
    name: str | None = None
    name_zh: str | None = None


def map_zones(rulebook: Rulebook) -> tuple[MapZone, ...]:
    """Return the rulebook's zones on the ground, for the map."""
    return tuple(
        MapZone(zone.id, zone.kind, zone.corners, zone.name, zone.name_zh) for zone in rulebook.zones if zone.on_ground
    )


class MapCamera(Protocol):
    """A camera as a map shows it: WGS-84 degrees, None where its position is not known."""

    @property
    def lat(self) -> float | None: ...

    @property
    def lon(self) -> float | None: ...


WIDTH, HEIGHT = 360.0, 188.0  # of the drawing, in its own units
NEAREST_M = 30.0  # never closer: a stall needs its street around it
FARTHEST_CAMERA_M = 250.0  # a camera farther away is left outside rather than making the place a dot
LONGEST_BAR = 90.0
CLEARANCE = 28.0
MOVES = 6
LETTER = 6.0  # width of a letter of a zone's name
MARK = 10.0  # radius of a mark
SMALLEST_NAMED = 0.03  # share of the drawing that a zone must cover to carry its name


@dataclass(frozen=True, slots=True)
class MapSpot:
    """A place on the drawing: x to the right, y down."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DrawnZone:
    """A zone's outline as SVG points, and where its name goes (None: no room inside the drawing)."""

    id: str
    kind: str
    points: str
    label: MapSpot | None
    name: str | None = None
    name_zh: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawing's scale: so many units a metre, the plane's origin in the middle, north up."""

    plane: Plane
    scale: float
    width: float
    height: float

    def spot(self, lat: float, lon: float) -> MapSpot:
        """Return where a position (WGS-84 degrees) lies."""
        north, east = self.plane.metres(lat, lon)
        return MapSpot(round(self.width / 2 + east * self.scale, 1), round(self.height / 2 - north * self.scale, 1))

    def line(self, places: Iterable[tuple[float, float]]) -> str:
        """Positions (lat, lon) as SVG points."""
        return " ".join(f"{spot.x},{spot.y}" for spot in (self.spot(lat, lon) for lat, lon in places))

    def zones(self, zones: Iterable[MapZone], marks: Sequence[MapSpot]) -> Iterable[DrawnZone]:
        """Yield the zones that are in view; their names keep away from the marks."""
        view = box(0, 0, self.width, self.height)
        for zone in zones:
            spots = [self.spot(lat, lon) for lon, lat in zone.polygon]
            inside = Polygon([(spot.x, spot.y) for spot in spots]).intersection(view)
            if inside.is_empty:
                continue
            roomy = inside.area > SMALLEST_NAMED * self.width * self.height
            letters = max(len(zone.name or zone.kind), 2 * len(zone.name_zh or ""))  # a Chinese one is twice as wide
            label = _beside(inside.representative_point(), letters * LETTER / 2, marks) if roomy else None
            line = self.line((lat, lon) for lon, lat in zone.polygon)
            yield DrawnZone(zone.id, zone.kind, line, label, zone.name, zone.name_zh)

    @property
    def bar_metres(self) -> int:
        """Return the longest round length that the ruler has room for."""
        return _round_down(LONGEST_BAR / self.scale)

    @property
    def bar_length(self) -> float:
        return round(self.bar_metres * self.scale, 1)

    @property
    def grid_x(self) -> tuple[float, ...]:
        return _grid(self.width, self.bar_metres * self.scale)

    @property
    def grid_y(self) -> tuple[float, ...]:
        return _grid(self.height, self.bar_metres * self.scale)


@dataclass(frozen=True, slots=True)
class MapPicture:
    """All that the template draws; the candidate stands in the middle, north is up; `path` is how a drone flew."""

    width: float
    height: float
    zones: tuple[DrawnZone, ...]
    grid_x: tuple[float, ...]
    grid_y: tuple[float, ...]
    here: MapSpot
    error_radius: float | None
    camera: MapSpot | None
    path: str
    bar_metres: int
    bar_length: float


def draw_map(
    lat: float,
    lon: float,
    ce90: float | None,
    zones: Iterable[MapZone],
    camera: MapCamera | None,
    path: Sequence[tuple[float, float]] = (),
) -> MapPicture:
    """Return the map around a position (WGS-84 degrees; `ce90` metres); `path` are (lat, lon) of a flight."""
    plane = Plane(lat, lon)
    at_camera = None
    if camera is not None and camera.lat is not None and camera.lon is not None:
        at_camera = plane.metres(camera.lat, camera.lon)
    reach = max(NEAREST_M, 2.0 * (ce90 or 0.0))
    if at_camera is not None and math.hypot(*at_camera) <= FARTHEST_CAMERA_M:
        reach = max(reach, abs(at_camera[0]) * 1.2, abs(at_camera[1]) * HEIGHT / WIDTH * 1.2)
    else:
        camera = None
    sheet = Sheet(plane, HEIGHT / 2 / reach, WIDTH, HEIGHT)
    here = sheet.spot(lat, lon)
    there = sheet.spot(camera.lat, camera.lon) if camera and camera.lat is not None and camera.lon is not None else None
    return MapPicture(
        width=WIDTH,
        height=HEIGHT,
        zones=tuple(sheet.zones(zones, [here])),
        grid_x=sheet.grid_x,
        grid_y=sheet.grid_y,
        here=here,
        error_radius=None if ce90 is None else round(ce90 * sheet.scale, 1),
        camera=there,
        path=sheet.line(path),
        bar_metres=sheet.bar_metres,
        bar_length=sheet.bar_length,
    )


def _beside(middle: Point, half: float, marks: Sequence[MapSpot]) -> MapSpot:
    """Return a label's place, moved down where a mark would cover it; after a few tries it stays where it is."""
    spot = MapSpot(round(middle.x, 1), round(middle.y, 1))
    for _ in range(MOVES):
        under = [one for one in marks if abs(spot.x - one.x) < half + MARK and abs(spot.y - one.y) < CLEARANCE]
        if not under:
            break
        spot = MapSpot(spot.x, round(max(mark.y for mark in under) + CLEARANCE, 1))
    return spot


def _round_down(metres: float) -> int:
    """Return the longest of 1, 2, 5, 10, 20, 50 ... that is not longer; at least one metre."""
    power = 10 ** math.floor(math.log10(max(metres, 1.0)))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1.0)))


def _grid(size: float, step: float) -> tuple[float, ...]:
    first = size / 2 % step
    return tuple(round(first + number * step, 1) for number in range(int((size - first) / step) + 1))
