"""How large a metre is in the picture: from people and cars seen there, or from the calibration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.geometry.fixed_camera import FixedCamera
from detector.places.scale import SceneScale
from detector.vision.detections import Detections
from detector.vision.frame import Lens, Pose
from tests.detector.scenes import at

WIDTH, HEIGHT = 1280, 720


def people(rng: np.random.Generator, count: int, horizon: float, slope: float, noise: float = 0.05) -> Detections:
    """People of 1.6 m whose feet are anywhere in the lower part of the picture."""
    feet = rng.uniform(horizon + 120, HEIGHT - 10, count)
    high = slope * (feet - horizon) * 1.6 * rng.normal(1, noise, count)
    left = rng.uniform(50, WIDTH - 200, count)
    boxes = np.column_stack([left, feet - high, left + 0.4 * high, feet]).astype(np.float32)
    return Detections(boxes, np.full(count, 0.8, np.float32), np.zeros(count, np.int64), ("person",))


@given(st.integers(0, 1000), st.floats(20, 150), st.floats(0.1, 0.3))
def test_the_line_through_people_is_found(seed: int, horizon: float, slope: float) -> None:
    scale = SceneScale()
    assert scale.pixels_per_metre(600, 500) is None
    scale.learn(people(np.random.default_rng(seed), 80, horizon, slope), WIDTH, HEIGHT, at(0))
    metre = scale.pixels_per_metre(600, 500)
    assert metre == pytest.approx(slope * (500 - horizon), rel=0.15)


def test_what_is_far_too_small_or_too_large_for_where_it_stands_is_no_stall() -> None:
    scale = SceneScale()
    near_and_small, far_and_small = (1080.0, 592.0, 1127.0, 625.0), (600.0, 130.0, 640.0, 165.0)
    assert scale.fits_stall(near_and_small), "nothing is known yet"
    scale.learn(people(np.random.default_rng(1), 60, 90, 0.28), WIDTH, HEIGHT, at(0))
    assert not scale.fits_stall(near_and_small), "a logo in the corner: 0.3 m"
    assert scale.fits_stall(far_and_small), "as large as a stall over there"
    assert not scale.fits_stall((100, 10, 900, 200)), "a façade"
    scale.forget()
    assert scale.fits_stall(near_and_small)


def test_a_few_people_or_people_in_one_row_tell_nothing() -> None:
    scale = SceneScale()
    scale.learn(people(np.random.default_rng(1), 5, 90, 0.28), WIDTH, HEIGHT, at(0))
    assert scale.horizon is None
    row = np.tile(np.array([[100, 400, 140, 500]], np.float32), (50, 1))
    scale.learn(Detections(row, np.ones(50, np.float32), np.zeros(50, np.int64), ("person",)), WIDTH, HEIGHT, at(1))
    assert scale.horizon is None


def test_a_calibrated_camera_needs_nobody_to_pass() -> None:
    pose = Pose(34.7, 113.6, height=6.0, yaw=0, pitch=-20, roll=0, lens=Lens(900, 900, 640, 360))
    scale = SceneScale(FixedCamera(pose, (), (WIDTH, HEIGHT)))
    assert scale.horizon == pytest.approx(360 - 900 * np.tan(np.radians(20)), abs=1)
    metre = scale.pixels_per_metre(640, 360)  # straight ahead: 6 m / sin 20° away
    assert metre == pytest.approx(900 / (6 / np.sin(np.radians(20))), rel=0.01)
    assert scale.pixels_per_metre(640, 5) is None, "above the horizon there is no ground"
