"""Which pictures of a flight are compared, and which are turned against their own telemetry."""

from dataclasses import replace

import numpy as np
import pytest

from detector.vision.frame import Pose
from streams.survey.features import View, carried, features, measured, pairs, turns
from streams.survey.footprint import pixel_map
from tests.streams.aerial import SIZE, Town, leg

TOWN = Town(())
BLANK = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


def test_nothing_seen_is_nothing_compared() -> None:
    assert pairs([]) == []
    assert turns([], []) == []


def test_a_second_pass_is_compared_with_the_first() -> None:
    poses = leg((0, 0), (150, 0), 12) + leg((150, 5), (0, 5), 12, yaw=180)
    views = [View(SIZE, pose, features(BLANK)) for pose in poses]
    compared = pairs(views)
    assert all(a < b for a, b in compared)
    assert any(a < 2 and b > 21 for a, b in compared)
    assert len(compared) < 5 * len(views)


def flown(poses: list[Pose], rolls: dict[int, float]) -> list[View]:
    """Views whose pictures are turned by so many degrees against the poses that they carry."""
    true = [replace(pose, roll=pose.roll + rolls.get(i, 0.0)) for i, pose in enumerate(poses)]
    return [View(SIZE, pose, features(TOWN.seen_from(at))) for pose, at in zip(poses, true, strict=True)]


@pytest.mark.parametrize("pitch", [-90.0, -55.0])
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_picture_is_told_from_its_neighbours(turn: int, pitch: float) -> None:
    views = flown(leg((0, 0), (40, 0), 6, pitch=pitch), {2: turn, 3: turn})
    assert turns(views, pairs(views)) == [0, 0, turn, turn, 0, 0]


def test_a_whole_flight_may_be_turned() -> None:
    views = flown(leg((0, 0), (40, 0), 5), dict.fromkeys(range(5), 180))
    assert turns(views, pairs(views)) == [180] * 5


def test_from_one_spot_the_majority_tells_and_two_alone_cannot() -> None:
    """Hovering, two pictures against each other could both be the turned one."""
    hovering = flown(leg((0, 0), (0, 0), 4), {1: 180})
    assert turns(hovering, pairs(hovering)) == [0, 180, 0, 0]
    two = flown(leg((0, 0), (0, 0), 2), {1: 90})
    assert turns(two, pairs(two)) == [None, None]


def test_corners_lie_in_pixels_of_the_full_picture() -> None:
    picture = TOWN.seen_from(leg((0, 0), (10, 0), 1)[0])
    doubled = np.asarray(picture.repeat(2, axis=0).repeat(2, axis=1))
    small, large = features(picture), features(doubled)
    assert small.pixels.shape[1:] == (2,)
    assert small.descriptors.shape == (len(small.pixels), 32)
    assert large.pixels[:, 0].max() > 1.5 * small.pixels[:, 0].max()
    assert large.pixels[:, 0].max() < 2 * SIZE[0]


def test_a_blank_picture_has_no_corners() -> None:
    none = features(BLANK)
    assert (none.pixels.shape, none.descriptors.shape) == ((0, 2), (0, 32))
    assert none.descriptors.dtype == np.uint8


def test_pixels_are_carried_and_a_horizon_is_no_fault() -> None:
    shift = np.array([[1.0, 0, 5], [0, 2, -1], [0, 0, 1]])
    assert carried(shift, np.array([[1.0, 2], [0, 0]])).tolist() == [[6, 3], [5, -1]]
    assert carried(shift, np.zeros((0, 2))).shape == (0, 2)
    away = carried(np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 0]]), np.array([[0.0, 1]]))
    assert np.isfinite(away).all()


def test_what_is_measured_is_better_than_a_wrong_pose_and_without_corners_the_pose_stands() -> None:
    first, second = leg((0, 0), (8, 0), 2)
    views = flown([first, second], {})
    truth = pixel_map(first, second)
    middle = np.array([[SIZE[0] / 2, SIZE[1] / 2]])
    astray = replace(second, yaw=second.yaw + 2.0)  # a compass that is off by two degrees
    found = measured(views[0], replace(views[1], pose=astray))
    assert found is not None
    missed = np.hypot(*(carried(found, middle) - carried(truth, middle)).T)[0]
    assert missed < 3.0
    blank = [View(SIZE, pose, features(BLANK)) for pose in (first, astray)]
    assert measured(*blank) == pytest.approx(pixel_map(first, astray))
    assert measured(View(SIZE, None, features(BLANK)), blank[0]) is None


def test_without_poses_corners_alone_tell_and_other_ground_is_not_believed() -> None:
    first, second = leg((0, 0), (8, 0), 2)
    here, there = (replace(view, pose=None) for view in flown([first, second], {}))
    found = measured(here, there)
    assert found is not None
    rim = np.array([[0.0, 0], [SIZE[0], SIZE[1]]])
    assert np.hypot(*(carried(found, rim) - carried(pixel_map(first, second), rim)).T).max() < 10
    assert measured(here, View(SIZE, None, features(BLANK))) is None


def test_neighbours_without_poses_are_compared_and_those_on_the_ground_too() -> None:
    views = [View(SIZE, None, features(BLANK))] * 6
    assert pairs(views) == [(a, b) for b in range(6) for a in range(max(0, b - 3), b)]
    grounded = [View(SIZE, replace(leg((0, 0), (1, 0), 1)[0], height=0.0), features(BLANK))] * 2
    assert pairs(grounded) == [(0, 1)]
