"""Average precision against a slow reckoning that follows COCO's words, and paired gains."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.average_precision import IOUS, Matched, PictureMatches, gain, match, score

Box = tuple[int, int, int, int]


def iou(a: Box, b: Box) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(0, wide) * max(0, high)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def slow_ap(pictures: list[tuple[list[tuple[Box, float]], list[Box]]], wanted: float) -> float:
    """AP of one class: every detection in turn, every level of recall by itself."""
    told: list[tuple[float, bool]] = []
    for detected, truth in pictures:
        free = list(range(len(truth)))
        for box, sure in sorted(detected, key=lambda one: -one[1]):
            best = max(free, key=lambda k: iou(box, truth[k]), default=None)
            right = best is not None and iou(box, truth[best]) >= wanted
            if right and best is not None:
                free.remove(best)
            told.append((sure, right))
    told.sort(key=lambda one: -one[0])
    labelled = sum(len(truth) for _, truth in pictures)
    points = []
    for n in range(1, len(told) + 1):
        hits = sum(right for _, right in told[:n])
        points.append((hits / labelled, hits / n))
    levels = [max((p for r, p in points if r >= level / 100 - 1e-9), default=0.0) for level in range(101)]
    return sum(levels) / 101


boxes = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(3, 8), st.integers(3, 8)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@st.composite
def scenes(draw: st.DrawFn) -> list[tuple[list[tuple[Box, float]], list[Box]]]:
    """A few pictures; no two detections are equally sure, so their order is the only one."""
    count = draw(st.integers(1, 3))
    detected = [draw(st.lists(boxes, max_size=5)) for _ in range(count)]
    truth = [draw(st.lists(boxes, min_size=1 if n == 0 else 0, max_size=4)) for n in range(count)]
    total = sum(map(len, detected))
    sure = iter(draw(st.permutations(range(1, total + 1))))
    return [
        ([(box, next(sure) / (total + 1)) for box in found], there)
        for found, there in zip(detected, truth, strict=True)
    ]


def looked(detected: list[tuple[Box, float]], truth: list[Box]) -> PictureMatches:
    return PictureMatches(
        np.array([box for box, _ in detected], np.float32).reshape(-1, 4),
        np.array([sure for _, sure in detected], np.float32),
        np.array(truth, np.float32).reshape(-1, 4),
    )


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_every_iou_agrees_with_the_slow_reckoning(pictures: list[tuple[list[tuple[Box, float]], list[Box]]]) -> None:
    found = match([looked(*one) for one in pictures]).ap()
    for value, wanted in zip(found, IOUS, strict=True):
        assert value == pytest.approx(slow_ap(pictures, float(wanted)), abs=1e-6)


@given(scenes())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_pictures_is_nothing(pictures: list[tuple[list[tuple[Box, float]], list[Box]]]) -> None:
    one, two = (match([looked(*each) for each in some]) for some in (pictures, pictures[::-1]))
    assert one.ap() == pytest.approx(two.ap())
    assert (one.picture == len(pictures) - 1 - two.picture).all()
    assert (one.right == two.right).all()


@given(scenes())
@settings(max_examples=40, deadline=None)
def test_no_label_is_found_twice_and_the_surest_stand_first(
    pictures: list[tuple[list[tuple[Box, float]], list[Box]]],
) -> None:
    matched = match([looked(*one) for one in pictures])
    for number, (_, truth) in enumerate(pictures):
        assert (matched.right[matched.picture == number].sum(axis=0) <= len(truth)).all()
    assert (np.diff(matched.scores) <= 0).all()


@given(scenes())
@settings(max_examples=30, deadline=None)
def test_precision_and_recall_are_shares_and_recall_never_falls(
    pictures: list[tuple[list[tuple[Box, float]], list[Box]]],
) -> None:
    matched = match([looked(*one) for one in pictures])
    precision, recall = matched.precision_recall()
    assert len(precision) == len(recall) == sum(len(found) for found, _ in pictures)
    for values in (precision, recall):
        assert ((values >= 0) & (values <= 1)).all()
    assert (np.diff(recall) >= 0).all()
    if len(precision):
        assert precision[0] in (0.0, 1.0)


def wholly(right: list[bool], labelled: list[int]) -> Matched:
    """One detection a picture, right at every IoU or at none."""
    return Matched(
        np.linspace(0.9, 0.1, len(right)),
        np.arange(len(right), dtype=np.intp),
        np.repeat(np.array(right, np.float64)[:, None], len(IOUS), axis=1),
        np.array(labelled, np.float64),
    )


def test_a_weight_of_nought_takes_a_picture_away() -> None:
    both = wholly([True, False], [1, 1])
    assert both.ap(np.array([1.0, 0.0])) == pytest.approx(1.0)
    assert both.ap(np.array([0.0, 1.0])) == pytest.approx(0.0)
    assert np.isnan(wholly([True], [1]).ap(np.array([0.0]))).all()


def test_a_class_that_was_not_known_before_gains_all_that_it_has() -> None:
    after = wholly([True, True, False], [1, 1, 1])
    gained, mean = gain([None], [after], samples=50)
    assert gained.ap50.value == pytest.approx(float(after.ap()[0]))
    assert mean.ap50.value == pytest.approx(gained.ap50.value)


def test_a_gain_turned_round_is_a_loss_of_the_same_size() -> None:
    weak, strong = wholly([True, False, False, True], [1] * 4), wholly([True, True, False, True], [1] * 4)
    forth, _ = gain([weak], [strong], samples=200)
    back, _ = gain([strong], [weak], samples=200)
    assert forth.ap50.value == pytest.approx(-back.ap50.value)
    assert forth.ap50.low == pytest.approx(-back.ap50.high, abs=1e-9)
    assert forth.ap50.value > 0


def test_before_and_after_are_of_the_same_classes() -> None:
    one = wholly([True], [1])
    with pytest.raises(ValueError, match="zip"):
        gain([one], [one, one], samples=5)


def test_the_mean_over_classes_is_of_the_labelled_ones() -> None:
    good, bad, absent = wholly([True, True], [1, 1]), wholly([False, False], [1, 1]), wholly([False, False], [0, 0])
    each, mean = score([good, bad, absent], samples=100)
    assert [one.ap50.value for one in each] == pytest.approx([1.0, 0.0, 0.0])
    assert mean.ap50.value == pytest.approx(0.5)
    assert math.isclose(mean.ap50_95.value, 0.5)
    assert mean.ap50.low == mean.ap50.high == pytest.approx(0.5), "every resample has the same two classes"


def test_nothing_labelled_at_all_is_nought_and_not_nan() -> None:
    absent = wholly([False], [0])
    each, mean = score([absent], samples=5)
    gained = gain([absent], [absent], samples=5)
    for one in (*each, mean, *gained):
        assert (one.ap50.value, one.ap50.low, one.ap50.high) == (0.0, 0.0, 0.0)
