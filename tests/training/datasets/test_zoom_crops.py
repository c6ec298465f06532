"""Zoomed-in crops: the sign larger, the crop of the picture's shape, and nothing half shown without a label."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.pseudo_labels import paint
from training.datasets.sample import GREY, MOST_HIDDEN, Sample
from training.datasets.zoom_crops import VISIBLE, WIDTH, zoom

Box = tuple[int, int, int, int]


def sample(*boxes: Box, classes: tuple[int, ...] = ()) -> Sample:
    image = np.random.default_rng(0).integers(0, 90, (300, 400, 3)).astype(np.uint8)
    ids = classes or (0,) * len(boxes)
    return Sample(image, np.array(boxes, np.float32).reshape(-1, 4), np.array(ids, np.int64))


signs = st.tuples(st.integers(0, 340), st.integers(0, 260), st.integers(8, 60), st.integers(8, 40)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.integers(0, 100_000), signs)
@settings(max_examples=50, deadline=None)
def test_a_small_sign_is_wholly_in_its_crop_at_its_size(seed: int, sign: Box) -> None:
    whole = sample(sign)
    before = whole.image.copy()
    crop = zoom(whole, [0], np.random.default_rng(seed))
    assert crop is not None
    assert (whole.image == before).all()
    ((x1, y1, x2, y2),) = crop.boxes.astype(int).tolist()
    assert (x2 - x1, y2 - y1) == (sign[2] - sign[0], sign[3] - sign[1])
    assert (crop.image[y1:y2, x1:x2] == before[sign[1] : sign[3], sign[0] : sign[2]]).all(), "and it is that sign"


@given(st.integers(0, 100_000), signs)
@settings(max_examples=30, deadline=None)
def test_a_crop_has_the_shape_of_its_picture(seed: int, sign: Box) -> None:
    crop = zoom(sample(sign), [0], np.random.default_rng(seed))
    assert crop is not None
    height, width = crop.image.shape[:2]
    assert width / height == pytest.approx(4 / 3, rel=0.02)
    assert WIDTH[0] * 400 - 1 <= width <= WIDTH[1] * 400 + 1


def test_a_sign_wider_than_a_crop_is_cut_and_stays_labelled() -> None:
    for seed in range(10):
        crop = zoom(sample((0, 100, 400, 140)), [0], np.random.default_rng(seed))
        assert crop is not None
        assert crop.class_ids.tolist() == [0]
        assert crop.boxes[0, 2] - crop.boxes[0, 0] == crop.image.shape[1]


def test_signs_of_the_wanted_classes_are_chosen_alone() -> None:
    here = sample((20, 20, 40, 35), (350, 260, 370, 275), classes=(1, 2))
    for seed in range(20):
        crop = zoom(here, [2, 5], np.random.default_rng(seed))
        assert crop is not None
        assert crop.class_ids.tolist() == [2]
    chosen = {int(c.class_ids[0]) for s in range(20) if (c := zoom(here, [1, 2], np.random.default_rng(s)))}
    assert chosen == {1, 2}


@given(st.integers(0, 100_000), st.lists(signs, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_what_is_cut_to_less_than_most_is_painted_or_labelled(seed: int, boxes: list[Box]) -> None:
    whole = sample(*boxes)
    crop = zoom(whole, [0], np.random.default_rng(seed))
    assert crop is not None
    assert len(crop.boxes) <= len(boxes)
    covered = (crop.image == GREY).all(axis=2)
    assert covered.mean() <= MOST_HIDDEN + 1e-9
    sizes = {(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in boxes}
    for x1, y1, x2, y2 in crop.boxes:
        part = (x2 - x1) * (y2 - y1)
        assert part > 0
        cut = min(x1, y1) == 0 or x2 == crop.image.shape[1] or y2 == crop.image.shape[0]
        assert cut or part in sizes
        if part >= VISIBLE * max(sizes):
            assert covered[int(y1) : int(y2), int(x1) : int(x2)].mean() <= MOST_HIDDEN + 1e-9


@given(
    st.lists(signs, max_size=5), st.lists(signs, max_size=8)
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_paint_never_hides_much_of_a_label_or_of_the_picture(labels: list[Box], doubts: list[Box]) -> None:
    covered = np.zeros((300, 400), np.bool_)
    known = [np.array(label, np.float32) for label in labels]
    for doubt in doubts:
        before = covered.copy()
        painted = paint(covered, np.array(doubt, np.float32), known)
        x1, y1, x2, y2 = doubt
        assert (covered >= before).all(), "what is covered stays covered"
        assert covered[y1:y2, x1:x2].all() if painted else (covered == before).all()
    assert covered.mean() <= MOST_HIDDEN
    for x1, y1, x2, y2 in labels:
        assert covered[y1:y2, x1:x2].mean() <= MOST_HIDDEN


def test_paint_covers_every_pixel_that_a_box_touches_and_none_outside() -> None:
    covered = np.zeros((20, 20), np.bool_)
    assert paint(covered, np.array([-3.0, 2.2, 4.1, 5.9], np.float32), [])
    rows, cols = np.nonzero(covered)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (2, 5, 0, 4)
