"""A fixed camera from ground control points: the file of points, the fit, and how well it holds.

A homography has eight free numbers and bends under every click; a camera has a focal length, a pose and one distortion
coefficient, and the little that is known beforehand (square pixels, centre near the middle, a pole of some metres)
holds it steady. Measured on a 6 m pole with 8 points: median error 0.3 m for the camera, 0.6 m for the homography when
the lens distorts; benchmarks/ground.py prints the table.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detector.errors import CalibrationError
from detector.geometry.camera_fit import Fit, fit_camera, to_ground
from detector.geometry.fixed_camera import FixedCamera
from detector.geometry.rays import Floats
from detector.geometry.wgs import Plane
from detector.vision.frame import Lens, Pose

FEWEST: Final = 4
ADVISED: Final = 8
_FLAT: Final = 0.02  # points whose spread across is less than this share of their spread along lie on one line
_WORST_FIT: Final = 0.1  # median residual as a share of the points' extent, beyond which no camera explains them
_SIZES: Final = ((704, 576), (1280, 720), (1920, 1080), (2560, 1440), (2688, 1520), (3840, 2160), (7680, 4320))


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """A pixel and the surveyed WGS-84 position of the ground that it shows."""

    u: float
    v: float
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted camera and how well it fits.

    `rmse_m` over the control points; `leave_one_out_m` the same with each point found by a camera fitted without it,
    None where that leaves fewer than four; `residuals_m` one distance a point, in their order; `distortion` is k1.
    """

    camera: FixedCamera
    rmse_m: float
    leave_one_out_m: float | None
    residuals_m: tuple[float, ...]
    distortion: float


def calibrate(points: Sequence[ControlPoint], size: tuple[int, int] | None = None) -> Calibration:
    """Fit a camera to at least four control points (eight advised); raises CalibrationError.

    `size` is width and height of the picture; without it the smallest usual size that holds all points is taken, and
    the optical centre is trusted less.
    """
    _refuse_unusable(points)
    plane = Plane(float(np.mean([p.lat for p in points])), float(np.mean([p.lon for p in points])))
    ground = plane.metres_of(np.array([(p.lat, p.lon) for p in points]))
    pixels = np.array([(p.u, p.v) for p in points], np.float64)
    guess = size or _usual_size(pixels)
    fit = fit_camera(ground, pixels, guess, size_known=size is not None)
    residuals = np.hypot(*(to_ground(fit.parameters, pixels) - ground).T)
    if lost := [f"({p.u:g}, {p.v:g})" for p, miss in zip(points, residuals, strict=True) if np.isnan(miss)]:
        raise CalibrationError(
            f"the camera that fits the other points does not see the ground at pixel {', '.join(lost)}: "
            "check these points"
        )
    if not np.median(residuals) < _WORST_FIT * float(np.ptp(ground, axis=0).max()):
        raise CalibrationError(
            f"no camera explains these points (typical error {np.median(residuals):.1f} m): "
            "check that every pixel belongs to its position, and that lat and lon are not swapped"
        )
    left_out = _leave_one_out(ground, pixels, guess, fit, size_known=size is not None)
    return Calibration(
        camera=_camera(fit, plane, guess),
        rmse_m=_rms(residuals),
        leave_one_out_m=_rms(left_out) if len(left_out) else None,
        residuals_m=tuple(residuals.tolist()),
        distortion=float(fit.parameters[3]),
    )


def read_points(path: Path) -> list[ControlPoint]:
    """Control points of a CSV file with the columns u, v, lat, lon; CalibrationError names every faulty line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in ("u", "v", "lat", "lon") if name not in (rows.fieldnames or ())]
            if missing:
                raise CalibrationError(
                    f"{path}: the first line must name the columns u,v,lat,lon; missing: {', '.join(missing)}"
                )
            read = [(rows.line_num, row) for row in rows]
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CalibrationError(f"{path}: cannot be read as a CSV file: save it as CSV UTF-8") from error
    points: list[ControlPoint] = []
    faults: list[str] = []
    for line, row in read:
        try:
            points.append(_point(row))
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    if faults:
        raise CalibrationError(f"{path}: " + "; ".join(faults))
    if len(points) < FEWEST:
        raise CalibrationError(f"{path}: {len(points)} points: at least {FEWEST} are needed, {ADVISED} advised")
    return points


def _point(row: dict[str, str]) -> ControlPoint:
    """Return one line of the file; ValueError says what is wrong with it."""
    values = []
    for name in ("u", "v", "lat", "lon"):
        text = (row[name] or "").strip()
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"{name} is {text!r}: a number is needed") from None
        if not math.isfinite(value):
            raise ValueError(f"{name} is {text!r}: a finite number is needed")
        values.append(value)
    u, v, lat, lon = values
    if abs(lat) > 90:
        raise ValueError(f"lat is {lat:g}: latitudes run from -90 to 90 (are lat and lon swapped?)")
    if abs(lon) > 180:
        raise ValueError(f"lon is {lon:g}: longitudes run from -180 to 180")
    return ControlPoint(u, v, lat, lon)


def _refuse_unusable(points: Sequence[ControlPoint]) -> None:
    if len(points) < FEWEST:
        raise CalibrationError(f"{len(points)} control points: at least {FEWEST} are needed, {ADVISED} advised")
    ground = Plane(points[0].lat, points[0].lon).metres_of(np.array([(p.lat, p.lon) for p in points]))
    pixels = np.array([(p.u, p.v) for p in points], np.float64)
    for what, places in (("pixels", pixels), ("positions", ground)):
        along, across = np.linalg.svd(places - places.mean(axis=0), compute_uv=False)
        if across <= _FLAT * along:
            raise CalibrationError(f"the {what} of the control points lie on one line or in one spot: spread them out")


def _leave_one_out(ground: Floats, pixels: Floats, size: tuple[int, int], fit: Fit, *, size_known: bool) -> Floats:
    """Metres between each point and where a camera fitted to the others puts it; empty with too few points."""
    if len(ground) <= FEWEST:
        return np.zeros(0)
    misses = []
    for i in range(len(ground)):
        rest = np.arange(len(ground)) != i
        other = fit_camera(ground[rest], pixels[rest], size, size_known=size_known, start=fit.parameters)
        found = to_ground(other.parameters, pixels[[i]])
        # a point lost above the horizon is wrong by as far as it lies from the camera
        reference = other.parameters[7:9] if np.isnan(found).any() else found[0]
        misses.append(np.hypot(*(reference - ground[i])))
    return np.array(misses)


def _camera(fit: Fit, plane: Plane, size: tuple[int, int]) -> FixedCamera:
    log_focal, cx, cy, k1, yaw, pitch, roll, north, east, log_height = fit.parameters.tolist()
    lat, lon = plane.degrees(north, east)
    focal = math.exp(log_focal)
    lens = Lens(focal, focal, cx, cy, (k1, 0.0, 0.0, 0.0, 0.0))
    pose = Pose(lat, lon, math.exp(log_height), yaw, pitch, roll, lens)
    return FixedCamera(pose, tuple(tuple(row) for row in fit.covariance.tolist()), size)


def _usual_size(pixels: Floats) -> tuple[int, int]:
    far_u, far_v = pixels.max(axis=0).tolist()
    for width, height in _SIZES:
        if far_u <= width and far_v <= height:
            return width, height
    return math.ceil(far_u), math.ceil(far_v)


def _rms(distances: Floats) -> float:
    return float(np.sqrt(np.mean(distances**2)))
