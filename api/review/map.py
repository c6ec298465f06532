"""A small map around a candidate, drawn from what we know ourselves: no tiles, nothing from outside."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapely import Point, Polygon, box

from api.context import CameraView, MapZone
from detector.wgs import Plane

WIDTH, HEIGHT = 360.0, 188.0  # of the drawing, in its own units
NEAREST_M = 30.0  # never closer: a stall needs its street around it
FARTHEST_CAMERA_M = 250.0  # a camera farther away is left outside rather than making the place a dot
LONGEST_BAR = 90.0
CLEARANCE = 28.0
SMALLEST_NAMED = 0.03  # share of the drawing that a zone must cover to carry its name


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the drawing: x to the right, y down."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DrawnZone:
    """A zone's outline as SVG points, and where its name goes (None: no room inside the drawing)."""

    id: str
    kind: str
    points: str
    label: Spot | None


@dataclass(frozen=True, slots=True)
class MapPicture:
    """All that the template draws; the candidate stands in the middle, north is up."""

    width: float
    height: float
    zones: tuple[DrawnZone, ...]
    grid_x: tuple[float, ...]
    grid_y: tuple[float, ...]
    here: Spot
    error_radius: float | None
    camera: Spot | None
    bar_metres: int
    bar_length: float


def draw_map(
    lat: float, lon: float, ce90: float | None, zones: Iterable[MapZone], camera: CameraView | None
) -> MapPicture:
    """The map around a position (WGS-84 degrees; `ce90` metres)."""
    plane = Plane(lat, lon)
    at_camera = None
    if camera is not None and camera.lat is not None and camera.lon is not None:
        at_camera = plane.metres(camera.lat, camera.lon)
    reach = max(NEAREST_M, 2.0 * (ce90 or 0.0))
    if at_camera is not None and math.hypot(*at_camera) <= FARTHEST_CAMERA_M:
        reach = max(reach, abs(at_camera[0]) * 1.2, abs(at_camera[1]) * HEIGHT / WIDTH * 1.2)
    else:
        at_camera = None
    scale = HEIGHT / 2 / reach
    bar = _round_down(LONGEST_BAR / scale)
    return MapPicture(
        width=WIDTH,
        height=HEIGHT,
        zones=tuple(_draw_zones(plane, scale, zones)),
        grid_x=_grid(WIDTH, bar * scale),
        grid_y=_grid(HEIGHT, bar * scale),
        here=_spot((0.0, 0.0), scale),
        error_radius=None if ce90 is None else round(ce90 * scale, 1),
        camera=None if at_camera is None else _spot(at_camera, scale),
        bar_metres=bar,
        bar_length=round(bar * scale, 1),
    )


def _draw_zones(plane: Plane, scale: float, zones: Iterable[MapZone]) -> Iterable[DrawnZone]:
    view = box(0, 0, WIDTH, HEIGHT)
    for zone in zones:
        spots = [_spot(plane.metres(lat, lon), scale) for lon, lat in zone.polygon]
        inside = Polygon([(spot.x, spot.y) for spot in spots]).intersection(view)
        if inside.is_empty:
            continue
        roomy = inside.area > SMALLEST_NAMED * WIDTH * HEIGHT
        label = _beside_the_candidate(inside.representative_point()) if roomy else None
        yield DrawnZone(zone.id, zone.kind, " ".join(f"{spot.x},{spot.y}" for spot in spots), label)


def _beside_the_candidate(middle: Point) -> Spot:
    """A label's place, moved down where it would lie under the candidate's own mark."""
    covered = math.hypot(middle.x - WIDTH / 2, middle.y - HEIGHT / 2) < CLEARANCE
    return Spot(round(middle.x, 1), round(HEIGHT / 2 + CLEARANCE if covered else middle.y, 1))


def _spot(metres: tuple[float, float], scale: float) -> Spot:
    north, east = metres
    return Spot(round(WIDTH / 2 + east * scale, 1), round(HEIGHT / 2 - north * scale, 1))


def _round_down(metres: float) -> int:
    """The longest of 1, 2, 5, 10, 20, 50 ... that is not longer; at least one metre."""
    power = 10 ** math.floor(math.log10(max(metres, 1.0)))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1.0)))


def _grid(size: float, step: float) -> tuple[float, ...]:
    first = size / 2 % step
    return tuple(round(first + number * step, 1) for number in range(int((size - first) / step) + 1))


def camera_of(source: str, cameras: Sequence[CameraView]) -> CameraView | None:
    """The camera that a candidate was seen by."""
    return next((camera for camera in cameras if camera.id == source), None)
