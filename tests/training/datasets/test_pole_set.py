"""The set of pole views: what is measured on is not trained on, and what nobody labelled teaches nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.sets import save_picture
from training.datasets.labels import Label, open_set, read_pictures
from training.datasets.pole_set import NAMES, PolePart, build, labelled, write_pavement, write_shares
from training.datasets.pole_views import CLASSES, FOLDER, HELD_OUT, IGNORE, SIGNS_UNKNOWN, PolePicture

BOX = "0.5 0.5 0.2 0.2"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A few cameras, one of them held out, and one picture of every other set."""
    folder = tmp_path / "shared" / FOLDER
    rows = ["picture\tcamera\tview\tclean_of_stalls\tsigns_labelled\tlight"]
    for name, camera, signs in (("aa_00", "aa", "yes"), ("bb_00", "bb", "no"), ("vn00_00", HELD_OUT[0], "no")):
        save_picture(folder, name, [f"{k} {BOX}" for k in range(len(CLASSES))] + [f"{IGNORE} {BOX}"])
        (folder / "labels_everyday").mkdir(exist_ok=True)
        (folder / "labels_everyday" / f"{name}.txt").write_text("")
        rows.append(f"{name}\t{camera}\t{name[:4]}\tnot clean\t{signs}\tday")
    (folder / "pictures.tsv").write_text("\n".join(rows) + "\n")
    (folder / "classes_everyday.txt").write_text("car\nperson\n")
    save_picture(tmp_path / "shared/data/street_negatives", "empty")
    for k in range(5):
        save_picture(tmp_path / "shared/data/facade_ads/train", f"img_{k}", [f"3 {BOX}", f"4 {BOX}", f"0 {BOX}"])
    save_picture(tmp_path / "shared/data/aerial_vendors/train", "tile.rf.a", [f"0 {BOX}"])
    save_picture(tmp_path / "shared/data/pavement_camera", "000_1700")
    (tmp_path / "shared/data/pavement_camera/stalls.txt").write_text(f"0 {BOX}\n")
    return tmp_path / "shared"


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    save_picture(tmp_path / "frames", "00000", [f"0 {BOX}", f"1 {BOX}"])
    (tmp_path / "frames" / "data.yaml").write_text("names: {0: stall, 1: car}\n")
    return tmp_path / "frames"


def test_a_held_out_camera_is_measured_on_and_never_trained_on(shared: Path, frames: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(shared, tmp_path / "none", frames, out, without=[PolePart.COMPOSITES])
    described = open_set(out)
    assert described.learned == CLASSES
    assert described.train is not None
    train = [picture.path.stem for picture in read_pictures(described.train, len(NAMES))]
    assert not any("vn00" in name for name in train)
    (held,) = read_pictures(described.val, len(described.measured))
    assert held.path.stem == "vn00_00"
    assert sorted(box.cls for box in held.labels) == list(range(len(CLASSES)))
    assert isinstance(described.val, Path)
    unsure = (described.val / "ignored" / "vn00_00.txt").read_text().splitlines()
    assert [int(line.split()[0]) for line in unsure] == [IGNORE, SIGNS_UNKNOWN]
    assert json.loads((described.val / "cameras.json").read_text()) == {"vn00_00": HELD_OUT[0]}


def test_things_that_are_no_class_are_left_out_and_doubtful_ones_left_open(
    shared: Path, frames: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build(shared, tmp_path / "none", frames, out, without=[PolePart.COMPOSITES])
    kept = {p.path.stem: {box.cls for box in p.labels} for p in read_pictures(out / "train", len(NAMES))}
    assert kept["rendered-00000"] == {0}
    assert {frozenset(v) for name, v in kept.items() if name.startswith("facade")} == {frozenset({2, IGNORE})}
    assert kept["street-empty"] == {SIGNS_UNKNOWN}


def test_signs_are_left_open_only_where_nobody_labelled_them(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    for known, wanted in ((True, [0]), (False, [0, SIGNS_UNKNOWN])):
        one = PolePicture(tmp_path, "c", "v", False, known, (Label(0, 0.5, 0.5, 0.2, 0.2),), ())
        sample = labelled(one, image)
        assert sample.class_ids.tolist() == wanted
    assert sample.boxes[1].tolist() == [0, 0, 64, 64]


def test_shares_part_the_training_side_and_keep_the_other(shared: Path, frames: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(shared, tmp_path / "none", frames, out, without=[PolePart.COMPOSITES])
    write_shares(out, 2)
    names = [{p.path.name for p in read_pictures(tmp_path / f"out-{k}" / "train", len(NAMES))} for k in (1, 2)]
    assert not names[0] & names[1]
    assert names[0] | names[1] == {path.name for path in (out / "train" / "images").iterdir()}
    assert open_set(tmp_path / "out-1").learned == CLASSES
    assert read_pictures(tmp_path / "out-2" / "val", len(CLASSES))


def test_the_pavement_camera_is_for_measuring_alone(shared: Path, tmp_path: Path) -> None:
    assert write_pavement(shared, tmp_path / "pavement") == 1
    assert open_set(tmp_path / "pavement").train is None
