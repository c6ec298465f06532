"""The ground under a pixel of a camera whose pose is known from telemetry."""

import math
from typing import Final

import numpy as np

from detector.errors import PoseImpossible, RayMissesGround
from detector.geometry.error_budget import ErrorBudget, budget_of, ce90
from detector.geometry.ground import GroundPoint
from detector.geometry.rays import Floats, reach, rotation, undistort
from detector.geometry.terrain import Slope, Terrain
from detector.geometry.wgs import offset
from detector.vision.frame import Pose

MIN_DEPRESSION: Final = 15.0  # degrees; flatter than this, half a degree of pitch moves the point by a street's width
_STEP: Final = 0.1  # of a standard deviation: near the ray that was seen, where the ground point is still linear
_TINY: Final = 1e-300
_ROUNDING: Final = 1e-9  # degrees
_ERRORS: Final = 7  # height, yaw, pitch, roll, focal length, north, east


class PoseLocator:
    """A `Locator` from a pose: composed rotation, lens distortion, curved earth, CE90 from an error budget.

    `ground` is the height of the target above take-off in metres, or with a `terrain` above that; `min_depression` in
    degrees is the flattest ray that is still trusted, against the horizon and against the ground that it meets. Without
    a `budget` the one that the pose calls for is taken (`error_budget.budget_of`).
    """

    def __init__(
        self,
        pose: Pose,
        ground: float = 0.0,
        *,
        terrain: Terrain | None = None,
        budget: ErrorBudget | None = None,
        min_depression: float = MIN_DEPRESSION,
    ) -> None:
        _refuse_impossible(pose, ground)
        self._pose = pose
        self._ground = ground
        self._terrain = terrain
        self._budget = budget or budget_of(pose)
        self._min_depression = min_depression

    def locate(self, u: float, v: float) -> GroundPoint:
        """The ground under pixel (u, v), which may lie outside of the picture; raises RayMissesGround.

        `range_m` is the horizontal distance from the point under the camera, not the length of the ray.
        """
        x, y = undistort(u, v, self._pose.lens)
        slope = self._slope(u, v, x, y)
        offsets = self._hits(x, y, slope, np.zeros(_ERRORS))
        if np.isnan(offsets).any():
            raise RayMissesGround(f"pixel ({u:g}, {v:g}) looks over the ground and never meets it")
        north, east = offsets.tolist()
        lat, lon = offset(self._pose.lat, self._pose.lon, north, east)
        return GroundPoint(lat, lon, math.hypot(north, east), ce90(self._covariance(x, y, slope)))

    def _slope(self, u: float, v: float, x: float, y: float) -> Slope:
        """The ground that a pixel looks at; raises RayMissesGround where there is none, or too flat a look at it."""
        pose = self._pose
        if self._terrain is None and pose.height <= self._ground:
            under = self._ground - pose.height
            raise RayMissesGround(f"the camera is {under:.1f} m below the ground it looks at: check height and ground")
        ray = rotation(pose.yaw, pose.pitch, pose.roll) @ (1.0, x, y)
        depression = math.degrees(math.atan2(ray[2], math.hypot(ray[0], ray[1])))
        if depression <= 0:
            raise RayMissesGround(
                f"pixel ({u:g}, {v:g}) looks {-depression:.1f} degrees above the horizon and never meets the ground"
            )
        self._refuse_flat(f"pixel ({u:g}, {v:g}) looks only {depression:.1f} degrees below the horizon", depression)
        if self._terrain is None:
            return Slope(pose.height - self._ground)
        slope = self._terrain.meet(pose.lat, pose.lon, pose.height, ray, self._ground)
        into = (ray[2] + slope.north * ray[0] + slope.east * ray[1]) / np.linalg.norm(ray)
        grazing = math.degrees(math.asin(into / math.hypot(1.0, slope.north, slope.east)))
        self._refuse_flat(f"pixel ({u:g}, {v:g}) meets falling ground at only {grazing:.1f} degrees", grazing)
        return slope

    def _refuse_flat(self, what: str, degrees: float) -> None:
        if degrees < self._min_depression - _ROUNDING:
            raise RayMissesGround(f"{what}: under {self._min_depression:g} degrees a position is not to be trusted")

    def _covariance(self, x: float, y: float, slope: Slope) -> Floats:
        """(2, 2) metres^2 north, east: each error of the budget carried to the ground by a central difference."""
        budget = self._budget
        here = (budget.position_m, budget.position_m)
        errors = np.array((budget.height_m, budget.yaw, budget.pitch, budget.roll, budget.focal, *here))
        steps = errors * _STEP
        steps[0] = min(steps[0], 0.5 * slope.below)  # never below the ground
        offsets = self._hits(x, y, slope, np.concatenate((np.diag(steps), -np.diag(steps))))
        times = np.divide(errors, 2 * steps, out=np.zeros(_ERRORS), where=steps > 0)
        moved = (offsets[:_ERRORS] - offsets[_ERRORS:]) * times[:, None]
        covariance: Floats = moved.T @ moved
        return covariance

    def _hits(self, x: float, y: float, slope: Slope, errors: Floats) -> Floats:
        """(..., 2) metres north, east of where one ray meets a slope, for (..., 7) errors of the budget."""
        pose = self._pose
        height, yaw, pitch, roll, focal, north, east = np.moveaxis(errors, -1, 0)
        body = np.stack((np.ones_like(focal), x / (1 + focal), y / (1 + focal)), -1)
        turn = rotation(pose.yaw + yaw, pose.pitch + pitch, pose.roll + roll)
        rays = (turn @ body[..., None])[..., 0]
        flat = np.hypot(rays[..., 0], rays[..., 1])
        # on a slope a ray falls by as much faster as the ground rises under it, and a camera moved uphill hangs lower
        falls = rays[..., 2] + slope.north * rays[..., 0] + slope.east * rays[..., 1]
        above = slope.below + height - slope.north * north - slope.east * east
        far = reach(falls, flat, above)
        ways = (far / np.maximum(flat, _TINY))[..., None] * rays[..., :2]
        return np.asarray(ways + np.stack((north, east), -1), np.float64)


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
