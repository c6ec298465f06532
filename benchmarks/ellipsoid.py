"""Where a ray enters the WGS-84 ellipsoid, by earth-centred coordinates alone: nothing of it is used by the product."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Lens, Pose

Floats = NDArray[np.float64]
LENS: Final = Lens(2880, 2880, 1920, 1080)
HOME: Final = (34.7466, 113.6253)

VECTORS: Final[tuple[tuple[Pose, tuple[float, float], tuple[float, float], float], ...]] = (
    (Pose(*HOME, 60, 0, -90, 0, LENS), (1920, 0), (34.74680282, 113.62530000), 22.5),
    (Pose(*HOME, 60, 90, -45, 0, LENS), (1920, 1080), (34.74660000, 113.62595525), 60.0),
    (Pose(*HOME, 100, -135, -30, 0, LENS), (3000, 500), (34.74544157, 113.62211786), 318.4675),
    (Pose(*HOME, 45.5, 12.3, -60, 0, LENS), (100, 2000), (34.74674109, 113.62502395), 29.7311),
    (Pose(*HOME, 80, -67.6, -30, 0, LENS), (1920, 1080), (34.74707597, 113.62390095), 138.5641),
)
"""Pose, pixel, the position that two independent implementations agree on (lat, lon), and metres to it."""

_A: Final = 6378137.0
_FLAT: Final = 1 / 298.257223563
_E2: Final = _FLAT * (2 - _FLAT)


def hit(at: Pose, pixel: tuple[float, float]) -> tuple[float, float] | None:
    """Latitude and longitude under a pixel of a lens without distortion; None where the ray passes the earth."""
    lat, lon = np.radians((at.lat, at.lon))
    normal = _A / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    origin = np.array(
        (
            (normal + at.height) * np.cos(lat) * np.cos(lon),
            (normal + at.height) * np.cos(lat) * np.sin(lon),
            (normal * (1 - _E2) + at.height) * np.sin(lat),
        )
    )
    north = np.array((-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)))
    east = np.array((-np.sin(lon), np.cos(lon), 0.0))
    down = -np.array((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    ray = np.column_stack((north, east, down)) @ direction(at, pixel)
    squash = np.array((1 / _A, 1 / _A, 1 / (_A * (1 - _FLAT))))
    o, d = origin * squash, ray * squash
    half, gap = float(o @ d), float((o @ d) ** 2 - (d @ d) * (o @ o - 1))
    if gap < 0 or half >= 0:
        return None
    met = origin + ray * (-half - np.sqrt(gap)) / (d @ d)
    return (
        float(np.degrees(np.arctan2(met[2], (1 - _E2) * np.hypot(met[0], met[1])))),
        float(np.degrees(np.arctan2(met[1], met[0]))),
    )


def direction(at: Pose, pixel: tuple[float, float]) -> Floats:
    """(3,) north, east, down of a pixel's ray: three plane turns one after the other, roll, pitch, yaw."""
    x, y, z = 1.0, (pixel[0] - at.lens.cx) / at.lens.fx, (pixel[1] - at.lens.cy) / at.lens.fy
    yaw, pitch, roll = np.radians((at.yaw, at.pitch, at.roll))
    y, z = y * np.cos(roll) - z * np.sin(roll), y * np.sin(roll) + z * np.cos(roll)
    x, z = x * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - x * np.sin(pitch)
    return np.array((x * np.cos(yaw) - y * np.sin(yaw), x * np.sin(yaw) + y * np.cos(yaw), z))


def depression(at: Pose, pixel: tuple[float, float]) -> float:
    """Degrees of a pixel's ray below the horizon."""
    north, east, down = direction(at, pixel)
    return float(np.degrees(np.arctan2(down, np.hypot(north, east))))


def random_pose(rng: np.random.Generator) -> tuple[Pose, tuple[float, float]]:
    """Any drone camera between 60 degrees north and south, 20 to 300 m up, and any pixel of its picture."""
    turn = (rng.uniform(-180, 180), rng.uniform(-95, -10), rng.uniform(-20, 20))
    at = Pose(rng.uniform(-60, 60), rng.uniform(-179, 179), rng.uniform(20, 300), *turn, LENS)
    return at, (rng.uniform(0, 3840), rng.uniform(0, 2160))
