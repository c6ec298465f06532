"""From a box in a fixed camera's picture to a place on the map."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from shapely import LineString, Point, Polygon, unary_union

from detector.errors import RayMissesGround
from detector.geometry.fixed_camera import FixedCamera
from detector.geometry.ground import GroundPoint, Locator
from detector.geometry.wgs import distance
from detector.rules.zones import Zone

HUNG: Final = {"signboard": 3.0, "cantilever_sign": 2.8, "banner": 3.0, "billboard": 4.0, "window_ad": 1.2}
"""Metres above the ground at which the lower edge of such a thing usually hangs."""

HUNG_ERROR: Final = 0.8
"""One standard deviation of those heights, metres: shop fronts differ."""

HUNG_LEVELS: Final = (0.5, 8.0)
"""Metres above the ground between which the lower edge of anything hangs."""

FALLBACK_CE90: Final = 100.0
"""Metres: a thing that a street camera shows at all is hardly further from it than this."""


def position_of(
    class_name: str,
    contact: tuple[float, float],
    locator: Locator | None,
    fallback: tuple[float, float] | None,
    walls: Sequence[Zone] = (),
) -> GroundPoint | None:
    """Return where a thing is whose box has its lower middle at `contact` (u, v), pixels of the full picture.

    What hangs does not touch the ground where its lower edge is seen. Where its ray crosses one of the `walls` (ground
    zones) it hangs there, whatever its height; else the ray is cut with the level at which such things hang, and the
    doubt about that level is added to the error radius. Without a locator, or where the ray meets no ground, the
    camera's own place (lat, lon) is taken with a radius that says so, or None where it has none.
    """
    height = HUNG.get(class_name, 0.0)
    if height and isinstance(locator, FixedCamera):
        point = _on_wall(contact, locator, walls) or _at_level(contact, locator, height)
    elif height:
        point = None  # nothing but a camera on its pole tells how a ray runs above the ground
    else:
        point = _cut(contact, locator)
    if point is None and fallback is not None:
        return GroundPoint(fallback[0], fallback[1], 0.0, FALLBACK_CE90)
    return point


def foot_of(
    class_name: str, box: tuple[float, float, float, float], locator: Locator | None
) -> tuple[GroundPoint, ...]:
    """Return where the two lower corners of a box stand on the ground; none of what hangs, or where no ray meets it."""
    if class_name in HUNG:
        return ()
    points = (_cut((u, box[3]), locator) for u in (box[0], box[2]))
    return tuple(point for point in points if point is not None)


def _cut(contact: tuple[float, float], locator: Locator | None) -> GroundPoint | None:
    try:
        return locator.locate(*contact) if locator is not None else None
    except RayMissesGround:
        return None


def _raised(contact: tuple[float, float], camera: FixedCamera, level: float) -> GroundPoint | None:
    """Return where the ray is `level` metres above the ground; None unless that is well below the camera."""
    left = camera.pose.height - level
    if left < 0.5:  # so near to the camera's own height a ray runs on and on
        return None
    return _cut(contact, replace(camera, pose=replace(camera.pose, height=left)))


def _at_level(contact: tuple[float, float], camera: FixedCamera, level: float) -> GroundPoint | None:
    point = _raised(contact, camera, level)
    if point is None:
        return None
    doubt = 1.645 * HUNG_ERROR * point.range_m / (camera.pose.height - level)
    return replace(point, ce90_m=math.hypot(point.ce90_m, doubt))


def _on_wall(contact: tuple[float, float], camera: FixedCamera, walls: Sequence[Zone]) -> GroundPoint | None:
    """Return the middle of the ray's first way through a wall, seen from above.

    Its half length is added to the radius.
    """
    if not walls:
        return None
    lowest, highest = HUNG_LEVELS
    levels = np.linspace(lowest, min(highest, camera.pose.height - 0.5), 24)
    points = [point for level in levels.tolist() if (point := _raised(contact, camera, level)) is not None]
    if len(points) < 2:
        return None
    ray = LineString([(point.lon, point.lat) for point in points])
    inside = ray.intersection(unary_union([Polygon(wall.corners) for wall in walls]))
    parts = [part for part in getattr(inside, "geoms", (inside,)) if isinstance(part, LineString) and not part.is_empty]
    if not parts:
        return None
    # The ray was laid from its lowest, farthest point to its highest: the last part is the first wall that it meets.
    first = max(parts, key=lambda part: float(ray.project(Point(part.coords[0]))))
    (lon, lat), (other_lon, other_lat) = first.coords[0], first.coords[-1]
    half = distance(lat, lon, other_lat, other_lon) / 2
    lat, lon = (lat + other_lat) / 2, (lon + other_lon) / 2
    nearest = min(points, key=lambda point: distance(point.lat, point.lon, lat, lon))
    return GroundPoint(lat, lon, nearest.range_m, math.hypot(nearest.ce90_m, half))
