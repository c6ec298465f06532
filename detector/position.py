"""From a box in a fixed camera's picture to a place on the map."""

import math
from dataclasses import replace
from typing import Final

from detector.errors import RayMissesGround
from detector.fixed_camera import FixedCamera
from detector.ground import GroundPoint, Locator

HUNG: Final = {"signboard": 3.0, "cantilever_sign": 2.8, "banner": 3.0, "billboard": 4.0, "window_ad": 1.2}
"""Metres above the ground at which the lower edge of such a thing usually hangs."""

HUNG_ERROR: Final = 0.8
"""One standard deviation of those heights, metres: shop fronts differ."""

FALLBACK_CE90: Final = 100.0
"""Metres: a thing that a street camera shows at all is hardly further from it than this."""


def position_of(
    class_name: str, contact: tuple[float, float], locator: Locator | None, fallback: tuple[float, float] | None
) -> GroundPoint | None:
    """Where a thing is whose box has its lower middle at `contact` (u, v), pixels of the full picture.

    What hangs on a wall does not touch the ground where its lower edge is seen: its ray is cut with the level at which
    such things hang, and the doubt about that level is added to the error radius. Without a locator, or where the ray
    meets no ground, the camera's own place (lat, lon) is taken with a radius that says so, or None where it has none.
    """
    point = _located(class_name, contact, locator)
    if point is None and fallback is not None:
        return GroundPoint(fallback[0], fallback[1], 0.0, FALLBACK_CE90)
    return point


def _located(class_name: str, contact: tuple[float, float], locator: Locator | None) -> GroundPoint | None:
    height = HUNG.get(class_name, 0.0)
    left = 0.0
    if isinstance(locator, FixedCamera) and height:
        left = locator.pose.height - height
        if left < 1:  # the camera hangs no higher than the sign: their rays hardly cross
            return None
        locator = replace(locator, pose=replace(locator.pose, height=left))
    if locator is None:
        return None
    try:
        point = locator.locate(*contact)
    except RayMissesGround:
        return None
    if not height:
        return point
    doubt = 1.645 * HUNG_ERROR * point.range_m / left if left else point.range_m
    return replace(point, ce90_m=math.hypot(point.ce90_m, doubt))
