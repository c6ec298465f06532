"""CE90 of a covariance against drawn errors."""

import numpy as np
import pytest

from detector.geometry.error_budget import ce90


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.3, 0.62, 1.0])
def test_nine_of_ten_drawn_errors_lie_inside(ratio: float) -> None:
    rng = np.random.default_rng(7)
    turn = np.array(((0.8, -0.6), (0.6, 0.8)))
    drawn = rng.normal(size=(200_000, 2)) * (3.0, 3.0 * ratio) @ turn.T
    covariance = turn @ np.diag((9.0, 9.0 * ratio**2)) @ turn.T
    assert np.mean(np.hypot(*drawn.T) <= ce90(covariance)) == pytest.approx(0.9, abs=0.003)


def test_no_error_has_no_circle() -> None:
    assert ce90(np.zeros((2, 2))) == 0.0
