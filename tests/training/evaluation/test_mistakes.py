"""Every detection and label is counted once, as right, wrong, doubled or missed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.vision.detections import Detections
from training.evaluation.evaluate import PredictedPicture
from training.evaluation.mistakes import MistakeKind, compare

NAMES = ("sign", "door")
SURE = {"sign": 0.5, "door": 0.5}
Thing = tuple[int, int]  # class, place: boxes of 10 x 10 pixels, 20 apart


def box(place: int) -> list[float]:
    return [place * 20, 0, place * 20 + 10, 10]


def seen(detected: list[tuple[int, int, float]], labelled: list[Thing], name: str = "a.jpg") -> PredictedPicture:
    detected = sorted(detected, key=lambda thing: -thing[2])
    boxes = np.array([box(place) for _, place, _ in detected], np.float32).reshape(-1, 4)
    scores = np.array([score for _, _, score in detected], np.float32)
    found = Detections(boxes, scores, np.array([cls for cls, _, _ in detected], np.int64), NAMES)
    truth = np.array([box(place) for _, place in labelled], np.float32).reshape(-1, 4)
    return PredictedPicture(Path(name), found, truth, np.array([cls for cls, _ in labelled], np.int64))


def test_right_wrong_missed_and_invented() -> None:
    picture = seen([(0, 0, 0.9), (1, 1, 0.8), (0, 3, 0.7), (1, 4, 0.3)], [(0, 0), (0, 1), (1, 2), (1, 4)])
    compared = compare([picture], NAMES, SURE)
    assert compared.confusion.tolist() == [
        [1, 1, 0],  # the sign at 0 is right, the one at 1 was taken for a door
        [0, 0, 2],  # nothing at 2, and at 4 nothing that is sure enough
        [1, 0, 0],  # a sign at 3, where nothing is
    ]
    (wrong,) = compared.worst(MistakeKind.WRONG_CLASS)
    assert (wrong.said, wrong.labelled, wrong.overlap) == ("door", "sign", 1.0)
    (alarm,) = compared.worst(MistakeKind.FALSE_ALARM)
    assert (alarm.said, alarm.labelled, alarm.box, alarm.overlap) == ("sign", None, (60, 0, 70, 10), 0.0)
    assert alarm.confidence == pytest.approx(0.7)
    assert [miss.box[0] for miss in compared.worst(MistakeKind.MISS)] == [40, 80]


def test_a_label_of_the_own_class_goes_before_a_surer_one_of_another() -> None:
    compared = compare([seen([(1, 0, 0.9), (0, 0, 0.6)], [(0, 0)])], NAMES, SURE)
    assert compared.confusion[0, 0] == 1
    (double,) = compared.worst(MistakeKind.FALSE_ALARM)
    assert (double.said, double.overlap) == ("door", 1.0)


def test_classes_take_turns_and_each_begins_with_its_surest() -> None:
    alarms = [(0, 0, 0.99), (0, 1, 0.98), (0, 2, 0.97), (1, 3, 0.6), (1, 4, 0.7)]
    worst = compare([seen(alarms, [])], NAMES, SURE).worst(MistakeKind.FALSE_ALARM)
    assert [mistake.said for mistake in worst] == ["sign", "door", "sign", "door", "sign"]
    assert [round(mistake.confidence or 0, 2) for mistake in worst] == [0.99, 0.7, 0.98, 0.6, 0.97]


def test_classes_that_the_set_does_not_label_are_no_mistakes() -> None:
    compared = compare([seen([(1, 0, 0.9)], [])], ("sign",), {"sign": 0.5})
    assert compared.mistakes == ()
    assert compared.confusion.tolist() == [[0, 0], [0, 0]]


things = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), max_size=8)


@given(detected=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5), st.floats(0, 1)), max_size=8), labelled=things)
def test_the_confusion_counts_every_box_once(detected: list[tuple[int, int, float]], labelled: list[Thing]) -> None:
    compared = compare([seen(detected, labelled)], NAMES, SURE)
    sure = [cls for cls, _, score in detected if np.float32(score) >= 0.5]
    for index in range(2):
        assert compared.confusion[index].sum() == sum(cls == index for cls, _ in labelled)
        assert compared.confusion[:, index].sum() == sum(cls == index for cls in sure)
    assert compared.confusion[-1, -1] == 0
    right = int(np.trace(compared.confusion))
    wrong = len(compared.worst(MistakeKind.WRONG_CLASS))
    assert right + wrong + len(compared.worst(MistakeKind.FALSE_ALARM)) == len(sure)
    assert right + wrong + len(compared.worst(MistakeKind.MISS)) == len(labelled)
