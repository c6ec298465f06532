from dataclasses import replace

import pytest

from detector.geometry.fixed_camera import FixedCamera
from detector.geometry.position import FALLBACK_CE90, position_of
from detector.geometry.wgs import Plane, distance
from detector.rules.zones import WALL, Zone
from detector.vision.frame import Lens, Pose

POSE = Pose(34.7466, 113.6253, 6.0, 0.0, -18.0, 0.0, Lens(900, 900, 640, 360))
CAMERA = FixedCamera(POSE, (), (1280, 720))
PLANE = Plane(POSE.lat, POSE.lon)


def wall(north: float, thickness: float = 0.6) -> Zone:
    """A façade that runs east-west at so many metres north of the camera."""
    corners = [(north, -60.0), (north, 60.0), (north + thickness, 60.0), (north + thickness, -60.0)]
    return Zone(f"wall at {north}", WALL, tuple((lon, lat) for lat, lon in (PLANE.degrees(*one) for one in corners)))


def seen(north: float, east: float, level: float) -> tuple[float, float]:
    """The pixel that shows a point so many metres above the ground: the camera lowered by as much sees it there."""
    lat, lon = PLANE.degrees(north, east)
    pixel = replace(CAMERA, pose=replace(POSE, height=POSE.height - level)).project(lat, lon)
    assert pixel is not None
    return pixel


@pytest.mark.parametrize("level", [1.0, 2.5, 3.0, 4.0])
def test_a_sign_is_placed_on_the_wall_whatever_its_height(level: float) -> None:
    point = position_of("signboard", seen(20.0, 3.0, level), CAMERA, None, [wall(20.0)])
    assert point is not None
    truth = PLANE.degrees(20.0, 3.0)
    assert distance(*truth, point.lat, point.lon) < 0.7
    assert point.ce90_m < 2


def test_the_first_of_two_walls_holds_the_sign() -> None:
    point = position_of("signboard", seen(20.0, 0.0, 3.0), CAMERA, None, [wall(35.0), wall(20.0)])
    assert point is not None
    assert distance(*PLANE.degrees(20.0, 0.0), point.lat, point.lon) < 0.7


def test_without_a_wall_the_usual_level_is_taken_and_its_doubt_told() -> None:
    point = position_of("signboard", seen(20.0, 0.0, 3.0), CAMERA, None)
    assert point is not None
    assert distance(*PLANE.degrees(20.0, 0.0), point.lat, point.lon) < 0.3
    assert point.ce90_m > 5
    higher = position_of("signboard", seen(20.0, 0.0, 3.6), CAMERA, None)
    assert higher is not None
    assert distance(*PLANE.degrees(20.0, 0.0), higher.lat, higher.lon) < higher.ce90_m


def test_a_stall_stands_on_the_ground_whatever_walls_there_are() -> None:
    point = position_of("stall", seen(15.0, 2.0, 0.0), CAMERA, None, [wall(12.0)])
    assert point is not None
    assert distance(*PLANE.degrees(15.0, 2.0), point.lat, point.lon) < 0.2


def test_above_the_horizon_the_cameras_own_place_is_taken_and_says_so() -> None:
    point = position_of("stall", (640.0, 5.0), CAMERA, (POSE.lat, POSE.lon))
    assert point is not None
    assert point.ce90_m == FALLBACK_CE90
    assert position_of("stall", (640.0, 5.0), CAMERA, None) is None
