"""Pixels to the ground from telemetry: known answers, an independent computation on the ellipsoid, honest circles."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ellipsoid import LENS, VECTORS, depression, hit, random_pose
from detector.errors import PoseImpossible, RayMissesGround
from detector.geometry.error_budget import RTK, TELEMETRY
from detector.geometry.pose import PoseLocator
from detector.geometry.rays import undistort
from detector.geometry.wgs import Plane, distance
from detector.vision.frame import Lens, Pose

LAT, LON = 34.7466, 113.6253


def pose(height: float, yaw: float, pitch: float, roll: float = 0.0, lens: Lens = LENS, rtk: bool = False) -> Pose:
    return Pose(LAT, LON, height, yaw, pitch, roll, lens, rtk)


@pytest.mark.parametrize(("at", "pixel", "target", "range_m"), VECTORS)
def test_known_answers(at: Pose, pixel: tuple[float, float], target: tuple[float, float], range_m: float) -> None:
    point = PoseLocator(at).locate(*pixel)
    assert distance(point.lat, point.lon, *target) < 0.05
    assert point.range_m == pytest.approx(range_m, abs=0.05)


def test_two_thousand_random_poses_agree_with_the_ellipsoid() -> None:
    rng = np.random.default_rng(4)
    worst, compared = 0.0, 0
    while compared < 2000:
        at, pixel = random_pose(rng)
        if depression(at, pixel) < 15:
            with pytest.raises(RayMissesGround):
                PoseLocator(at).locate(*pixel)
            continue
        truth = hit(at, pixel)
        assert truth is not None
        point = PoseLocator(at).locate(*pixel)
        worst = max(worst, distance(point.lat, point.lon, *truth))
        compared += 1
    assert worst <= 0.3


@given(u=st.floats(-500, 4340), v=st.floats(-500, 2660), k1=st.floats(-0.12, 0.2), p1=st.floats(-0.002, 0.002))
@settings(max_examples=60, deadline=None)
def test_distortion_is_undone_wherever_the_pixel_lies(u: float, v: float, k1: float, p1: float) -> None:
    lens = Lens(2880, 2900, 1900, 1100, (k1, 0.01, p1, -p1, 0.001))
    x, y = undistort(u, v, lens)
    matrix = np.array(((lens.fx, 0, lens.cx), (0, lens.fy, lens.cy), (0, 0, 1)))
    back, _ = cv2.projectPoints(
        np.array([[x, y, 1.0]]), np.zeros(3), np.zeros(3), matrix, np.array(lens.distortion, np.float64)
    )
    assert back.reshape(2) == pytest.approx((u, v), abs=1e-4)


def test_a_pixel_that_the_lens_cannot_see_is_refused() -> None:
    lens = Lens(1400, 1400, 960, 540, (-0.3, 0, 0, 0, 0))
    with pytest.raises(RayMissesGround, match="outside of what the lens"):
        PoseLocator(pose(20, 0, -60, lens=lens)).locate(-4000, 540)


@pytest.mark.parametrize(
    ("at", "v", "words"),
    [
        (pose(60, 0, -5), 0, "15.6 degrees above the horizon"),
        (pose(60, 0, -12), 1080, "only 12.0 degrees below the horizon"),
        (pose(-3, 0, -90), 1080, "3.0 m below the ground"),
    ],
)
def test_refusals_say_why(at: Pose, v: float, words: str) -> None:
    with pytest.raises(RayMissesGround, match=words):
        PoseLocator(at).locate(1920, v)


def test_a_flatter_ray_can_be_asked_for() -> None:
    assert PoseLocator(pose(60, 0, -12), min_depression=5).locate(1920, 1080).range_m == pytest.approx(282.3, abs=0.1)


@pytest.mark.parametrize(
    ("field", "words"),
    [({"lat": 113.6}, "swapped"), ({"lon": 200.0}, "longitudes"), ({"height": float("nan")}, "finite")],
)
def test_impossible_poses_are_named(field: dict[str, Any], words: str) -> None:
    with pytest.raises(PoseImpossible, match=words):
        PoseLocator(replace(pose(60, 0, -90), **field))


def test_higher_ground_lies_nearer() -> None:
    low = PoseLocator(pose(60, 0, -45)).locate(1920, 1080)
    high = PoseLocator(pose(60, 0, -45), ground=10).locate(1920, 1080)
    assert low.range_m - high.range_m == pytest.approx(10, abs=0.01)


def test_a_drone_that_has_hardly_left_the_ground_has_a_circle_too() -> None:
    point = PoseLocator(pose(0.05, 0, -60)).locate(1920, 1080)
    assert 4 < point.ce90_m < 10


def test_rtk_draws_a_smaller_circle() -> None:
    plain = PoseLocator(pose(60, 0, -60)).locate(1920, 1080)
    fixed = PoseLocator(pose(60, 0, -60, rtk=True)).locate(1920, 1080)
    assert fixed.ce90_m < 0.6 * plain.ce90_m


@pytest.mark.parametrize("rtk", [False, True])
@pytest.mark.parametrize(("height", "pitch"), [(40.0, -90.0), (60.0, -45.0), (120.0, -30.0)])
def test_the_circle_holds_nine_of_ten_simulated_errors(height: float, pitch: float, rtk: bool) -> None:
    """Each trial: telemetry reports one pose, the drone truly was at another, drawn from the written error budget."""
    rng = np.random.default_rng(int(height))
    budget, plane, held = RTK if rtk else TELEMETRY, Plane(LAT, LON), []
    for _ in range(600):
        u, v = rng.uniform(0, 3840), rng.uniform(300, 2160)
        error = rng.normal(size=7)
        focal = 2880 * (1 + budget.focal * error[6])
        true = Pose(
            *plane.degrees(budget.position_m * error[0], budget.position_m * error[1]),
            height + budget.height_m * error[2],
            20 + budget.yaw * error[3],
            pitch + budget.pitch * error[4],
            budget.roll * error[5],
            Lens(focal, focal, 1920, 1080),
        )
        truth = PoseLocator(true, min_depression=1).locate(u, v)
        said = PoseLocator(pose(height, 20, pitch, rtk=rtk), min_depression=1).locate(u, v)
        held.append(distance(truth.lat, truth.lon, said.lat, said.lon) <= said.ce90_m)
    assert 0.85 <= np.mean(held) <= 0.95
