"""Which observations are one thing."""

import numpy as np
import pytest

from detector.geometry.ground import GroundPoint
from detector.vision.detections import Box, Detection
from detector.vision.frame import Pose
from streams.survey.association import Observation, fuse, link
from streams.survey.features import View, features, pairs
from tests.streams.aerial import HOME, SIZE, Town, leg

TOWN = Town(())
BLANK = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


def at(north: float, east: float, ce90: float = 4.0) -> GroundPoint:
    return GroundPoint(*HOME.degrees(north, east), 10.0, ce90)


def seen(view: int, position: GroundPoint | None, box: Box = (0, 0, 10, 10), name: str = "stall") -> Observation:
    return Observation(view, Detection(name, 0.9, box), position)


def blind(count: int, pose: Pose | None = None) -> list[View]:
    return [View(SIZE, pose, features(BLANK)) for _ in range(count)]


def grouped(views: list[View], observations: list[Observation]) -> set[tuple[int, ...]]:
    return {tuple(group) for group in link(views, observations, pairs(views))}


def test_pictures_are_matched_before_positions() -> None:
    """Two neighbours, and telemetry that slips by their distance: positions alone would swap them."""
    poses = leg((0, 0), (6, 0), 2)
    views = [View(SIZE, pose, features(TOWN.seen_from(pose))) for pose in poses]
    shift = round(6 * 665.6 / 60)
    boxes = [(500.0, 200.0, 520.0, 220.0), (530.0, 200.0, 550.0, 220.0)]
    later = [(x1, y1 + shift, x2, y2 + shift) for x1, y1, x2, y2 in boxes]
    observations = [
        seen(0, at(10, 0), boxes[0]),
        seen(0, at(10, 3), boxes[1]),
        seen(1, at(10, 3), later[0]),
        seen(1, at(10, 6), later[1]),
    ]
    assert grouped(views, observations) == {(0, 2), (1, 3)}


def test_positions_join_what_pictures_cannot() -> None:
    poses = leg((0, 0), (200, 0), 2)
    views = [View(SIZE, pose, features(BLANK)) for pose in poses]
    assert grouped(views, [seen(0, at(0, 0)), seen(1, at(2, 1))]) == {(0, 1)}
    assert grouped(views, [seen(0, at(0, 0)), seen(1, at(7, 0))]) == {(0,), (1,)}


def test_sure_positions_need_to_be_nearer() -> None:
    views = [View(SIZE, pose, features(BLANK)) for pose in leg((0, 0), (200, 0), 2)]
    assert grouped(views, [seen(0, at(0, 0, 1.0)), seen(1, at(2, 0, 1.0))]) == {(0,), (1,)}


def test_two_things_of_one_frame_are_never_one() -> None:
    assert grouped(blind(1), [seen(0, at(0, 0)), seen(0, at(0, 0.5))]) == {(0,), (1,)}


def test_a_chain_does_not_join_two_things_of_one_frame_either() -> None:
    views = [View(SIZE, pose, features(BLANK)) for pose in leg((0, 0), (400, 0), 3)]
    found = grouped(views, [seen(0, at(0, 0)), seen(0, at(0, 3)), seen(1, at(0, 1.4)), seen(2, at(0, 1.6))])
    assert all(not {0, 1} <= set(group) for group in found)


def test_classes_are_not_mixed() -> None:
    views = [View(SIZE, pose, features(BLANK)) for pose in leg((0, 0), (200, 0), 2)]
    assert grouped(views, [seen(0, at(0, 0)), seen(1, at(0, 0), name="banner")]) == {(0,), (1,)}


def test_without_positions_and_corners_nothing_is_joined() -> None:
    assert grouped(blind(2), [seen(0, None), seen(1, None)]) == {(0,), (1,)}


def test_nothing_seen_is_nothing_found() -> None:
    assert link([], [], []) == []


def test_fusing_weighs_by_certainty() -> None:
    middle = fuse([at(0, 0, 2.0), at(9, 0, 4.0), None])
    assert middle is not None
    assert HOME.metres(middle.lat, middle.lon) == pytest.approx((1.8, 0), abs=1e-3)
    assert 2.0 <= middle.ce90_m <= 4.0
    assert fuse([None]) is None
