"""The ground under a pixel of a camera whose pose is known from telemetry."""

import math
from typing import Final

import numpy as np

from detector.error_budget import RTK, TELEMETRY, ErrorBudget, ce90
from detector.errors import PoseImpossible, RayMissesGround
from detector.frame import Pose
from detector.ground import GroundPoint
from detector.rays import Floats, reach, rotation, undistort
from detector.wgs import offset

MIN_DEPRESSION: Final = 15.0  # degrees; flatter than this, half a degree of pitch moves the point by a street's width
_STEP: Final = 0.1  # of a standard deviation: near the ray that was seen, where the ground point is still linear
_TINY: Final = 1e-300
_ROUNDING: Final = 1e-9  # degrees


class PoseLocator:
    """A `Locator` from a pose: composed rotation, lens distortion, curved earth, CE90 from an error budget.

    `ground` is the height of the target above take-off in metres; `min_depression` in degrees is the flattest ray that
    is still trusted. Without a `budget` the one for plain or RTK telemetry is taken, as the pose says.
    """

    def __init__(
        self,
        pose: Pose,
        ground: float = 0.0,
        *,
        budget: ErrorBudget | None = None,
        min_depression: float = MIN_DEPRESSION,
    ) -> None:
        _refuse_impossible(pose, ground)
        self._pose = pose
        self._height = pose.height - ground
        self._budget = budget or (RTK if pose.rtk else TELEMETRY)
        self._min_depression = min_depression

    def locate(self, u: float, v: float) -> GroundPoint:
        """The ground under pixel (u, v), which may lie outside of the picture; raises RayMissesGround.

        `range_m` is the horizontal distance from the point under the camera, not the length of the ray.
        """
        if self._height <= 0:
            raise RayMissesGround(
                f"the camera is {-self._height:.1f} m below the ground it looks at: check height and ground"
            )
        x, y = undistort(u, v, self._pose.lens)
        offsets, depression = self._hits(x, y, np.zeros(5))
        if depression <= 0:
            raise RayMissesGround(
                f"pixel ({u:g}, {v:g}) looks {-depression:.1f} degrees above the horizon and never meets the ground"
            )
        if depression < self._min_depression - _ROUNDING or np.isnan(offsets).any():
            raise RayMissesGround(
                f"pixel ({u:g}, {v:g}) looks only {depression:.1f} degrees below the horizon: "
                f"under {self._min_depression:g} degrees a position is not to be trusted"
            )
        north, east = offsets.tolist()
        lat, lon = offset(self._pose.lat, self._pose.lon, north, east)
        return GroundPoint(lat, lon, math.hypot(north, east), ce90(self._covariance(x, y)))

    def _covariance(self, x: float, y: float) -> Floats:
        """(2, 2) metres^2 north, east: each error of the budget carried to the ground by a central difference."""
        budget = self._budget
        errors = np.array((budget.height_m, budget.yaw, budget.pitch, budget.roll, budget.focal))
        steps = errors * _STEP
        steps[0] = min(steps[0], 0.5 * self._height)  # never below the ground
        offsets, _ = self._hits(x, y, np.concatenate((np.diag(steps), -np.diag(steps))))
        times = np.divide(errors, 2 * steps, out=np.zeros(5), where=steps > 0)
        moved = (offsets[:5] - offsets[5:]) * times[:, None]
        covariance: Floats = moved.T @ moved + np.eye(2) * budget.position_m**2
        return covariance

    def _hits(self, x: float, y: float, errors: Floats) -> tuple[Floats, Floats]:
        """(..., 2) metres north, east and (...) degrees of depression of one ray, for (..., 5) errors of the budget."""
        pose = self._pose
        height, yaw, pitch, roll, focal = np.moveaxis(errors, -1, 0)
        body = np.stack((np.ones_like(focal), x / (1 + focal), y / (1 + focal)), -1)
        turn = rotation(pose.yaw + yaw, pose.pitch + pitch, pose.roll + roll)
        rays = (turn @ body[..., None])[..., 0]
        flat = np.hypot(rays[..., 0], rays[..., 1])
        far = reach(rays[..., 2], flat, self._height + height)
        offsets = (far / np.maximum(flat, _TINY))[..., None] * rays[..., :2]
        return offsets, np.degrees(np.arctan2(rays[..., 2], flat))


def _refuse_impossible(pose: Pose, ground: float) -> None:
    lens = pose.lens
    numbers = {
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
        "ground": ground,
    }
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise PoseImpossible(f"{name} is {value}: a finite number is needed")
    if not all(math.isfinite(k) for k in lens.distortion):
        raise PoseImpossible("distortion holds a value that is not a finite number")
    if abs(pose.lat) > 90:
        raise PoseImpossible(f"lat is {pose.lat:g}: latitudes run from -90 to 90 (are lat and lon swapped?)")
    if abs(pose.lon) > 180:
        raise PoseImpossible(f"lon is {pose.lon:g}: longitudes run from -180 to 180")
    if lens.fx <= 0 or lens.fy <= 0:
        raise PoseImpossible(f"the focal length is {lens.fx:g} x {lens.fy:g} pixels: it must be above 0")
