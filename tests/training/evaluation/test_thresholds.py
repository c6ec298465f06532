"""Thresholds: the lowest confidence that is precise enough, and true figures of what it lets in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.evaluation.average_precision import IOUS, Matched
from training.evaluation.thresholds import DEFAULT_CONFIDENCE, fit_threshold


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


def test_a_class_that_is_never_sure_is_cut_at_the_least_confidence() -> None:
    fitted = fit_threshold(matched([0.2, 0.15, 0.1], [1, 1, 0], 4), 0.8)
    assert not fitted.reached
    assert fitted.confidence == DEFAULT_CONFIDENCE
    assert (fitted.precision, fitted.recall) == (0.0, 0.0), "nothing is let in, so nothing is found"


detections = st.lists(st.tuples(st.integers(0, 40).map(lambda n: n / 40), st.booleans()), max_size=40)


@given(detections, st.integers(0, 8), st.sampled_from([0.5, 0.7, 0.8, 0.95]))
def test_what_is_told_of_a_threshold_is_what_it_lets_in(
    seen: list[tuple[float, bool]], missed: int, wanted: float
) -> None:
    seen = sorted(seen, key=lambda one: -one[0])
    labelled = sum(right for _, right in seen) + missed
    fitted = fit_threshold(matched([score for score, _ in seen], [int(right) for _, right in seen], labelled), wanted)
    let_in = [right for score, right in seen if score >= fitted.confidence]
    assert fitted.recall == pytest.approx(sum(let_in) / max(labelled, 1), abs=1e-4)
    if let_in and any(right for _, right in seen):
        assert fitted.precision == pytest.approx(sum(let_in) / len(let_in), abs=1e-4)
    if fitted.reached:
        assert fitted.precision >= wanted - 1e-4
        assert len(let_in) >= 5
    elif any(right for _, right in seen):
        assert fitted.confidence >= DEFAULT_CONFIDENCE


@given(detections, st.integers(0, 8), st.sampled_from([0.5, 0.7, 0.8, 0.95]))
def test_no_lower_confidence_would_have_done(seen: list[tuple[float, bool]], missed: int, wanted: float) -> None:
    seen = sorted(seen, key=lambda one: -one[0])
    labelled = sum(right for _, right in seen) + missed
    fitted = fit_threshold(matched([score for score, _ in seen], [int(right) for _, right in seen], labelled), wanted)
    good = []
    for confidence in {score for score, _ in seen}:
        let_in = [right for score, right in seen if score >= confidence]
        if len(let_in) >= 5 and sum(let_in) / len(let_in) >= wanted:
            good.append(confidence)
    assert fitted.reached == bool(good)
    if good:
        assert fitted.confidence == pytest.approx(min(good), abs=0.001)


def test_more_is_wanted_and_less_is_found() -> None:
    scores, right = [n / 20 for n in range(20, 0, -1)], [1] * 8 + [0, 1] * 6
    recalls = [fit_threshold(matched(scores, right, 16), wanted).recall for wanted in (0.5, 0.8, 0.9, 1.0)]
    assert recalls == sorted(recalls, reverse=True)
    assert recalls[0] > recalls[-1] > 0
