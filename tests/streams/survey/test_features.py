"""Which pictures of a flight are compared, and which are turned against their own telemetry."""

from dataclasses import replace

import numpy as np
import pytest

from detector.vision.frame import Pose
from streams.survey.features import View, features, pairs, turns
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
