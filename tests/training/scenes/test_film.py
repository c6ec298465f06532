"""Re-rendered windows over the standing scene, and the development of linear light."""

import numpy as np
import pytest

pytest.importorskip("PIL", reason="pillow comes with the scenes extra")

from training.scenes.film import develop, laid_over, merged


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
