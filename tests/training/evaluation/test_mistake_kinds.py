"""Mistakes one by one: whose they are, how near they were, and which are shown first."""

from pathlib import Path

import numpy as np
import pytest

from detector.vision.detections import Detections
from training.evaluation.evaluate import PredictedPicture
from training.evaluation.mistakes import SAME_PLACE, Mistake, MistakeComparison, MistakeKind, believed, compare

NAMES = ("sign", "door")
Told = tuple[str, tuple[float, float, float, float], float]


def picture(
    detected: list[Told],
    labelled: list[tuple[str, tuple[float, float, float, float]]],
    knows: tuple[str, ...] = NAMES,
) -> PredictedPicture:
    return PredictedPicture(
        Path("a.jpg"),
        Detections(
            np.array([box for _, box, _ in detected], np.float32).reshape(-1, 4),
            np.array([score for _, _, score in detected], np.float32),
            np.array([knows.index(name) for name, _, _ in detected], np.int64),
            knows,
        ),
        np.array([box for _, box in labelled], np.float32).reshape(-1, 4),
        np.array([NAMES.index(name) for name, _ in labelled], np.int64),
    )


@pytest.mark.parametrize(("right", "kinds"), [(15.0, []), (25.0, [MistakeKind.FALSE_ALARM, MistakeKind.MISS])])
def test_half_an_overlap_is_the_border_between_right_and_loose(right: float, kinds: list[MistakeKind]) -> None:
    # a label of 10 x 10; the detection is 10 high and `right` wide: 10/15 and 10/25 of the union
    compared = compare([picture([("sign", (0, 0, right, 10), 0.9)], [("sign", (0, 0, 10, 10))])], NAMES, {"sign": 0.5})
    assert [mistake.kind for mistake in compared.mistakes] == kinds
    for mistake in compared.mistakes:
        assert mistake.overlap == pytest.approx(0.4)
        assert mistake.overlap < SAME_PLACE


def test_two_boxes_on_one_label_are_one_right_and_one_double() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    compared = compare([picture([("sign", box, 0.9), ("sign", box, 0.8)], [("sign", box)])], NAMES, {"sign": 0.5})
    (double,) = compared.mistakes
    assert (double.kind, double.overlap, double.name) == (MistakeKind.FALSE_ALARM, 1.0, "sign")
    assert double.confidence == pytest.approx(0.8)
    assert compared.confusion.tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]


def test_each_class_has_its_own_threshold_and_one_without_is_never_believed() -> None:
    told: list[Told] = [("sign", (0, 0, 9, 9), 0.6), ("door", (20, 0, 29, 9), 0.6), ("other", (40, 0, 49, 9), 0.99)]
    one = picture(told, [], knows=(*NAMES, "other"))
    assert believed(one, {"sign": 0.5, "door": 0.7}).tolist() == [True, False, False]
    assert believed(one, {"sign": 0.7, "door": 0.5}).tolist() == [False, True, False]
    assert believed(one, {}).tolist() == [False] * 3


def test_a_detector_that_counts_its_classes_otherwise_is_read_by_their_names() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    one = picture([("door", box, 0.9)], [("door", box)], knows=("window", "door", "sign"))
    compared = compare([one], NAMES, {"sign": 0.5, "door": 0.5})
    assert compared.mistakes == ()
    assert compared.confusion[1, 1] == 1


def test_nothing_seen_and_nothing_labelled_is_no_mistake() -> None:
    compared = compare([picture([], [])], NAMES, {"sign": 0.5})
    assert compared.mistakes == ()
    assert compared.confusion.sum() == 0
    assert compare([], NAMES, {}).confusion.shape == (3, 3)


def miss(name: str, size: float) -> Mistake:
    return Mistake(MistakeKind.MISS, Path("a.jpg"), (0, 0, size, size), name, None, None, 0.0)


def test_the_largest_misses_come_first_within_their_class_and_classes_take_turns() -> None:
    mistakes = (miss("sign", 5), miss("sign", 50), miss("door", 7), miss("sign", 20), miss("door", 9))
    worst = MistakeComparison(np.zeros((3, 3), np.int64), mistakes).worst(MistakeKind.MISS)
    assert [(one.name, one.box[2]) for one in worst] == [
        ("sign", 50), ("door", 9), ("sign", 20), ("door", 7), ("sign", 5),
    ]  # fmt: skip


def test_other_kinds_are_not_among_the_worst() -> None:
    compared = MistakeComparison(np.zeros((3, 3), np.int64), (miss("sign", 5),))
    assert compared.worst(MistakeKind.FALSE_ALARM) == []
    assert compared.worst(MistakeKind.WRONG_CLASS) == []
