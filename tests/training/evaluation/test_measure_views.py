"""A card's figures and thresholds of fixed-camera views, by a detector whose answers can be reckoned by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.detector.nets import COLOURS, save_colour_detector
from tests.training.sets import describe, save_squares
from training.evaluation.evaluate_views import measure_views
from training.evaluation.thresholds import DEFAULT_CONFIDENCE

RED, GREEN = ("red", 2, 2), ("green", 6, 3)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_colour_detector(tmp_path_factory.mktemp("nets") / "colours.onnx")


def dim(path: Path, share: float) -> None:
    """Darken a picture: the detector is only as sure of what it shows."""
    image = cv2.imread(str(path))
    assert image is not None
    assert cv2.imwrite(str(path), (image * share).round().astype(np.uint8))


def test_what_is_seen_and_labelled_is_told_with_its_counts(tmp_path: Path, model: Path) -> None:
    save_squares(tmp_path / "val", "north_1", [RED, GREEN], [RED, GREEN])
    save_squares(tmp_path / "val", "south_1", [RED], [RED, ("green", 1, 1)])
    metrics, thresholds = measure_views(model, COLOURS, describe(tmp_path, COLOURS))
    assert (metrics.pictures, metrics.boxes) == (2, 4)
    assert metrics.per_class["red"].ap50.value == pytest.approx(1, abs=0.001)
    assert metrics.per_class["green"].ap50.value == pytest.approx(0.5, abs=0.01)
    assert metrics.per_class["blue"].boxes == 0
    assert metrics.map50.value == pytest.approx(0.75, abs=0.01), "of the classes that are labelled"
    assert set(thresholds) == {"red", "green"}
    assert thresholds["red"].reached
    assert (thresholds["red"].precision, thresholds["red"].recall) == (1.0, 1.0)
    assert thresholds["green"].recall == pytest.approx(0.5)
    assert metrics.latency_ms >= 0


def test_a_class_that_is_only_doubted_and_mostly_wrong_is_never_shown(tmp_path: Path, model: Path) -> None:
    wrong = [("red", column, 5) for column in (1, 3, 5, 7, 9)]
    save_squares(tmp_path / "val", "north_1", [RED, *wrong], [RED])
    dim(tmp_path / "val/images/north_1.png", 0.2)  # 51 of 255
    _, thresholds = measure_views(model, COLOURS, describe(tmp_path, COLOURS))
    told = thresholds["red"]
    assert not told.reached
    assert told.confidence == 1.0, "nothing as sure as DEFAULT_CONFIDENCE was right"
    assert (told.precision, told.recall) == (0.0, 0.0)


def test_a_class_that_is_sure_and_mostly_wrong_is_cut_where_it_is_best(tmp_path: Path, model: Path) -> None:
    wrong = [("red", column, 5) for column in (1, 3, 5, 7, 9)]
    save_squares(tmp_path / "val", "north_1", [RED, *wrong], [RED])
    _, thresholds = measure_views(model, COLOURS, describe(tmp_path, COLOURS))
    told = thresholds["red"]
    assert not told.reached
    assert told.confidence >= DEFAULT_CONFIDENCE


def test_a_class_that_is_never_seen_is_never_believed(tmp_path: Path, model: Path) -> None:
    save_squares(tmp_path / "val", "north_1", [], [RED])
    metrics, thresholds = measure_views(model, COLOURS, describe(tmp_path, COLOURS))
    assert metrics.per_class["red"].ap50.value == 0
    assert (thresholds["red"].confidence, thresholds["red"].reached) == (1.0, False)


def test_a_view_of_many_pictures_weighs_as_one(tmp_path: Path, model: Path) -> None:
    for number in range(4):
        save_squares(tmp_path / "val", f"north_{number}", [RED, ("red", number + 4, 6)], [RED, ("red", number + 4, 6)])
    save_squares(tmp_path / "val", "south_1", [], [RED])
    metrics, thresholds = measure_views(model, COLOURS, describe(tmp_path, COLOURS))
    assert metrics.per_class["red"].boxes == 9
    # the north has two boxes in a picture, the south one: 2 of 3
    assert metrics.per_class["red"].ap50.value == pytest.approx(2 / 3, abs=0.01)
    assert thresholds["red"].recall == pytest.approx(2 / 3, abs=0.01)
