"""Shared ground of two poses, and pixels carried from one picture to the other."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.pose import PoseLocator
from detector.geometry.wgs import Plane, distance
from detector.vision.frame import Lens, Pose
from streams.survey.footprint import overlap, pixel_map, predicts, turned

LENS = Lens(2880, 2880, 1920, 1080)
SIZE = (3840, 2160)
HERE = Pose(34.7466, 113.6253, 60, 0, -90, 0, LENS)


def moved(north: float, east: float) -> Pose:
    lat, lon = Plane(HERE.lat, HERE.lon).degrees(north, east)
    return replace(HERE, lat=lat, lon=lon)


def test_a_picture_overlaps_itself_whole_and_one_far_away_not_at_all() -> None:
    assert overlap(HERE, HERE, SIZE) == 1.0
    assert overlap(HERE, moved(500, 0), SIZE) == 0.0


def test_half_a_picture_further_half_is_shared() -> None:
    """At 60 m the picture is 80 m wide and 45 m high."""
    assert overlap(HERE, moved(0, 40), SIZE) == pytest.approx(0.5, abs=0.06)
    assert overlap(HERE, moved(22.5, 0), SIZE) == pytest.approx(0.5, abs=0.06)


def test_what_lies_behind_the_camera_is_not_shared() -> None:
    ahead = replace(HERE, pitch=-20.0)
    assert overlap(ahead, replace(ahead, yaw=180.0), SIZE) == 0.0


@given(
    u=st.floats(0, 3840),
    v=st.floats(0, 2160),
    yaw=st.floats(-180, 180),
    pitch=st.floats(-90, -50),
    roll=st.floats(-5, 5),
    north=st.floats(-20, 20),
)
@settings(max_examples=50, deadline=None)
def test_carried_pixels_show_the_same_ground(
    u: float, v: float, yaw: float, pitch: float, roll: float, north: float
) -> None:
    there = replace(moved(north, 5), yaw=yaw, pitch=pitch, roll=roll)
    carried = pixel_map(HERE, there) @ (u, v, 1)
    one = PoseLocator(HERE).locate(u, v)
    other = PoseLocator(there, min_depression=0.1).locate(*(carried[:2] / carried[2]).tolist())
    assert distance(one.lat, one.lon, other.lat, other.lon) < 0.02


def test_an_upside_down_picture_shows_the_ground_from_the_other_corner() -> None:
    upright = PoseLocator(HERE).locate(100, 200)
    turned_over = PoseLocator(turned(HERE, 180)).locate(3840 - 100, 2160 - 200)
    assert distance(upright.lat, upright.lon, turned_over.lat, turned_over.lon) < 0.01


def test_a_pose_on_the_ground_predicts_nothing_and_breaks_nothing() -> None:
    assert [predicts(replace(HERE, height=height)) for height in (-3.0, 0.0, 1.99, 2.0)] == [False, False, False, True]
    grounded = replace(HERE, height=-3.0)
    assert 0.0 <= overlap(grounded, HERE, SIZE) <= 1.0
    assert 0.0 <= overlap(HERE, grounded, SIZE) <= 1.0


def test_a_picture_from_higher_up_holds_the_lower_one_whole_but_not_the_other_way_round() -> None:
    high = replace(HERE, height=120.0)
    assert overlap(HERE, high, SIZE) == 1.0
    assert overlap(high, HERE, SIZE) == pytest.approx(0.25, abs=0.08)


def test_the_other_picture_may_have_another_size() -> None:
    cropped = replace(HERE, lens=Lens(2880, 2880, 960, 1080))  # the left half of its columns, kept in the middle
    assert overlap(HERE, cropped, SIZE, (1920, 2160)) == pytest.approx(0.5, abs=0.12)
    assert overlap(HERE, cropped, SIZE) > 0.6  # and not as if it were as wide


def test_a_step_north_moves_the_ground_down_in_the_picture() -> None:
    carried = pixel_map(HERE, moved(10, 0)) @ (1920, 1080, 1)
    u, v = carried[:2] / carried[2]
    assert u == pytest.approx(1920, abs=1)
    assert v == pytest.approx(1080 + 10 * 2880 / 60, abs=2)


def test_turning_leaves_the_original_and_adds_up() -> None:
    assert turned(turned(HERE, 90), 270).roll == 360
    assert HERE.roll == 0
