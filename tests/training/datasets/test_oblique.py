"""The set of `oblique-stalls`: streets stay whole across the split, and unfinished frames stay out."""

import json
from pathlib import Path

import cv2
import pytest

from tests.training.sets import save_picture
from training.datasets.labels import check_set, open_set, read_pictures
from training.datasets.oblique import CLASSES, STREET, Part, build, write_comparisons
from training.errors import DatasetInvalid

EVERY_CLASS = [f"{k} 0.5 0.5 0.2 0.2" for k in range(5)]
CAR = "7 0.3 0.3 0.1 0.1"  # rendered, but no class of this model


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    for k in range(20 * STREET):
        save_picture(folder, f"{k:05d}", [*EVERY_CLASS, CAR])
    names = [*CLASSES, "signboard", "person", "car", "bus", "two_wheeler"]
    listed = "".join(f"  {k}: {name}\n" for k, name in enumerate(names))
    (folder / "data.yaml").write_text(f"path: .\ntrain: images\nval: images\nnames:\n{listed}")
    (folder / "images" / "00999.jpg").write_bytes(b"half a pic")  # its labels are not there yet
    return folder


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    for copy in "ab":
        save_picture(tmp_path / "shared/data/aerial_vendors/train", f"chip_1_png.rf.{copy}", [EVERY_CLASS[0]])
    save_picture(tmp_path / "shared/data/street_negatives", "empty", [])
    return tmp_path / "shared"


def test_streets_stay_whole_and_only_known_classes_are_kept(frames: Path, shared: Path, tmp_path: Path) -> None:
    split = build(frames, shared, tmp_path / "out")
    sides = [{int(picture.path.stem) // STREET for picture in side} for side in (split.train, split.val)]
    assert sides[0] & sides[1] == set()
    assert (len(sides[0]), len(sides[1])) == (18, 2)
    described = open_set(tmp_path / "out")
    check_set(described)
    assert described.names == CLASSES
    measured = read_pictures(described.val, len(CLASSES))
    assert {len(picture.labels) for picture in measured} == {5}
    assert "00999.jpg" not in {path.name for path in (tmp_path / "out/train/images").iterdir()}


def test_each_tile_is_there_once_as_it_is_and_once_from_the_side(frames: Path, shared: Path, tmp_path: Path) -> None:
    build(frames, shared, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out/train/images").iterdir()}
    assert {name for name in names if "chip" in name} == {"chip_1_png.rf.a.jpg", "warped-chip_1_png.rf.a.jpg"}
    assert "empty.jpg" in names
    sources = json.loads((tmp_path / "out/sources.json").read_text())
    assert [source["pictures"] for source in sources] == [18 * STREET * 3 // 2, 2 * STREET, 2, 1]


def test_every_second_rendered_picture_is_there_softened_too(frames: Path, shared: Path, tmp_path: Path) -> None:
    split = build(frames, shared, tmp_path / "out")
    images, labels = tmp_path / "out/train/images", tmp_path / "out/train/labels"
    assert len(list(images.glob("soft-*"))) == len(split.train) / 2
    for picture in split.train[::2]:
        crisp, soft = (cv2.imread(str(images / f"{lead}{picture.path.stem}.jpg")) for lead in ("", "soft-"))
        assert crisp is not None
        assert soft is not None
        assert soft.shape == crisp.shape
        written = [(labels / f"{lead}{picture.path.stem}.txt").read_text() for lead in ("", "soft-")]
        assert written[0] == written[1] != ""


@pytest.mark.parametrize("part", Part)
def test_a_part_can_be_left_out_to_see_what_it_brings(part: Part, frames: Path, shared: Path, tmp_path: Path) -> None:
    marks = {Part.SOFT: "soft-*", Part.TILES: "chip*", Part.WARPS: "warped-*", Part.NEGATIVES: "empty*"}
    build(frames, shared, tmp_path / "out", without=[part])
    images = tmp_path / "out/train/images"
    assert {one for one, mark in marks.items() if not list(images.glob(mark))} == {part}
    assert sum(source["pictures"] for source in json.loads((tmp_path / "out/sources.json").read_text())) == len(
        [*images.iterdir(), *(tmp_path / "out/val/images").iterdir()]
    )


def test_both_models_can_be_measured_on_the_same_pictures(frames: Path, shared: Path, tmp_path: Path) -> None:
    save_picture(shared / "data/aerial_vendors/val", "chip_2_png.rf.c", [EVERY_CLASS[0]])
    out = tmp_path / "out"
    write_comparisons(build(frames, shared, out), frames, shared, out)
    above, stalls, aslant = (open_set(tmp_path / f"out-{name}") for name in ("above", "stalls", "aslant"))
    tilted = read_pictures(aslant.val, 1)
    assert ([picture.path.name for picture in tilted], aslant.names) == (["warped-chip_2_png.rf.c.jpg"], ("stall",))
    assert [label.cls for label in tilted[0].labels] == [0]
    assert (above.names, stalls.names) == (CLASSES, ("stall",))
    assert [len(picture.labels) for picture in read_pictures(above.val, 5)] == [1]
    assert {len(picture.labels) for picture in read_pictures(stalls.val, 1)} == {1}


def test_one_street_cannot_be_split(frames: Path, shared: Path, tmp_path: Path) -> None:
    for path in (frames / "labels").glob("*.txt"):
        if int(path.stem) >= STREET:
            path.unlink()
    with pytest.raises(DatasetInvalid, match="too few to split by street"):
        build(frames, shared, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_frames_are_one_clear_line(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="render first"):
        build(tmp_path / "nothing", shared, tmp_path / "out")
