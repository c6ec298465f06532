"""Figures of views: unsure boxes count neither way, views weigh the same, intervals are over views."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.vision.detections import Detections
from training.evaluation.evaluate_views import (
    ANY_SIGN,
    ViewPicture,
    at_confidence,
    class_metrics,
    figure,
    figures,
    of_classes,
    threshold,
    view_weights,
)

NAMES = ("stall", "signboard", "billboard")
HERE, THERE = [10.0, 10, 50, 50], [100.0, 10, 140, 50]


def seen(
    view: str,
    found: list[tuple[list[float], float, str]],
    truth: list[tuple[list[float], str]],
    unsure: list[tuple[list[float], tuple[str, ...]]] = (),  # type: ignore[assignment]
) -> ViewPicture:
    boxes = np.array([box for box, _, _ in found], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score, _ in found], np.float32)
    ids = np.array([NAMES.index(name) for _, _, name in found], np.int64)
    return ViewPicture(
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


def test_a_confidence_that_equal_scores_share_lets_all_of_them_in() -> None:
    wrong, far = [200.0, 10, 240, 50], [300.0, 10, 340, 50]
    one = seen(
        "a",
        [(HERE, 0.9, "stall"), (THERE, 0.5, "stall"), (wrong, 0.5, "stall"), (far, 0.5, "stall")],
        [(HERE, "stall"), (THERE, "stall")],
    )
    told = figure([one], "stall", ("stall",), precision=0.7)
    assert told.confidence == pytest.approx(0.9), "from 0.5 on, two of four are right"
    assert told.recall.value == pytest.approx(0.5)
    found, labelled, false = at_confidence([one], ("stall",), told.confidence)["a"]
    assert (found, labelled, false) == (1, 2, 0)


def test_precision_that_is_never_reached_is_said_as_no_recall() -> None:
    told = figure([seen("a", [(THERE, 0.9, "stall")], [(HERE, "stall")])], "stall", ("stall",))
    assert (told.recall.value, told.confidence) == (0.0, 1.0)


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=30))
def test_every_view_weighs_one(views: list[str]) -> None:
    weights = view_weights(views)
    assert weights.sum() == pytest.approx(len(set(views)))
    for view in set(views):
        assert sum(w for w, v in zip(weights, views, strict=True) if v == view) == pytest.approx(1)


def test_any_sign_is_told_only_where_there_are_several_kinds() -> None:
    one = seen("a", [(HERE, 0.9, "signboard")], [(HERE, "billboard")])
    assert [each.name for each in figures([one], ("stall", "signboard"))] == ["stall", "signboard"]
    told = {each.name: each for each in figures([one], NAMES)}
    assert list(told) == [*NAMES, ANY_SIGN]
    assert told["billboard"].ap50.value == 0
    assert told[ANY_SIGN].ap50.value == pytest.approx(1), "under another name it is the same sign"


@pytest.mark.parametrize(("share", "left"), [(0.49, 1), (0.51, 0)])
def test_half_of_a_detection_in_an_unsure_box_takes_it_out(share: float, left: int) -> None:
    area = [10.0, 10, 10 + 40 * share, 50]
    one = seen("a", [(HERE, 0.9, "stall")], [], [(area, ("stall",))])
    assert len(of_classes(one, ("stall",)).scores) == left


def test_a_detection_in_two_unsure_boxes_that_each_hold_less_than_half_counts() -> None:
    one = seen("a", [(HERE, 0.9, "stall")], [], [([10.0, 10, 26, 50], ("stall",)), ([34.0, 10, 50, 50], ("stall",))])
    assert len(of_classes(one, ("stall",)).scores) == 1


def test_false_alarms_and_misses_are_told_view_by_view() -> None:
    pictures = [
        seen("a", [(HERE, 0.9, "stall")], [(HERE, "stall")]),
        seen("a", [(THERE, 0.9, "stall")], [(HERE, "stall")]),
        seen("b", [(THERE, 0.3, "stall")], []),
    ]
    assert at_confidence(pictures, ("stall",), 0.5) == {"a": (1, 2, 1), "b": (0, 0, 0)}
    assert at_confidence(pictures, ("stall",), 0.2)["b"] == (0, 0, 1)


def test_a_card_gets_the_counts_and_intervals_of_a_figure() -> None:
    told = figure([seen("a", [(HERE, 0.9, "stall")], [(HERE, "stall"), (THERE, "stall")])], "stall", ("stall",))
    metrics = class_metrics(told)
    assert (metrics.pictures, metrics.boxes) == (1, 2)
    assert (metrics.ap50, metrics.ap50_95) == (told.ap50, told.ap50_95)
