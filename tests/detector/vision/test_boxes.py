"""How much boxes overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Box

side = st.floats(0.5, 500, allow_nan=False)
start = st.floats(-500, 500, allow_nan=False)
box = st.tuples(start, start, side, side).map(lambda one: (one[0], one[1], one[0] + one[2], one[1] + one[3]))


def test_by_hand() -> None:
    iou, inside, around = overlap(
        as_array([(0, 0, 10, 10)]), as_array([(5, 0, 15, 10), (0, 0, 20, 20), (20, 20, 30, 30)])
    )
    assert iou[0] == pytest.approx([1 / 3, 1 / 4, 0])
    assert inside[0] == pytest.approx([1 / 2, 1, 0])
    assert around[0] == pytest.approx([1 / 2, 1 / 4, 0])


@given(st.lists(box, max_size=4), st.lists(box, max_size=4))
def test_the_other_way_round_is_the_transpose(a: list[Box], b: list[Box]) -> None:
    there, back = overlap(as_array(a), as_array(b)), overlap(as_array(b), as_array(a))
    assert there[0].shape == (len(a), len(b))
    assert there[0] == pytest.approx(back[0].T)
    assert there[1] == pytest.approx(back[2].T)
    assert all((part >= 0).all() and (part <= 1 + 1e-6).all() for part in there)


@given(box)
def test_a_box_overlaps_itself_whole(one: Box) -> None:
    assert [part.item() for part in overlap(as_array([one]), as_array([one]))] == pytest.approx([1, 1, 1])


def test_boxes_of_single_precision_and_without_area() -> None:
    flat = np.array([[3, 3, 3, 3]], np.float32)
    assert [part.item() for part in overlap(flat, flat)] == [0, 0, 0]
