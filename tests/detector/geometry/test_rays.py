"""Rays: rotations are rotations, a lens is undone, and the ground is met where a sphere says."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.rays import distort, reach, rotation, undistort
from detector.geometry.wgs import EARTH_RADIUS_M
from detector.vision.frame import Lens

FEW = settings(max_examples=50, deadline=None)
angles = st.floats(-180, 180)


@FEW
@given(angles, st.floats(-90, 90), angles)
def test_a_rotation_keeps_lengths_and_handedness(yaw: float, pitch: float, roll: float) -> None:
    turn = rotation(yaw, pitch, roll)
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll", "body", "world"),
    [
        (0, 0, 0, (1, 0, 0), (1, 0, 0)),  # forward is north
        (90, 0, 0, (1, 0, 0), (0, 1, 0)),  # clockwise: east
        (180, 0, 0, (0, 1, 0), (0, -1, 0)),  # right of south is west
        (0, -90, 0, (1, 0, 0), (0, 0, 1)),  # straight down
        (0, -90, 0, (0, 0, 1), (-1, 0, 0)),  # the lower edge of a picture from above is south
        (0, 90, 0, (1, 0, 0), (0, 0, -1)),
        (0, 0, 90, (0, 1, 0), (0, 0, 1)),  # the right side goes down
        (90, -45, 0, (1, 0, 0), (0, math.sqrt(0.5), math.sqrt(0.5))),
    ],
)
def test_axes_by_hand(
    yaw: float, pitch: float, roll: float, body: tuple[float, float, float], world: tuple[float, float, float]
) -> None:
    assert rotation(yaw, pitch, roll) @ body == pytest.approx(world, abs=1e-12)


@FEW
@given(angles, st.floats(-90, 90), angles, angles)
def test_yaw_turns_about_the_vertical(yaw: float, pitch: float, roll: float, more: float) -> None:
    turned = rotation(more, 0, 0) @ rotation(yaw, pitch, roll)
    assert rotation(yaw + more, pitch, roll) == pytest.approx(turned, abs=1e-12)
    assert rotation(yaw, pitch, roll)[2] == pytest.approx(rotation(yaw + more, pitch, roll)[2], abs=1e-12)


def test_many_rotations_at_once_are_each_on_its_own() -> None:
    yaws = np.array([0.0, 30.0, -70.0])
    together = rotation(yaws, -20.0, 3.0)
    assert together.shape == (3, 3, 3)
    for one, yaw in zip(together, yaws.tolist(), strict=True):
        assert one == pytest.approx(rotation(yaw, -20.0, 3.0))


@FEW
@given(st.floats(-0.7, 0.7), st.floats(-0.5, 0.5), st.floats(-0.1, 0.2), st.floats(-0.05, 0.05))
def test_a_lens_is_undone(x: float, y: float, k1: float, k2: float) -> None:
    lens = Lens(1400, 1300, 960, 540, (k1, k2, 0.001, -0.001, 0.01))
    at_x, at_y = distort(np.float64(x) * np.ones(1), np.float64(y) * np.ones(1), lens.distortion)
    found = undistort(960 + 1400 * float(at_x[0]), 540 + 1300 * float(at_y[0]), lens)
    assert found == pytest.approx((x, y), abs=1e-8)


@FEW
@given(st.floats(0, 1920), st.floats(0, 1080))
def test_a_lens_without_distortion_is_a_ratio(u: float, v: float) -> None:
    assert undistort(u, v, Lens(1000, 500, 960, 540)) == ((u - 960) / 1000, (v - 540) / 500)


@FEW
@given(st.floats(1, 500), st.floats(1, 89))
def test_the_ground_is_met_where_a_sphere_says(height: float, depression: float) -> None:
    """The horizontal way to a sphere of the earth's radius, solved in the plane of the ray."""
    down, flat = math.sin(math.radians(depression)), math.cos(math.radians(depression))
    above = EARTH_RADIUS_M + height
    root = above * down - math.sqrt(max(0.0, (above * down) ** 2 - (above**2 - EARTH_RADIUS_M**2)))
    found = float(reach(np.array(down), np.array(flat), np.array(height)))
    assert found == pytest.approx(root * flat, rel=2e-3, abs=1e-3)
    assert found >= height / math.tan(math.radians(depression)) - 1e-9, "the ground falls away, never nearer"


@FEW
@given(st.floats(1, 300), st.floats(0.5, 300), st.floats(10, 80))
def test_from_higher_up_it_is_further(height: float, more: float, depression: float) -> None:
    down, flat = (np.array(one(math.radians(depression))) for one in (math.sin, math.cos))
    assert reach(down, flat, np.array(height + more)) > reach(down, flat, np.array(height))


@pytest.mark.parametrize(
    ("down", "flat", "height", "far"),
    [
        (1.0, 0.0, 30.0, 0.0),
        (0.0, 1.0, 30.0, None),
        (-0.5, 0.8, 30.0, None),
        (1.0, 1.0, 0.0, None),
        (1.0, 1.0, -3.0, None),
    ],
)
def test_rays_that_meet_the_ground_underfoot_or_never(
    down: float, flat: float, height: float, far: float | None
) -> None:
    found = float(reach(np.array(down), np.array(flat), np.array(height)))
    assert math.isnan(found) if far is None else found == far


def test_a_ray_that_just_misses_the_curved_ground_has_no_place() -> None:
    height = 100.0
    horizon = math.sqrt(2 * height / EARTH_RADIUS_M)
    for share, meets in ((1.01, True), (0.99, False)):
        found = float(reach(np.array(horizon * share), np.array(1.0), np.array(height)))
        assert math.isfinite(found) is meets
