"""Weighted, robust least squares for the ten numbers of a fixed camera (Levenberg-Marquardt)."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from detector.errors import CalibrationError
from detector.geometry.fixed_camera import (
    CLICK_PX,
    Parameters,
    project,
    slope_by_ground,
    slope_by_parameter,
    turning_r2,
)
from detector.geometry.rays import Floats, reach, rotation

SURVEY_M: Final = 0.3  # one standard deviation of a surveyed position, per axis
_OUTLIER: Final = 9.0  # squared standard deviations at which a point begins to lose its say (Cauchy)
_ASSUMED: Final = 8.0
_ROUNDS: Final = 60
_UNKNOWN: Final = 1e6


@dataclass(frozen=True, slots=True)
class Fit:
    """(10,) parameters, their (10, 10) covariance, and the cost that the fit ended with."""

    parameters: Parameters
    covariance: Floats
    cost: float


@dataclass(frozen=True, slots=True)
class _Prior:
    """What is known before a point is clicked: mean and standard deviation of each parameter."""

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, size: tuple[int, int], *, size_known: bool) -> "_Prior":
        width, height = size
        # street cameras: 35 to 120 degrees wide, 3 to 25 m high, held level; centred to 2 % when the size is known
        centre = (0.02 if size_known else 0.05) * width
        return cls(
            np.array((math.log(0.9 * width), width / 2, height / 2, 0, 0, 0, 0, 0, 0, math.log(7))),
            np.array((0.6, centre, centre, 0.2, _UNKNOWN, _UNKNOWN, 15, _UNKNOWN, _UNKNOWN, 0.8)),
        )


def fit_camera(
    ground: Floats, pixels: Floats, size: tuple[int, int], *, size_known: bool, start: Parameters | None = None
) -> Fit:
    """Return the most likely camera for (n, 2) ground points in metres north, east and their (n, 2) pixels.

    Clicks are trusted to 2 pixels and positions to 0.3 m, so a near point counts for less in pixels than a far one.
    Raises CalibrationError when no camera sees the points at all.
    """
    prior = _Prior.of(size, size_known=size_known)
    guesses = (start,) if start is not None else itertools.chain(_starts(ground, pixels, size), _headings(ground, size))
    best: Fit | None = None
    for guess in guesses:
        fit = _descend(guess, ground, pixels, prior)
        if fit is not None and (best is None or fit.cost < best.cost):
            best = fit
        if best is not None and best.cost < 2 * pixels.size:
            return best  # clicks and survey explain what is left: another guess finds the same camera
    if best is None:
        raise CalibrationError(
            "no camera above the ground sees the control points like this: check that every pixel belongs to its "
            "position, and that lat and lon are not swapped"
        )
    return best


def to_ground(parameters: Parameters, pixels: Floats) -> Floats:
    """(n, 2) metres north, east under (n, 2) pixels, the inverse of `project`; nan above the horizon."""
    log_focal, cx, cy, k1, yaw, pitch, roll, north, east, log_height = parameters
    distorted = (pixels - (cx, cy)) / np.exp(log_focal)
    goal = np.hypot(*distorted.T)
    radius, turn = goal.copy(), turning_r2(k1)
    for _ in range(50):  # Newton; the radius is a growing function of the undistorted one
        bent = np.minimum(radius**2, turn)
        slope = np.where(radius**2 < turn, 1 + 3 * k1 * bent, 1 + k1 * turn)
        radius -= (radius * (1 + k1 * bent) - goal) / np.maximum(slope, 0.02)
    straight = distorted * (radius / np.maximum(goal, 1e-12))[:, None]
    rays = np.column_stack((np.ones(len(pixels)), straight)) @ rotation(yaw, pitch, roll).T
    far = reach(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1]), np.exp(log_height))
    places: Floats = (north, east) + (far / np.hypot(rays[:, 0], rays[:, 1]))[:, None] * rays[:, :2]
    return places


def _starts(ground: Floats, pixels: Floats, size: tuple[int, int]) -> Iterator[Parameters]:
    """First guesses: the pose of the plane for a few focal lengths and distortions; the fit keeps the best."""
    width, height = size
    plane = np.column_stack((ground, np.zeros(len(ground))))
    for focal in (0.6 * width, 0.9 * width, 1.4 * width, 2.2 * width):
        matrix = np.array(((focal, 0, width / 2), (0, focal, height / 2), (0, 0, 1)))
        for k1 in (0.0, -0.2):
            try:
                _, turns, shifts, _ = cv2.solvePnPGeneric(
                    plane, pixels, matrix, np.array((k1, 0, 0, 0, 0)), flags=cv2.SOLVEPNP_IPPE
                )
            except cv2.error:  # degenerate for this focal length; another one may do
                continue
            for turn, shift in zip(turns, shifts, strict=True):
                lens_axes = cv2.Rodrigues(turn)[0]  # rows: right, down, forward in north, east, down
                north, east, down = (-lens_axes.T @ shift).ravel().tolist()
                if down >= 0:  # the mirror solution, under the ground
                    continue
                body = lens_axes[[2, 0, 1]].T
                yaw = math.degrees(math.atan2(body[1, 0], body[0, 0]))
                pitch = -math.degrees(math.asin(float(np.clip(body[2, 0], -1, 1))))
                roll = math.degrees(math.atan2(body[2, 1], body[2, 2]))
                centre = (width / 2, height / 2)
                yield np.array((math.log(focal), *centre, k1, yaw, pitch, roll, north, east, math.log(-down)))


def _headings(ground: Floats, size: tuple[int, int]) -> Iterator[Parameters]:
    """Guesses for points so few or so wrong that their plane gives no pose: a pole on every side of them."""
    width, height = size
    north, east = ground.mean(axis=0).tolist()
    away = 0.75 * float(np.ptp(ground, axis=0).max()) + 10
    for yaw in range(0, 360, 30):
        back_north, back_east = away * math.cos(math.radians(yaw)), away * math.sin(math.radians(yaw))
        foot = (north - back_north, east - back_east)
        yield np.array((math.log(0.9 * width), width / 2, height / 2, 0, yaw, -20, 0, *foot, math.log(7)))


def _descend(parameters: Parameters, ground: Floats, pixels: Floats, prior: _Prior) -> Fit | None:
    """Levenberg-Marquardt from one guess; None where the guess does not see every point."""
    damping = 1e-2
    for _ in range(_ROUNDS):
        whiten = _whitening(parameters, ground)
        if whiten is None:
            return None
        cost = _cost(parameters, ground, pixels, whiten, prior)
        if not math.isfinite(cost):
            return None
        misses, trust, slopes = _linear(parameters, ground, pixels, whiten)
        gaps = (parameters - prior.mean) / prior.spread**2
        normal = np.einsum("n,nij,nik->jk", trust, slopes, slopes) + np.diag(1 / prior.spread**2)
        pull = np.einsum("n,nij,ni->j", trust, slopes, misses) + gaps
        before = cost
        for _ in range(8):
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
            cost = _cost(parameters - step, ground, pixels, whiten, prior)
            if cost < before:
                parameters, damping = parameters - step, max(damping / 5, 1e-9)
                break
            damping *= 4
        if not before - cost > 1e-6:
            break
    return _finish(parameters, ground, pixels, prior)


def _finish(parameters: Parameters, ground: Floats, pixels: Floats, prior: _Prior) -> Fit | None:
    whiten = _whitening(parameters, ground)
    if whiten is None:
        return None
    misses, trust, slopes = _linear(parameters, ground, pixels, whiten)
    seen = np.einsum("n,nij,nik->jk", trust, slopes, slopes)
    covariance = np.linalg.inv(seen + np.diag(1 / prior.spread**2))
    spare = 2 * len(ground) - float(np.trace(covariance @ seen))  # what the points hold beyond the numbers fitted
    # the errors assumed for clicks and survey weigh as much as this many measurements, then the residuals speak
    scale = (_ASSUMED + float((trust * (misses**2).sum(axis=1)).sum())) / (_ASSUMED + max(spare, 0.0))
    return Fit(parameters, covariance * scale, _cost(parameters, ground, pixels, whiten, prior))


def _linear(parameters: Parameters, ground: Floats, pixels: Floats, whiten: Floats) -> tuple[Floats, Floats, Floats]:
    """(n, 2) misses in standard deviations, (n,) trust in each point, (n, 2, 10) slopes of the misses."""
    misses = (whiten @ (project(parameters, ground) - pixels)[..., None])[..., 0]
    return misses, 1 / (1 + (misses**2).sum(axis=1) / _OUTLIER), whiten @ slope_by_parameter(parameters, ground)


def _whitening(parameters: Parameters, ground: Floats) -> Floats | None:
    """(n, 2, 2) matrices that turn a miss in pixels into standard deviations of click and survey together."""
    slopes = slope_by_ground(parameters, ground)
    if not np.isfinite(slopes).all():
        return None
    covariance = SURVEY_M**2 * slopes @ slopes.transpose(0, 2, 1) + CLICK_PX**2 * np.eye(2)
    whiten: Floats = np.linalg.inv(np.linalg.cholesky(covariance))
    return whiten


def _cost(parameters: Parameters, ground: Floats, pixels: Floats, whiten: Floats, prior: _Prior) -> float:
    misses = (whiten @ (project(parameters, ground) - pixels)[..., None])[..., 0]
    robust = _OUTLIER * np.log1p((misses**2).sum(axis=1) / _OUTLIER)
    gaps = (parameters - prior.mean) / prior.spread
    return float(robust.sum() + (gaps**2).sum())
