"""Old pictures come back where they can help, and never one that is held out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.card import DataSource, ModelCard
from tests.models.cards import card_of
from tests.training.datasets.exports import Edges, yolo
from training.datasets.importing import ImportWish, grow, import_export
from training.datasets.manifest import read_manifest
from training.runs.rehearsal import old_pictures

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
STALL: Edges = ("stall", 10, 10, 30, 30)
SIGN: Edges = ("sign", 50, 5, 90, 25)


def bring(root: Path, name: str, pictures: dict[str, list[Edges]], names: tuple[str, ...] = ("stall",)) -> Path:
    export = yolo(root / f"export-{name}", {"train": pictures}, names)
    return import_export(export, root / "datasets", ImportWish(name, "A. Reviewer"), AT).folder


def base(root: Path, *trained_on: str, classes: tuple[str, ...] = ("stall",)) -> ModelCard:
    """A model whose card names these versions of data sets."""
    path = root / "stalls.onnx"
    path.write_bytes(b"network")
    sources = [DataSource(name=n, role="train", pictures=8, boxes=8, licence="ours", source="x") for n in trained_on]
    none = card_of(path).metrics.model_copy(update={"per_class": {}})
    return card_of(path, classes=classes, thresholds={}, metrics=none, data=tuple(sources))


def test_as_many_old_pictures_come_back_as_are_new(tmp_path: Path) -> None:
    known = bring(tmp_path, "known", {f"k{n:02}.jpg": [STALL] for n in range(20)})
    new = bring(tmp_path, "new", {f"n{n:02}.jpg": [STALL] for n in range(10)})
    model = base(tmp_path, f"known/{known.name}, for stalls 1", "data/aerial_vendors/train", "../known/x")
    found = old_pictures(tmp_path / "datasets", model, read_manifest(new))
    assert len(found) == 8  # of the ten, two are held out
    assert all(path.is_file() and path.parent == known / "train/images" for path in found)
    assert found == old_pictures(tmp_path / "datasets", model, read_manifest(new))  # a resumed run shows the same
    assert old_pictures(tmp_path / "datasets", base(tmp_path, "data/elsewhere"), read_manifest(new)) == ()


def test_what_is_held_out_now_or_known_to_the_set_does_not_come_back(tmp_path: Path) -> None:
    first = bring(tmp_path, "river", {f"k{n:02}.jpg": [STALL] for n in range(20)})
    train = read_manifest(first).of("train")
    grown = grow(tmp_path / "datasets", "river", [train[0].group.removeprefix("tile ")], "A. Reviewer", "why", AT)
    assert old_pictures(tmp_path / "datasets", base(tmp_path, f"river/{first.name}"), grown.manifest) == ()


@pytest.mark.parametrize("classes", [("stall",), ("stall", "sign")])
def test_a_new_class_was_labelled_in_no_old_picture(tmp_path: Path, classes: tuple[str, ...]) -> None:
    known = bring(tmp_path, "known", {f"k{n:02}.jpg": [STALL] for n in range(10)})
    both = {f"n{n:02}.jpg": [STALL, SIGN] for n in range(10)}
    new = bring(tmp_path, "new", both, ("stall", "sign"))
    model = base(tmp_path, f"known/{known.name}", classes=classes)
    assert old_pictures(tmp_path / "datasets", model, read_manifest(new)) == ()
