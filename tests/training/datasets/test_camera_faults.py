"""What cameras do to a picture, and a part of it as a longer lens shows it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.camera_faults import spoil, zoom
from training.datasets.sample import Sample

UNSURE = 7
STREET = np.random.default_rng(5).integers(0, 255, (72, 128, 3)).astype(np.uint8)


@given(st.integers(0, 100_000), st.sampled_from([(40, 64), (63, 101), (90, 160)]))
@settings(max_examples=40, deadline=None)
def test_a_spoilt_picture_is_a_picture_of_the_same_size(seed: int, size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 130, np.uint8)
    before = image.copy()
    spoilt = spoil(image, np.random.default_rng(seed))
    assert spoilt.shape == image.shape
    assert spoilt.dtype == np.uint8
    assert (image == before).all(), "the picture given stays as it is"


def test_the_same_seed_spoils_in_the_same_way_and_another_in_another() -> None:
    one, two, three = (spoil(STREET, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert (one == two).all()
    assert (one != three).any()


def test_most_pictures_stay_what_they_were_and_some_become_dark() -> None:
    smooth = np.repeat(np.repeat(STREET[::12, ::16], 12, axis=0), 16, axis=1)
    off = [np.abs(spoil(smooth, np.random.default_rng(seed)).astype(int) - smooth).mean() for seed in range(120)]
    assert np.median(off) < 40
    means = [spoil(np.full_like(STREET, 200), np.random.default_rng(seed)).mean() for seed in range(120)]
    assert np.median(means) > 150
    assert min(means) < 130


def thing(*boxes: tuple[int, int, int, int], cls: int = 0) -> Sample:
    """A black picture in which each box is white."""
    image = np.zeros((200, 300, 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = 255
    return Sample(image, np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), cls, np.int64))


boxes = st.tuples(st.integers(0, 250), st.integers(0, 150), st.integers(6, 50), st.integers(6, 50)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.integers(0, 100_000), boxes)
@settings(max_examples=60, deadline=None)
def test_the_box_of_what_is_left_of_a_thing_holds_it_exactly(seed: int, box: tuple[int, int, int, int]) -> None:
    part = zoom(thing(box), UNSURE, np.random.default_rng(seed))
    rows, cols = np.nonzero(part.image[..., 0])
    if len(part.boxes):
        (found,) = part.boxes.tolist()
        assert found == [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]
        share = len(rows) / ((box[2] - box[0]) * (box[3] - box[1]))
        assert part.class_ids.tolist() == [UNSURE if share < 0.45 else 0]
    else:
        assert not len(rows) or min(np.ptp(rows), np.ptp(cols)) < 3


@given(st.integers(0, 100_000), st.floats(0.2, 0.9), st.floats(0, 0.1))
@settings(max_examples=40, deadline=None)
def test_a_part_is_as_large_as_it_was_asked_to_be(seed: int, low: float, more: float) -> None:
    part = zoom(thing((20, 20, 60, 60)), UNSURE, np.random.default_rng(seed), (low, low + more))
    height, width = part.image.shape[:2]
    assert int(300 * low) <= width <= 300 * (low + more)
    assert int(200 * low) <= height <= 200 * (low + more)
    assert part.image.flags.c_contiguous


def test_the_whole_picture_is_itself() -> None:
    whole = thing((20, 20, 60, 60), (100, 50, 180, 150))
    part = zoom(whole, UNSURE, np.random.default_rng(0), (1.0, 1.0))
    assert (part.image == whole.image).all()
    assert (part.boxes == whole.boxes).all()


@pytest.mark.parametrize("cls", [UNSURE, UNSURE + 1])
def test_what_was_unsure_keeps_saying_what_it_leaves_open(cls: int) -> None:
    for seed in range(20):
        part = zoom(thing((0, 0, 290, 190), cls=cls), UNSURE, np.random.default_rng(seed))
        assert set(part.class_ids.tolist()) <= {cls}


def test_most_parts_are_taken_around_a_known_thing() -> None:
    shown = [
        len(zoom(thing((10, 10, 26, 26), cls=cls), UNSURE, np.random.default_rng(seed), (0.4, 0.4)).boxes)
        for cls in (0, UNSURE)
        for seed in range(60)
    ]
    assert sum(shown[:60]) > 45
    assert sum(shown[60:]) < 30, "what is unsure is nothing to look for"


def test_a_background_gives_a_background() -> None:
    part = zoom(thing(), UNSURE, np.random.default_rng(0))
    assert part.boxes.shape == (0, 4)
    assert part.class_ids.shape == (0,)
