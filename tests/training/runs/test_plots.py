"""Figures of a report: a PNG each, whatever the numbers."""

from pathlib import Path

import pytest
from PIL import Image

from training.evaluation.report_models import Curve
from training.runs.plots import plot_confusion, plot_curves, plot_losses
from training.runs.progress import Epoch


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.mode == "P", "a palette: a third of the bytes"
        colours = image.convert("RGB").getcolors(1 << 20)
        assert colours is not None
        assert len(colours) > 3, "something is drawn"
        return image.size


@pytest.mark.parametrize("count", [0, 1, 12])
def test_losses_are_drawn_from_the_first_epoch_on(tmp_path: Path, count: int) -> None:
    plot_losses([Epoch(n, 60.0, 3 / n, 2 / n, 1 / n) for n in range(1, count + 1)], tmp_path / "losses.png")
    width, height = size_of(tmp_path / "losses.png")
    assert width > height


def test_curves_of_more_classes_than_line_styles_are_drawn(tmp_path: Path) -> None:
    curve = Curve(recall=(0.1, 0.5), precision=(1.0, 0.8), confidence=0.4, precision_there=0.9, recall_there=0.4)
    names = [f"class {n}" for n in range(7)]
    plot_curves("a $et", dict.fromkeys(names, curve), dict.fromkeys(names, 0.5), tmp_path / "curves.png")
    size_of(tmp_path / "curves.png")


def test_a_class_that_was_never_seen_has_an_empty_curve(tmp_path: Path) -> None:
    never = Curve(recall=(), precision=(), confidence=1.0, precision_there=0.0, recall_there=0.0)
    plot_curves("none", {"stall": never}, {"stall": 0.0}, tmp_path / "curves.png")
    size_of(tmp_path / "curves.png")


def test_a_confusion_of_nothing_divides_by_nothing_and_grows_with_its_classes(tmp_path: Path) -> None:
    plot_confusion(["stall"], [[0, 0], [0, 0]], tmp_path / "small.png")
    plot_confusion(
        list("abcdef"), [[9 * (row == column) for column in range(7)] for row in range(7)], tmp_path / "l.png"
    )
    small, large = size_of(tmp_path / "small.png"), size_of(tmp_path / "l.png")
    assert small[0] < large[0]
    assert small[1] < large[1]
