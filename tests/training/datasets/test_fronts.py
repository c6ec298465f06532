"""Façades as a pole sees them: boxes go where their signs go, and what cannot be seen is unsure."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.fronts import SIZE, SMALLEST, street_front
from training.datasets.sample import Sample

SIGN, UNSURE = 2, 7
VIEW = np.full((90, 160, 3), 100, np.uint8)


def facade(size: int = 600) -> Sample:
    """A blue wall with one red sign, in its middle."""
    image = np.full((size, size, 3), (200, 0, 0), np.uint8)
    low, high = size * 2 // 5, size * 3 // 5
    image[low:high, low:high] = (0, 0, 250)
    return Sample(image, np.array([[low, low, high, high]], np.float32), np.array([SIGN], np.int64))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_a_sure_box_holds_its_sign(seed: int) -> None:
    shown = street_front([facade()], VIEW, UNSURE, np.random.default_rng(seed))
    assert shown.image.shape == (SIZE[1], SIZE[0], 3)
    red = (shown.image[..., 2].astype(int) - shown.image[..., 0]) > 100
    for (x1, y1, x2, y2), cls in zip(shown.boxes, shown.class_ids, strict=True):
        assert 0 <= x1 < x2 <= SIZE[0]
        assert 0 <= y1 < y2 <= SIZE[1]
        if cls == SIGN:
            rows, cols = np.nonzero(red)
            assert abs(cols.min() - x1) < 4
            assert abs(rows.max() + 1 - y2) < 4


def test_a_sign_that_is_covered_or_tiny_is_unsure() -> None:
    bare = Sample(np.full((600, 600, 3), 60, np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    seen = [street_front([facade(), bare, bare, bare], VIEW, UNSURE, np.random.default_rng(k)) for k in range(40)]
    for shown in seen:
        for box, cls in zip(shown.boxes, shown.class_ids, strict=True):
            assert cls == UNSURE or box[3] - box[1] >= min(SMALLEST, SIZE[1] - box[1])
    tiny = Sample(facade().image, np.array([[300, 300, 310, 303]], np.float32), np.array([SIGN], np.int64))
    assert set(street_front([tiny], VIEW, UNSURE, np.random.default_rng(1)).class_ids.tolist()) <= {UNSURE}


def test_a_facade_without_a_sign_has_no_box() -> None:
    bare = Sample(np.full((400, 300, 3), 60, np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    assert len(street_front([bare, bare], VIEW, UNSURE, np.random.default_rng(0)).boxes) == 0
