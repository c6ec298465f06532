"""Figures of views: unsure boxes count neither way, views weigh the same, intervals are over views."""

from pathlib import Path

import numpy as np
import pytest

from detector.vision.detections import Detections
from training.evaluation.evaluate_views import Seen, at_confidence, figure, of_classes, threshold

NAMES = ("stall", "signboard", "billboard")
HERE, THERE = [10.0, 10, 50, 50], [100.0, 10, 140, 50]


def seen(
    view: str,
    found: list[tuple[list[float], float, str]],
    truth: list[tuple[list[float], str]],
    unsure: list[tuple[list[float], tuple[str, ...]]] = (),  # type: ignore[assignment]
) -> Seen:
    boxes = np.array([box for box, _, _ in found], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score, _ in found], np.float32)
    ids = np.array([NAMES.index(name) for _, _, name in found], np.int64)
    return Seen(
        Path(f"{view}_0.jpg"),
        view,
        Detections(boxes, scores, ids, NAMES),
        np.array([box for box, _ in truth], np.float32).reshape(-1, 4),
        tuple(name for _, name in truth),
        np.array([box for box, _ in unsure], np.float32).reshape(-1, 4),
        tuple(names for _, names in unsure),
    )


def test_what_is_seen_in_an_unsure_box_is_neither_right_nor_wrong() -> None:
    one = seen("a", [(HERE, 0.9, "stall"), (THERE, 0.8, "stall")], [(THERE, "stall")], [(HERE, ("stall",))])
    looked = of_classes(one, ("stall",))
    assert looked.scores.tolist() == pytest.approx([0.8])
    assert at_confidence([one], ("stall",), 0.5) == {"a": (1, 1, 0)}


def test_a_box_that_leaves_signs_open_says_nothing_of_stalls() -> None:
    whole = [0.0, 0, 200, 100]
    one = seen("a", [(HERE, 0.9, "stall"), (THERE, 0.8, "billboard")], [], [(whole, ("signboard", "billboard"))])
    assert len(of_classes(one, ("stall",)).scores) == 1
    assert len(of_classes(one, ("billboard",)).scores) == 0


def test_a_labelled_thing_inside_an_unsure_box_counts() -> None:
    one = seen("a", [(HERE, 0.9, "stall")], [(HERE, "stall")], [([0.0, 0, 90, 90], ("stall",))])
    assert at_confidence([one], ("stall",), 0.5) == {"a": (1, 1, 0)}


def test_many_pictures_of_one_view_weigh_as_one() -> None:
    good = seen("a", [(HERE, 0.9, "stall")], [(HERE, "stall")])
    bad = seen("b", [], [(HERE, "stall")])
    assert figure([good, bad], "stall", ("stall",)).ap50.value == pytest.approx(0.5, abs=0.01)
    many = figure([good] * 9 + [bad], "stall", ("stall",))
    assert many.ap50.value == pytest.approx(0.5, abs=0.01)
    assert many.recall.value == pytest.approx(0.5)
    assert (many.boxes, many.pictures, many.views) == (10, 10, 2)
    assert many.ap50.low == 0  # of two views, one may be drawn twice


def test_two_names_of_one_sign_are_one_sign() -> None:
    one = seen("a", [(HERE, 0.9, "signboard"), (HERE, 0.6, "billboard")], [(HERE, "signboard")])
    assert at_confidence([one], ("signboard", "billboard"), 0.5) == {"a": (1, 1, 0)}


def test_recall_is_told_where_precision_is_last_reached() -> None:
    wrong, far = [200.0, 10, 240, 50], [300.0, 10, 340, 50]
    one = seen(
        "a",
        [
            (HERE, 0.9, "stall"),
            (THERE, 0.8, "stall"),
            (wrong, 0.7, "stall"),
            (wrong, 0.6, "stall"),
            (far, 0.5, "stall"),
        ],
        [(HERE, "stall"), (THERE, "stall"), (far, "stall")],
    )
    told = figure([one], "stall", ("stall",), precision=0.7)
    assert told.recall.value == pytest.approx(2 / 3, abs=1e-4)
    assert told.confidence == pytest.approx(0.8)
    assert figure([one], "stall", ("stall",), precision=0.6).recall.value == pytest.approx(1.0)


def test_nothing_labelled_gives_no_figure() -> None:
    assert figure([seen("a", [], [])], "stall", ("stall",)).ap50.value == 0


def test_a_threshold_holds_on_every_set_that_it_is_fitted_on() -> None:
    one = seen("a", [(HERE, 0.9, "stall"), (THERE, 0.3, "stall")], [(HERE, "stall"), (THERE, "stall")])
    told = figure([one], "stall", ("stall",))
    alone, both = threshold([one], told, 0.7), threshold([one], told, 0.7, lowest=0.5)
    assert (alone.confidence, alone.recall) == (0.3, 1.0)
    assert (both.confidence, both.recall, both.precision) == (0.5, 0.5, 1.0)


def test_a_threshold_above_every_score_shows_nothing() -> None:
    one = seen("a", [(HERE, 0.4, "stall")], [(HERE, "stall")])
    told = threshold([one], figure([one], "stall", ("stall",)), 0.7, lowest=0.6)
    assert (told.confidence, told.recall, told.reached) == (1.0, 0.0, False)


def test_a_class_that_is_never_right_is_not_shown() -> None:
    one = seen("a", [(THERE, 0.9, "stall")], [(HERE, "stall")])
    assert threshold([one], figure([one], "stall", ("stall",)), 0.7).confidence == 1.0
