"""A camera on a pole: pixels to the ground and the ground back to pixels.

The ground is a plane (a sloping street is one too: pose and height are then relative to it).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from detector.errors import CalibrationError
from detector.geometry.error_budget import ce90
from detector.geometry.ground import GroundPoint
from detector.geometry.pose import PoseLocator
from detector.geometry.rays import Floats, rotation
from detector.geometry.wgs import EARTH_RADIUS_M, Plane
from detector.input_faults import in_words
from detector.vision.frame import Lens, Pose

Parameters = Floats  # (..., 10): log focal length, cx, cy, k1, yaw, pitch, roll, north, east, log height
STEPS: Final = np.array((1e-5, 1e-2, 1e-2, 1e-5, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-5))  # for central differences
CLICK_PX: Final = 2.0  # one standard deviation, per axis, of a click or of the lower edge of a box
MIN_DEPRESSION: Final = 1.0  # degrees; beyond this the circle is larger than the street
_NEAR: Final = 0.05  # share of the camera's height that a point must be in front of the lens to be drawn


def project(parameters: Parameters, ground: Floats) -> Floats:
    """(..., n, 2) pixels of (n, 2) ground points in metres north, east; nan behind the camera.

    Where the distorted radius would stop growing and turn back, it grows on evenly: outlines stay closed, and a control
    point in the corner of the picture does not vanish while the lens is still being fitted.
    """
    log_focal, cx, cy, k1, yaw, pitch, roll, north, east, log_height = np.moveaxis(parameters[..., None, :], -1, 0)
    to_north, to_east = ground[:, 0] - north, ground[:, 1] - east
    height = np.exp(log_height)
    down = height + (to_north**2 + to_east**2) / (2 * EARTH_RADIUS_M)
    body = np.stack((to_north, to_east, down), -1) @ rotation(yaw, pitch, roll)[..., 0, :, :]
    ahead = np.where(body[..., 0] > _NEAR * height, body[..., 0], np.nan)
    x, y = body[..., 1] / ahead, body[..., 2] / ahead
    radial = 1 + k1 * np.minimum(x * x + y * y, turning_r2(k1))
    focal = np.exp(log_focal)
    return np.stack((cx + focal * x * radial, cy + focal * y * radial), -1)


def turning_r2(k1: Floats) -> Floats:
    """Square of the normalised radius at which r (1 + k1 r^2) would turn back; huge where it never does."""
    return 1 / np.maximum(-3 * k1, 1e-12)


@dataclass(frozen=True, slots=True)
class FixedCamera:
    """A `Locator` for a camera that does not move.

    `pose` holds the lens as well (square pixels, k1 alone); `covariance` is (10, 10) for `Parameters` with the camera's
    foot as origin, or empty when nothing is known of the errors; `size` is width and height of the picture.
    """

    pose: Pose
    covariance: tuple[tuple[float, ...], ...]
    size: tuple[int, int]

    def locate(self, u: float, v: float) -> GroundPoint:
        """Return the ground under pixel (u, v); raises RayMissesGround above the horizon.

        The circle holds what the control points leave uncertain, and a click (or the edge of a box) of 2 pixels.
        """
        point = PoseLocator(self.pose, min_depression=MIN_DEPRESSION).locate(u, v)
        return GroundPoint(point.lat, point.lon, point.range_m, self._ce90(point))

    def project(self, lat: float, lon: float) -> tuple[float, float] | None:
        """Return the pixel that shows a place on the ground, inside the picture or not; None behind the camera."""
        pixel = project(self._parameters(), np.array((self._plane().metres(lat, lon),)))[0]
        return None if np.isnan(pixel).any() else (float(pixel[0]), float(pixel[1]))

    def outline(self, ring: Sequence[tuple[float, float]], step: float = 1.0) -> Floats:
        """(n, 2) pixels of a ground polygon given as (lat, lon) corners, cut to what lies before the camera.

        Edges are drawn in pieces of at most `step` metres (64 pieces an edge at most), since a lens bends them. Empty
        when nothing of the polygon can be seen.
        """
        corners = self._plane().metres_of(np.array(ring, np.float64).reshape(-1, 2))
        forward = rotation(self.pose.yaw, self.pose.pitch, self.pose.roll)[:, 0]
        ahead = corners @ forward[:2] + self.pose.height * (forward[2] - 2 * _NEAR)
        seen = _clip(corners, ahead)
        pieces = []
        for start, end in zip(seen, np.roll(seen, -1, axis=0), strict=True):
            count = int(np.clip(math.ceil(np.hypot(*(end - start)) / step), 1, 64))
            pieces.append(start + (end - start) * (np.arange(count) / count)[:, None])
        if not pieces:
            return np.zeros((0, 2))
        return project(self._parameters(), np.concatenate(pieces))

    def to_json(self) -> dict[str, object]:
        """Plain values for a JSON file; the keys of pose and lens are those of a `geotag --batch` line."""
        pose, lens = self.pose, self.pose.lens
        return {
            "lat": pose.lat,
            "lon": pose.lon,
            "height": pose.height,
            "yaw": pose.yaw,
            "pitch": pose.pitch,
            "roll": pose.roll,
            "fx": lens.fx,
            "fy": lens.fy,
            "cx": lens.cx,
            "cy": lens.cy,
            "distortion": list(lens.distortion),
            "width": self.size[0],
            "height_px": self.size[1],
            "covariance": [list(row) for row in self.covariance],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "FixedCamera":
        """Return what `to_json` wrote; raises CalibrationError with the faulty key."""
        try:
            read = _STORED.validate_python(dict(values))
        except ValidationError as error:
            fault = error.errors()[0]
            raise CalibrationError(f"camera: {'.'.join(map(str, fault['loc']))}: {in_words(fault)}") from error
        if read.covariance and {len(read.covariance), *map(len, read.covariance)} != {len(STEPS)}:
            raise CalibrationError(f"camera: covariance: {len(STEPS)} rows of {len(STEPS)} numbers are needed")
        lens = Lens(read.fx, read.fy, read.cx, read.cy, read.distortion)
        pose = Pose(read.lat, read.lon, read.height, read.yaw, read.pitch, read.roll, lens)
        return cls(pose, read.covariance, (read.width, read.height_px))

    def _plane(self) -> Plane:
        return Plane(self.pose.lat, self.pose.lon)

    def _parameters(self) -> Parameters:
        pose, lens = self.pose, self.pose.lens
        angles = (pose.yaw, pose.pitch, pose.roll)
        return np.array((math.log(lens.fx), lens.cx, lens.cy, lens.distortion[0], *angles, 0, 0, math.log(pose.height)))

    def _ce90(self, point: GroundPoint) -> float:
        """Errors of parameters and pixel carried to the ground by implicit differentiation of `project`."""
        parameters = self._parameters()
        place = np.array((self._plane().metres(point.lat, point.lon),))
        by_ground = slope_by_ground(parameters, place)[0]
        noise = np.eye(2) * CLICK_PX**2
        if self.covariance:
            by_parameter = slope_by_parameter(parameters, place)[0]
            noise = noise + by_parameter @ np.array(self.covariance) @ by_parameter.T
        to_ground = np.linalg.inv(by_ground)
        return ce90(to_ground @ noise @ to_ground.T)


def slope_by_parameter(parameters: Parameters, ground: Floats) -> Floats:
    """(n, 2, 10) change of each pixel by each parameter."""
    moved = project(parameters + np.concatenate((np.diag(STEPS), -np.diag(STEPS))), ground)
    return np.moveaxis((moved[: len(STEPS)] - moved[len(STEPS) :]) / (2 * STEPS[:, None, None]), 0, -1)


def slope_by_ground(parameters: Parameters, ground: Floats) -> Floats:
    """(n, 2, 2) change of each pixel by metres north and east."""
    step = 1e-3
    moves = np.array(((step, 0), (0, step), (-step, 0), (0, -step)))
    moved = project(parameters, (ground[None] + moves[:, None]).reshape(-1, 2)).reshape(4, len(ground), 2)
    return np.moveaxis((moved[:2] - moved[2:]) / (2 * step), 0, -1)


def _clip(corners: Floats, inside: Floats) -> Floats:
    """Cut a polygon to where the linear function `inside`, given at its corners, is positive (Sutherland-Hodgman)."""
    kept = []
    for i in range(len(corners)):
        before, here = inside[i - 1], inside[i]
        if (before > 0) != (here > 0):
            kept.append(corners[i - 1] + (corners[i] - corners[i - 1]) * (before / (before - here)))
        if here > 0:
            kept.append(corners[i])
    return np.array(kept, np.float64).reshape(-1, 2)


_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A camera as it lies in a JSON file."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    height: _Positive
    yaw: _Finite
    pitch: _Finite
    roll: _Finite
    fx: _Positive
    fy: _Positive
    cx: _Finite
    cy: _Finite
    distortion: tuple[_Finite, _Finite, _Finite, _Finite, _Finite]
    width: Annotated[int, Field(gt=0)]
    height_px: Annotated[int, Field(gt=0)]
    covariance: tuple[tuple[_Finite, ...], ...] = ()


_STORED: Final = TypeAdapter(_Stored)
