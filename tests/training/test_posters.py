"""Posters lie inside windows, nothing else moves, and a window that one fills is called a poster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.posters import SMALLEST, Kinds, cuttings, one_name, put_up
from training.sample import Sample

POSTER, SIGN, WINDOW, DOOR = range(4)
KINDS = Kinds(cut=(POSTER, SIGN), window=WINDOW, poster=POSTER)


def sample(*labels: tuple[int, tuple[int, int, int, int]], tone: int = 90) -> Sample:
    boxes = np.array([box for _, box in labels], np.float32).reshape(-1, 4)
    return Sample(np.full((200, 300, 3), tone, np.uint8), boxes, np.array([cls for cls, _ in labels], np.int64))


def test_posters_and_signs_are_cut_out_unless_they_are_tiny_or_long() -> None:
    cut = cuttings(
        [sample((POSTER, (10, 10, 50, 60)), (SIGN, (0, 0, 30, 30)), (SIGN, (0, 0, 290, 30)), (DOOR, (0, 0, 60, 90)))],
        KINDS,
    )
    assert [piece.shape[:2] for piece in cut] == [(50, 40), (30, 30)]
    assert cuttings([sample((POSTER, (10, 10, 10 + SMALLEST - 1, 60)))], KINDS) == ()


@given(seed=st.integers(0, 10_000))
def test_what_is_put_up_lies_in_a_free_window_and_is_to_be_seen(seed: int) -> None:
    before = sample(
        (WINDOW, (20, 20, 90, 120)),
        (WINDOW, (150, 20, 180, 60)),
        (WINDOW, (200, 20, 220, 40)),
        (DOOR, (200, 90, 260, 190)),
    )
    cut = [np.full((40, 30, 3), 250, np.uint8), np.full((30, 40, 3), 250, np.uint8)]
    after = put_up(before, cut, KINDS, np.random.default_rng(seed))
    assert after is not None
    posters = after.boxes[after.class_ids == POSTER]
    assert 1 <= len(posters) <= 2, "the third window is too small"
    for x1, y1, x2, y2 in posters.astype(int):
        assert any(a <= x1 < x2 <= c and b <= y1 < y2 <= d for a, b, c, d in ((20, 20, 90, 120), (150, 20, 180, 60)))
        assert (after.image[y1:y2, x1:x2] > 110).all()
    changed = np.any(after.image != before.image, axis=2)
    for x1, y1, x2, y2 in posters.astype(int):
        changed[y1:y2, x1:x2] = False
    assert not changed.any()
    assert (before.image == 90).all(), "the sample itself stays as it is"


def test_a_window_with_a_poster_in_it_gets_no_second_one() -> None:
    labelled = sample((WINDOW, (20, 20, 90, 120)), (POSTER, (30, 30, 60, 60)))
    assert put_up(labelled, [np.zeros((40, 30, 3), np.uint8)], KINDS, np.random.default_rng(0)) is None
    assert put_up(sample((WINDOW, (20, 20, 90, 120))), [], KINDS, np.random.default_rng(0)) is None


@pytest.mark.parametrize(("poster", "left"), [((20, 20, 90, 110), 1), ((20, 20, 60, 60), 2)])
def test_a_window_that_a_poster_fills_is_no_window_of_its_own(poster: tuple[int, int, int, int], left: int) -> None:
    kept = one_name(sample((WINDOW, (20, 20, 90, 120)), (POSTER, poster)), KINDS)
    assert len(kept.boxes) == left
    assert POSTER in kept.class_ids
