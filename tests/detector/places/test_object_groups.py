"""Everyday objects that stay together look like a stall; lone ones do not."""

import numpy as np
import pytest

from detector.places.object_groups import find_groups, find_lone
from detector.vision.detections import Box, Detections

NAMES = ("umbrella", "dining table", "chair", "bench", "handbag", "potted plant", "car", "person")
PARASOL: Box = (100, 100, 220, 150)
TABLE: Box = (120, 170, 210, 220)


def seen(*things: tuple[str, Box], score: float = 0.7) -> Detections:
    boxes = np.array([box for _, box in things], np.float32).reshape(-1, 4)
    ids = np.array([NAMES.index(name) for name, _ in things], np.int64)
    return Detections(boxes, np.full(len(things), score, np.float32), ids, NAMES)


def test_a_parasol_over_a_table_is_one_proposal_that_holds_both() -> None:
    found = find_groups(seen(("umbrella", PARASOL), ("dining table", TABLE), ("person", (300, 100, 330, 220))))
    assert [(one.box, one.class_name, one.found_by) for one in found] == [((100, 100, 220, 220), "stall", "objects")]
    assert 0 < found[0].confidence < 0.5


@pytest.mark.parametrize(
    "things",
    [
        [("umbrella", PARASOL)],
        [("chair", PARASOL), ("bench", TABLE)],
        [("handbag", PARASOL), ("potted plant", TABLE)],
        [("umbrella", PARASOL), ("dining table", (700, 170, 790, 220))],
        [("car", PARASOL), ("person", TABLE)],
    ],
)
def test_what_is_alone_or_only_to_sit_on_is_no_stall(things: list[tuple[str, Box]]) -> None:
    assert find_groups(seen(*things)) == []


def test_faint_objects_do_not_count() -> None:
    assert find_groups(seen(("umbrella", PARASOL), ("dining table", TABLE), score=0.2)) == []


def test_a_chain_of_things_is_one_group_whatever_their_order() -> None:
    chain = [("umbrella", PARASOL), ("chair", (300, 170, 340, 220)), ("dining table", (200, 170, 295, 220))]
    for order in (chain, chain[::-1], [chain[1], chain[0], chain[2]]):
        assert [one.box for one in find_groups(seen(*order))] == [(100, 100, 340, 220)]


def test_a_lone_parasol_reaches_down_to_the_ground_and_a_lone_chair_is_nothing() -> None:
    (found,) = find_lone(seen(("umbrella", PARASOL), ("chair", TABLE)), height=640)
    assert found.box == pytest.approx((100, 100, 220, 232))
    (cut,) = find_lone(seen(("umbrella", PARASOL)), height=200)
    assert cut.box[3] == 200


def test_a_parasol_over_a_motorcycle_is_its_riders() -> None:
    names = ("umbrella", "motorcycle")
    boxes = np.array([PARASOL, (130, 140, 190, 225)], np.float32)
    riding = Detections(boxes, np.array([0.7, 0.7], np.float32), np.array([0, 1]), names)
    assert find_lone(riding, 640) == []


def test_a_lone_parasol_counts_however_faint_and_tells_the_more_the_surer_it_is() -> None:
    faint, clear = (find_lone(seen(("umbrella", PARASOL), score=score), 640)[0] for score in (0.15, 0.7))
    assert faint.support[0].log_odds < clear.support[0].log_odds
    assert find_lone(seen(("umbrella", PARASOL), score=0.05), 640) == []
