import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from detector.errors import ModelInputError
from models.errors import UnknownModel
from tests.detector.nets import COLOURS, save_colour_detector, save_identity
from tests.training.sets import describe, save_squares
from training.errors import DatasetInvalid, ModelUnreadable
from training.evaluation import evaluate as module
from training.evaluation.evaluate import evaluate, measure


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """Two red squares labelled, one of them seen; one green seen, none labelled; one blue seen and labelled."""
    folder = tmp_path / "squares"
    save_squares(folder / "val", "one", [("red", 2, 2), ("blue", 6, 4)], [("red", 2, 2), ("blue", 6, 4)])
    save_squares(folder / "val", "two", [("green", 3, 3)], [("red", 8, 1)])
    return describe(folder, COLOURS)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save_colour_detector(tmp_path / "colours.onnx")


def test_figures_by_hand(squares: Path, model: Path) -> None:
    report = evaluate(model, squares)
    # red: precision 1 up to recall 1/2, nothing beyond: 51 of 101 levels
    assert report.per_class["red"].ap50.value == pytest.approx(51 / 101, abs=1e-4)
    assert report.per_class["blue"].ap50.value == 1.0
    assert report.map50 == pytest.approx((51 / 101 + 1) / 2, abs=1e-4)  # nothing green is labelled
    assert report.map50_95 == pytest.approx(report.map50)  # the boxes are exact
    assert (report.images, report.boxes) == (2, 3)
    assert (report.per_class["red"].pictures, report.per_class["red"].boxes) == (2, 2)
    assert (report.per_class["green"].pictures, report.per_class["green"].boxes) == (0, 0)
    assert report.latency_ms > 0


def test_classes_taken_as_one(squares: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ADVERTISING", ("red", "green"))
    # a red square at 2,2 is found; the green one is now a wrong answer of the same class, as sure as the right one
    merged = evaluate(model, squares).merged["advertising"]
    assert (merged.pictures, merged.boxes) == (2, 2)
    assert merged.ap50.value == pytest.approx(51 / 101, abs=1e-4)


def test_a_thing_of_the_wrong_name_is_right_when_classes_are_taken_as_one(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ADVERTISING", ("red", "green"))
    save_squares(tmp_path / "set/val", "one", [("green", 2, 2)], [("red", 2, 2)])
    report = evaluate(model, describe(tmp_path / "set", COLOURS))
    assert report.per_class["red"].ap50.value == 0.0
    assert report.merged["advertising"].ap50.value == 1.0


def test_a_set_may_know_fewer_classes_than_the_model(tmp_path: Path, model: Path) -> None:
    save_squares(tmp_path / "set/val", "one", [("red", 2, 2)], [("red", 2, 2)])
    report = evaluate(model, describe(tmp_path / "set", ["red"]))
    assert list(report.per_class) == ["red"]


def test_a_class_that_the_model_lacks_is_refused(squares: Path, model: Path) -> None:
    describe(squares, [*COLOURS, "stall"])
    with pytest.raises(DatasetInvalid, match="'stall' is unknown to colours"):
        evaluate(model, squares)


def test_an_absent_or_unknown_model_is_refused(squares: Path) -> None:
    with pytest.raises(ModelUnreadable, match="no such file"):
        evaluate("none.onnx", squares)
    with pytest.raises(UnknownModel, match="'none'"):
        evaluate("none", squares)


def test_weights_that_are_pickles_are_not_opened(squares: Path) -> None:
    for name in ("yolo11n.pt", "elsewhere/BEST.PT"):
        with pytest.raises(ModelUnreadable, match=r"is a pickle.*ONNX"):
            evaluate(name, squares)


def test_a_network_that_is_no_detector_of_its_classes_is_refused(squares: Path, tmp_path: Path) -> None:
    path = save_identity(tmp_path / "odd.onnx", [1, 3, 64, 96])
    with pytest.raises(ModelInputError, match=r"odd\.onnx: output is \[1, 3, 64, 96\].*\[1, 7, n\]"):
        evaluate(path, squares)
    path = save_identity(tmp_path / "odd.onnx", [1, 3, "height", "width"])
    with pytest.raises(ModelInputError, match="fixed size"):
        evaluate(path, squares)


def test_a_set_without_any_box_cannot_be_measured_on(tmp_path: Path, model: Path) -> None:
    save_squares(tmp_path / "set/val", "one", [("red", 2, 2)], [])
    with pytest.raises(DatasetInvalid, match=r"val/labels: no box in any file"):
        evaluate(model, describe(tmp_path / "set", COLOURS))


def test_pictures_that_were_trained_on_are_not_measured_on(squares: Path, model: Path) -> None:
    save_squares(squares / "train", "renamed", [("red", 2, 2), ("blue", 6, 4)], [("red", 2, 2)])
    with pytest.raises(DatasetInvalid, match=r"renamed\.png: is a twin of .*one\.png"):
        evaluate(model, squares)


def test_another_network_is_timed_beside(squares: Path, model: Path, tmp_path: Path) -> None:
    other = save_colour_detector(tmp_path / "larger.onnx", width=640, height=640)
    report = measure(model, squares, beside=other).report
    assert report.beside is not None
    assert report.beside.model == "larger"
    assert report.beside.latency_ms > report.latency_ms  # sixty-six times the pixels
    assert evaluate(model, squares).beside is None


def test_the_printed_line(squares: Path, model: Path) -> None:
    app = Typer()
    app.command()(module.main)
    result = CliRunner().invoke(app, [str(model), str(squares)])
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    line = json.loads(result.stdout)
    assert {"map50", "map50_95", "per_class", "images", "latency_ms"} <= set(line)


def test_bad_input_is_one_line_and_exit_2(model: Path, tmp_path: Path) -> None:
    app = Typer()
    app.command()(module.main)
    result = CliRunner().invoke(app, [str(model), str(tmp_path / "none")])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "none: no such file" in result.stderr
