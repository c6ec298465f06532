"""A camera on a pole: to the ground, back to the picture, into a file and out of it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import CalibrationError, RayMissesGround
from detector.geometry.fixed_camera import FixedCamera
from detector.geometry.wgs import Plane
from detector.vision.frame import Lens, Pose

LENS = Lens(1400, 1400, 960, 540, (-0.2, 0, 0, 0, 0))
CAMERA = FixedCamera(Pose(34.7466, 113.6253, 6.0, 90.0, -20.0, 1.0, LENS), (), (1920, 1080))
PLANE = Plane(34.7466, 113.6253)


@given(u=st.floats(0, 1920), v=st.floats(300, 1080))
@settings(max_examples=60, deadline=None)
def test_ground_and_picture_are_inverse(u: float, v: float) -> None:
    point = CAMERA.locate(u, v)
    assert CAMERA.project(point.lat, point.lon) == pytest.approx((u, v), abs=0.01)


def test_the_circle_grows_with_distance() -> None:
    far, near = CAMERA.locate(960, 200), CAMERA.locate(960, 1000)
    assert far.range_m > 4 * near.range_m
    assert far.ce90_m > 10 * near.ce90_m


def test_the_sky_is_no_ground() -> None:
    with pytest.raises(RayMissesGround, match="above the horizon"):
        CAMERA.locate(960, 0)


def test_behind_the_camera_there_is_no_pixel() -> None:
    assert CAMERA.project(*PLANE.degrees(0, -20)) is None
    assert CAMERA.project(*PLANE.degrees(0, 20)) is not None


def test_an_outline_is_cut_at_the_camera() -> None:
    around = [PLANE.degrees(north, east) for north, east in ((-30, -30), (-30, 30), (30, 30), (30, -30))]
    outline = CAMERA.outline(around)
    assert np.isfinite(outline).all()
    middle = CAMERA.project(*PLANE.degrees(0, 15))
    assert middle is not None
    assert winding(outline, middle)
    assert not winding(outline, (960, -100))


def test_an_outline_behind_the_camera_is_empty() -> None:
    behind = [PLANE.degrees(north, east) for north, east in ((-5, -30), (5, -30), (5, -10))]
    assert CAMERA.outline(behind).shape == (0, 2)
    assert CAMERA.outline([]).shape == (0, 2)


def test_an_outline_in_view_passes_through_its_corners() -> None:
    ring = [PLANE.degrees(north, east) for north, east in ((-3, 15), (3, 15), (3, 25), (-3, 25))]
    outline = CAMERA.outline(ring)
    for corner in ring:
        assert np.hypot(*(outline - np.array(CAMERA.project(*corner))).T).min() < 1e-3


def winding(outline: np.ndarray, point: tuple[float, float]) -> bool:
    """Whether the closed outline goes around the point (even-odd rule)."""
    inside = False
    for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if (y1 > point[1]) != (y2 > point[1]) and point[0] < x1 + (point[1] - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def test_a_camera_survives_the_file() -> None:
    spread = tuple(tuple(float(i == j) * 1e-6 for j in range(10)) for i in range(10))
    camera = FixedCamera(CAMERA.pose, spread, CAMERA.size)
    assert FixedCamera.from_json(json.loads(json.dumps(camera.to_json()))) == camera


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fx": "wide"}, "fx"),
        ({"height": -2}, "height"),
        ({"distortion": [0.1]}, "distortion"),
        ({"covariance": [[1.0, 2.0]]}, "covariance"),
        ({"lat": None}, "lat"),
    ],
)
def test_a_damaged_file_is_named_by_its_key(change: dict[str, object], words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        FixedCamera.from_json(CAMERA.to_json() | change)
