"""Re-rendered windows over the standing scene, and the development of linear light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("PIL", reason="pillow comes with the scenes extra")

from training.scenes.film import WINDOW_COST, develop, laid_over, merged


def test_windows_that_touch_are_rendered_once() -> None:
    assert merged([(0, 0, 100, 100), (50, 50, 150, 150)]) == [(0, 0, 150, 150)]


def test_windows_far_apart_stay_apart() -> None:
    windows = [(0, 0, 50, 50), (1000, 600, 1050, 650)]
    assert sorted(merged(windows)) == windows


def test_every_window_is_covered_by_the_merged_ones() -> None:
    rng = np.random.default_rng(3)
    windows = []
    for _ in range(40):
        x, y = int(rng.integers(0, 1100)), int(rng.integers(0, 600))
        windows.append((x, y, x + int(rng.integers(5, 180)), y + int(rng.integers(5, 120))))
    joined = merged(windows)
    assert len(joined) < len(windows)
    for x1, y1, x2, y2 in windows:
        assert any(a <= x1 and b <= y1 and c >= x2 and d >= y2 for a, b, c, d in joined)


def test_what_changed_is_taken_and_what_did_not_keeps_the_cleaner_pixels() -> None:
    rng = np.random.default_rng(4)
    base = np.full((60, 80, 3), 0.3, dtype=np.float32)
    part = base * (1 + 0.02 * rng.standard_normal(base.shape).astype(np.float32))
    part[20:40, 30:50] = 0.9
    mixed = laid_over(base, part)
    assert mixed[25:35, 35:45] == pytest.approx(0.9, abs=1e-4)
    assert mixed[:10] == pytest.approx(0.3, abs=1e-6)


def test_developing_is_monotonic_and_keeps_black() -> None:
    ramp = np.repeat(np.linspace(0, 8, 200, dtype=np.float32)[None, :, None], 3, axis=2)
    shown = develop(ramp)[0, :, 0].astype(int)
    assert shown[0] == 0
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] >= 250


windows = st.tuples(st.integers(0, 1100), st.integers(0, 600), st.integers(1, 400), st.integers(1, 300)).map(
    lambda w: (w[0], w[1], w[0] + w[2], w[1] + w[3])
)


def cost(some: list[tuple[int, int, int, int]]) -> int:
    return sum((x2 - x1) * (y2 - y1) + WINDOW_COST for x1, y1, x2, y2 in some)


@given(st.lists(windows, max_size=10))
@settings(max_examples=40, deadline=None)
def test_joining_covers_all_costs_no_more_and_ends(given_windows: list[tuple[int, int, int, int]]) -> None:
    joined = merged(given_windows)
    assert cost(joined) <= cost(given_windows)
    assert merged(joined) == joined, "nothing more is to be gained"
    for x1, y1, x2, y2 in given_windows:
        assert any(a <= x1 and b <= y1 and c >= x2 and d >= y2 for a, b, c, d in joined)
    for edge in range(4):
        assert {window[edge] for window in joined} <= {window[edge] for window in given_windows}


def test_joining_leaves_the_windows_given_as_they_are() -> None:
    given_windows = [(0, 0, 100, 100), (50, 50, 150, 150), (0, 0, 100, 100)]
    before = list(given_windows)
    assert merged(given_windows) == [(0, 0, 150, 150)]
    assert given_windows == before
    assert merged([]) == []


@pytest.mark.parametrize(("gap", "count"), [(100, 1), (400, 2)])
def test_two_are_joined_where_that_costs_less_than_a_call(gap: int, count: int) -> None:
    # between them lie 100 x gap pixels, and a call costs 25,000
    assert len(merged([(0, 0, 100, 100), (100 + gap, 0, 200 + gap, 100)])) == count


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_what_is_laid_over_lies_between_both(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base, part = (rng.random((30, 40, 3), np.float32) for _ in "ab")
    mixed = laid_over(base, part)
    assert (mixed >= np.minimum(base, part) - 1e-5).all()
    assert (mixed <= np.maximum(base, part) + 1e-5).all()
    assert laid_over(base, base) == pytest.approx(base)


def test_a_single_grainy_pixel_is_no_change() -> None:
    base = np.full((20, 20, 3), 0.3, np.float32)
    part = base.copy()
    part[10, 10] = 0.9
    assert laid_over(base, part) == pytest.approx(base)


def test_a_longer_exposure_is_brighter_and_white_stays_white() -> None:
    grey = np.full((2, 2, 3), 0.18, np.float32)
    shown = [int(develop(grey, exposure)[0, 0, 0]) for exposure in (0.5, 1.0, 2.0, 4.0)]
    assert shown == sorted(set(shown))
    assert (develop(np.full((2, 2, 3), 1000.0, np.float32)) == 255).all()
    assert develop(grey).dtype == np.uint8
