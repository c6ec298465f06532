import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.average_precision import IOUS, Matched
from training.evaluation.thresholds import fit_threshold


def matched(scores: list[float], right: list[int], labelled: int) -> Matched:
    column: NDArray[np.float64] = np.array(right, np.float64).reshape(-1, 1)
    return Matched(
        np.array(scores), np.zeros(len(scores), np.intp), np.tile(column, len(IOUS)), np.array([labelled], np.float64)
    )


def test_the_lowest_confidence_that_is_precise_enough() -> None:
    # precision after each: 1 1 1 1 1 5/6 6/7 6/8
    fitted = fit_threshold(matched([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], [1, 1, 1, 1, 1, 0, 1, 0], 10), 0.8)
    assert fitted.reached
    assert fitted.confidence == pytest.approx(0.3)
    assert fitted.precision == pytest.approx(6 / 7, abs=1e-4)
    assert fitted.recall == pytest.approx(0.6)


def test_the_detection_at_the_threshold_stays_in() -> None:
    score = 0.30049
    fitted = fit_threshold(matched([0.9, 0.8, 0.7, 0.6, score], [1, 1, 1, 1, 1], 5), 0.9)
    assert fitted.confidence <= score


def test_equal_scores_are_not_torn_apart() -> None:
    # 5 of 5 right, then three at 0.5 of which the first is right: a cut at 0.5 lets all three in
    fitted = fit_threshold(matched([0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5], [1, 1, 1, 1, 1, 1, 0, 0], 6), 0.8)
    assert fitted.confidence == pytest.approx(0.9)


def test_a_few_lucky_detections_are_not_enough() -> None:
    fitted = fit_threshold(matched([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 0, 0], 4), 0.8)
    assert not fitted.reached
    assert fitted.confidence == pytest.approx(0.8)  # the best F1


def test_a_class_that_never_gets_precise_is_not_believed_at_next_to_nothing() -> None:
    # the best F1 would be at 0.05, with everything let in
    scores, right = [0.6, 0.4, 0.3, 0.1, 0.09, 0.08, 0.07, 0.06, 0.05], [0, 1, 0, 1, 0, 1, 0, 1, 1]
    fitted = fit_threshold(matched(scores, right, 5), 0.8)
    assert not fitted.reached
    assert fitted.confidence == pytest.approx(0.3)
    assert fitted.precision == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize(("scores", "right"), [([], []), ([0.9, 0.4], [0, 0])])
def test_a_class_that_is_never_right_is_never_believed(scores: list[float], right: list[int]) -> None:
    fitted = fit_threshold(matched(scores, right, 3), 0.8)
    assert not fitted.reached
    assert fitted.confidence == 1.0
