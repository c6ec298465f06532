"""How much of one picture's ground another shows, and where a pixel of one lies in the other, from poses alone.

Predicted overlap differs from measured by 3.6 % of the picture on average on real flights: good enough to choose frames
before a single one is decoded.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from detector.geometry.rays import Floats, rotation
from detector.geometry.wgs import Plane
from detector.vision.frame import Pose

_GRID: Final = 9
_TELLING_HEIGHT: Final = 2.0  # metres
_LEAST_HEIGHT: Final = 0.5  # metres; a drone on the ground sees no ground plane


def predicts(pose: Pose) -> bool:
    """Whether a pose tells what is in the picture: from the ground none does."""
    return pose.height >= _TELLING_HEIGHT


def turned(pose: Pose, degrees: float) -> Pose:
    """The same pose with the camera turned clockwise about its own axis: 180 puts the picture upside down."""
    return replace(pose, roll=pose.roll + degrees)


def pixel_map(a: Pose, b: Pose) -> Floats:
    """(3, 3) homography from pixels of `a` to pixels of `b` for points of the ground, lens distortion left aside."""
    plane = Plane(a.lat, a.lon)
    return _to_pixels(b, plane) @ np.linalg.inv(_to_pixels(a, plane))


def overlap(a: Pose, b: Pose, size: tuple[int, int], other: tuple[int, int] | None = None) -> float:
    """Share of picture `a` whose ground lies in picture `b`, 0 to 1.

    `size` is width and height of `a`; `other` that of `b` where it differs.
    """
    width, height = size
    u, v = np.meshgrid((np.arange(_GRID) + 0.5) * width / _GRID, (np.arange(_GRID) + 0.5) * height / _GRID)
    pixels = np.stack((u.ravel(), v.ravel(), np.ones(_GRID**2)))
    plane = Plane(a.lat, a.lon)
    ground = np.linalg.inv(_to_pixels(a, plane)) @ pixels
    seen = _to_pixels(b, plane) @ (ground / ground[2])
    # both pictures must have the point before them, not behind: the third coordinate is the distance ahead
    ahead = ((_to_pixels(a, plane) @ (ground / ground[2]))[2] > 0) & (seen[2] > 0)
    x, y = seen[:2] / np.where(seen[2] == 0, 1, seen[2])
    width, height = other or size
    return float(np.mean(ahead & (x >= 0) & (x < width) & (y >= 0) & (y < height)))


def _to_pixels(pose: Pose, plane: Plane) -> Floats:
    """(3, 3) from ground (north, east, 1) metres of `plane` to homogeneous pixels, last coordinate metres ahead."""
    north, east = plane.metres(pose.lat, pose.lon)
    lens = pose.lens
    pixels = np.array(((lens.cx, lens.fx, 0), (lens.cy, 0, lens.fy), (1, 0, 0)))  # of (forward, right, down)
    shift = np.array(((1, 0, -north), (0, 1, -east), (0, 0, max(pose.height, _LEAST_HEIGHT))))
    moved: Floats = pixels @ rotation(pose.yaw, pose.pitch, pose.roll).T @ shift
    return moved
