"""The report folder of a detector whose mistakes are known."""

from pathlib import Path

import numpy as np
import pytest

from detector.vision.pixels import read_picture
from tests.detector.nets import COLOURS, save_colour_detector
from tests.training.sets import describe, save_squares
from training.errors import ReportInvalid
from training.evaluation.average_precision import PictureMatches, match
from training.evaluation.contact_sheet import COLUMNS, TILE
from training.evaluation.evaluate import Measured, measure
from training.evaluation.mistakes import MistakeKind
from training.evaluation.report_models import read_report
from training.report import curve, write_report

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[training]'")


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    """Red found twice; blue found, not labelled; a green labelled, not there; a red one labelled green."""
    side = tmp_path / "set/val"
    save_squares(side, "one", [("red", 2, 2), ("blue", 6, 4)], [("red", 2, 2), ("green", 9, 6)])
    save_squares(side, "zwei_二", [("red", 4, 1), ("red", 8, 1)], [("red", 4, 1), ("green", 8, 1)])
    model = save_colour_detector(tmp_path / "colours.onnx")
    found = measure(model, describe(tmp_path / "set", COLOURS))
    return Measured(found.report, found.matched, found.seen, dict.fromkeys(COLOURS, 0.5))


def test_what_is_in_the_folder(measured: Measured, tmp_path: Path) -> None:
    report = write_report(measured, tmp_path / "report")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "confusion.png",
        "false-alarms.jpg",
        "misses.jpg",
        "pr-curves.png",
        "report.json",
        "wrong-classes.jpg",
    ]
    assert read_report(tmp_path / "report/report.json") == report
    assert report.figures == measured.report
    assert report.found == {MistakeKind.FALSE_ALARM: 1, MistakeKind.MISS: 1, MistakeKind.WRONG_CLASS: 1} == report.shown
    assert report.classes == COLOURS
    assert report.confusion == ((2, 0, 0, 0), (1, 0, 0, 1), (0, 0, 0, 0), (0, 0, 1, 0))
    for name in ("confusion.png", "pr-curves.png"):
        assert read_picture(tmp_path / "report" / name).std() > 5


def test_a_tile_shows_the_thing_with_its_box(measured: Measured, tmp_path: Path) -> None:
    write_report(measured, tmp_path / "report")
    sheet = read_picture(tmp_path / "report/false-alarms.jpg")
    assert sheet.shape[1] == COLUMNS * TILE
    tile = sheet[34 : 34 + TILE, :TILE].astype(int)
    blue = (tile[..., 0] > 200) & (tile[..., 1] < 80) & (tile[..., 2] < 80)  # the square itself, BGR
    orange = (abs(tile - (0, 130, 255)).sum(axis=2)) < 120
    assert blue.sum() > 100
    assert orange.sum() > 100


def test_a_report_is_written_over_and_forgets_mistakes_that_are_mended(measured: Measured, tmp_path: Path) -> None:
    write_report(measured, tmp_path / "report")
    unsure = Measured(measured.report, measured.matched, measured.seen, {"red": 0.5, "green": 0.5, "blue": 1.0})
    none_blue = [one for one in unsure.seen if "blue" not in [found.class_name for found in one.detections]]
    unsure = Measured(measured.report, measured.matched, tuple(none_blue), unsure.confidence)
    report = write_report(unsure, tmp_path / "report")
    assert report.found[MistakeKind.FALSE_ALARM] == 0
    assert not (tmp_path / "report/false-alarms.jpg").exists()


def test_a_folder_that_cannot_be_is_one_line(measured: Measured, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ReportInvalid, match=r"taken: .*cannot"):
        write_report(measured, tmp_path / "taken")


def test_a_curve_ends_where_recall_does_and_carries_its_threshold() -> None:
    boxes = np.array([[0, 0, 9, 9], [20, 0, 29, 9], [40, 0, 49, 9]], np.float32)
    truth = np.array([[0, 0, 9, 9], [40, 0, 49, 9], [60, 0, 69, 9]], np.float32)
    matched = match([PictureMatches(boxes, np.array([0.9, 0.8, 0.3], np.float32), truth)])
    drawn = curve(matched, 0.5)
    assert drawn.recall == pytest.approx((1 / 3, 1 / 3, 2 / 3), abs=1e-4)  # the false alarm at .8 is the threshold's
    assert drawn.precision == pytest.approx((1, 1 / 2, 2 / 3), abs=1e-4)
    assert (drawn.recall_there, drawn.precision_there) == pytest.approx((1 / 3, 1 / 2), abs=1e-4)
    nothing = match([PictureMatches(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), truth)])
    assert curve(nothing, 0.5).recall == ()
