import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.vision.boxes import overlap
from training.evaluation.average_precision import IOUS, PictureMatches, match, score


def boxes(*rows: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


def looked(seen: list[tuple[float, tuple[float, float, float, float]]], truth: NDArray[np.float32]) -> PictureMatches:
    return PictureMatches(boxes(*(box for _, box in seen)), np.array([sure for sure, _ in seen], np.float32), truth)


A, B, C = (0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0), (50.0, 50.0, 60.0, 60.0)


def test_overlap_by_hand() -> None:
    iou = overlap(boxes(A, C), boxes(A, (5, 0, 15, 10), B))[0]
    assert iou == pytest.approx(np.array([[1, 50 / 150, 0], [0, 0, 0]]))


def test_ap_by_hand() -> None:
    # Surest first: right, wrong, right, of three labelled boxes. Precision 1 up to recall 1/3, 2/3 up to recall 2/3,
    # then nothing: of the 101 levels 34 (0 .. 0.33) stand at 1, 33 (0.34 .. 0.66) at 2/3.
    first = looked([(0.9, A), (0.8, C)], boxes(A, B))
    second = looked([(0.7, A)], boxes(A))
    assert match([first, second]).ap()[0] == pytest.approx((34 + 33 * 2 / 3) / 101)


def test_a_loose_box_is_right_at_low_overlap_alone() -> None:
    # 10 x 10 against 10 x 8: IoU 0.8
    ap = match([looked([(0.9, A)], boxes((0, 0, 10, 8)))]).ap()
    assert ap == pytest.approx((IOUS <= 0.8 + 1e-9).astype(float))


def test_the_second_box_on_one_thing_is_wrong() -> None:
    matched = match([looked([(0.9, A), (0.8, A)], boxes(A))])
    assert matched.right[:, 0].tolist() == [1, 0]


def test_the_surer_detection_chooses_first() -> None:
    near = (1.0, 0.0, 11.0, 10.0)
    matched = match([looked([(0.5, A), (0.9, near)], boxes(A))])
    assert matched.scores == pytest.approx([0.9, 0.5])
    assert matched.right[:, 0].tolist() == [1, 0]


def test_nothing_seen_is_nought_and_nothing_labelled_is_no_number() -> None:
    assert match([looked([], boxes(A))]).ap().tolist() == [0] * 10
    assert all(math.isnan(ap) for ap in match([looked([(0.5, A)], boxes())]).ap())


def test_a_class_without_labels_does_not_count_in_the_mean() -> None:
    perfect = match([looked([(0.9, A)], boxes(A))] * 3)
    absent = match([looked([(0.9, A)], boxes())] * 3)
    each, mean = score([perfect, absent], samples=20)
    assert mean.ap50.value == 1.0
    assert each[1].ap50.value == 0.0


def test_the_interval_holds_the_value_and_narrows_with_more_pictures() -> None:
    half = [looked([(0.9, A)], boxes(A)), looked([], boxes(A))]
    (few,), _ = score([match(half * 5)])
    (many,), _ = score([match(half * 50)])
    for spread in (few.ap50, many.ap50):
        assert spread.low < spread.value < spread.high
    assert many.ap50.high - many.ap50.low < (few.ap50.high - few.ap50.low) / 2


def test_the_bootstrap_is_the_same_every_time() -> None:
    matched = match([looked([(0.9, A)], boxes(A)), looked([], boxes(A)), looked([(0.5, B)], boxes(A))])
    assert score([matched]) == score([matched])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.05, 1), st.booleans()), min_size=1, max_size=12), st.integers(0, 4))
def test_a_weight_is_a_repeated_picture(seen: list[tuple[float, bool]], missed: int) -> None:
    pictures = [looked([(sure, A if good else C)], boxes(A)) for sure, good in seen]
    pictures += [looked([], boxes(A))] * missed
    weights = np.ones(len(pictures))
    weights[0] = 3
    repeated = match([pictures[0], pictures[0], *pictures])
    assert match(pictures).ap(weights) == pytest.approx(repeated.ap(), abs=0.02)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0.05, 1), st.booleans()), min_size=1, max_size=20))
def test_one_more_right_detection_never_hurts(seen: list[tuple[float, bool]]) -> None:
    pictures = [looked([(sure, A if good else C)], boxes(A, B)) for sure, good in seen]
    better = [looked([(sure, A if good else C), (0.5, B)], boxes(A, B)) for sure, good in seen[:1]]
    better += pictures[1:]
    surest = [
        PictureMatches(one.boxes, np.where(np.arange(len(one.scores)) == 1, 1.1, one.scores), one.truth)
        for one in better
    ]
    assert match(surest).ap()[0] >= match(pictures).ap()[0] - 1e-9


def test_it_agrees_with_ultralytics() -> None:
    metrics = pytest.importorskip("ultralytics.utils.metrics", reason="ultralytics is not installed")
    rng = np.random.default_rng(3)
    pictures = []
    for _ in range(40):
        truth = rng.uniform(0, 80, (4, 2)).repeat(2, axis=0).reshape(4, 4).astype(np.float32)
        truth = np.concatenate([truth[:, :2], truth[:, :2] + 15], axis=1)
        seen = np.concatenate([truth + rng.normal(0, 1.5, truth.shape), truth + 300]).astype(np.float32)
        pictures.append(PictureMatches(seen, rng.uniform(0, 1, 8).astype(np.float32), truth))
    matched = match(pictures)
    zeros = np.zeros(len(matched.scores))
    theirs = metrics.ap_per_class(matched.right > 0, matched.scores, zeros, np.zeros(160))[5]
    assert matched.ap() == pytest.approx(theirs[0], abs=0.02)
