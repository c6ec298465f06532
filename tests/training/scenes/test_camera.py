"""Poses, projection and positions of the rendered scenes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scenes.camera import ORIGIN, CameraPose, axes, project, to_local, to_wgs84

NADIR = CameraPose(0, 0, 60, 0, -90, 0, 2880, 3840, 2160)


@pytest.mark.parametrize(
    ("pose", "pixel", "lat", "lon"),
    [
        # known answers of two independent implementations (origin 34.7466 N 113.6253 E, f = 2880, 3840 x 2160)
        (NADIR, (1920, 0), 34.74680282, 113.62530000),
        (CameraPose(0, 0, 60, 90, -45, 0, 2880, 3840, 2160), (1920, 1080), 34.74660000, 113.62595525),
        (CameraPose(0, 0, 100, -135, -30, 0, 2880, 3840, 2160), (3000, 500), 34.74544157, 113.62211786),
        (CameraPose(0, 0, 45.5, 12.3, -60, 0, 2880, 3840, 2160), (100, 2000), 34.74674109, 113.62502395),
        (CameraPose(0, 0, 80, -67.6, -30, 0, 2880, 3840, 2160), (1920, 1080), 34.74707597, 113.62390095),
    ],
)
def test_projects_known_ground_points_to_their_pixels(
    pose: CameraPose, pixel: tuple[float, float], lat: float, lon: float
) -> None:
    east, north = to_local(lat, lon)
    seen = project(pose, np.array([[east, north, 0.0]]))[0]
    # 1e-8 degrees are a millimetre; the flat local frame bends by some centimetres at 300 m
    assert seen == pytest.approx(pixel, abs=2.0)


@given(
    yaw=st.floats(-180, 180), pitch=st.floats(-90, 30), roll=st.floats(-30, 30)
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_camera_axes_are_a_right_handed_frame(yaw: float, pitch: float, roll: float) -> None:
    forward, right, down = axes(CameraPose(0, 0, 10, yaw, pitch, roll, 1000, 1280, 720))
    assert np.cross(forward, right) == pytest.approx(down, abs=1e-9)
    assert forward[2] == pytest.approx(np.sin(np.radians(pitch)), abs=1e-9)


@given(east=st.floats(-500, 500), north=st.floats(-500, 500))
@settings(max_examples=30, deadline=None)
def test_positions_come_back_from_wgs84(east: float, north: float) -> None:
    assert to_local(*to_wgs84(east, north)) == pytest.approx((east, north), abs=1e-4)


def test_origin_is_the_origin() -> None:
    assert to_wgs84(0, 0) == pytest.approx(ORIGIN)


def test_points_behind_the_camera_have_no_pixel() -> None:
    assert np.isnan(project(CameraPose(0, 0, 6, 0, -20, 0, 800, 1280, 720), np.array([[0.0, -50.0, 0.0]]))).all()


def test_resizing_keeps_the_view() -> None:
    pose = CameraPose(8.8, 0, 6, -33, -18, 0, 660, 960, 540)
    points = np.array([[0.0, 20.0, 0.0], [-6.0, 18.0, 1.0]])
    assert project(pose.resized(1280), points) == pytest.approx(project(pose, points) * 1280 / 960)
