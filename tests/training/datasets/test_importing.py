"""From an export to versions of a data set, of which the held-out side is frozen."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.durable import copy_file
from tests.training.datasets.exports import BOXES, Edges, coco, picture, voc, yolo, yolo_lines, zipped
from training.datasets import version_store
from training.datasets.export_formats import ExportFormat, export_version
from training.datasets.import_formats import read_export
from training.datasets.importing import ImportResult, ImportWish, grow, import_export
from training.datasets.labels import check_set, open_set, read_pictures
from training.datasets.manifest import read_manifest
from training.datasets.version_store import latest, locked, names, verify_version, versions
from training.errors import DatasetInvalid, ImportFaults

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
STALL: Edges = ("stall", 10, 10, 30, 30)
SIGN: Edges = ("sign", 50, 5, 90, 25)


def wish(**changes: object) -> ImportWish:
    values: dict[str, object] = {"name": "river", "by": "A. Reviewer", **changes}
    return ImportWish(**values)  # type: ignore[arg-type]  # changes of a test


def street(folder: Path, places: tuple[str, ...] = ("p", "q", "r", "s", "t"), each: int = 2, seed: str = "") -> Path:
    """A YOLO export with a table of places; every picture shows both classes."""
    pictures = {f"{place}{seed}{n}.jpg": [STALL, SIGN] for place in places for n in range(each)}
    yolo(folder, {"train": pictures})
    rows = [f"{name},cam-{name[0]},{name[0]},2026-11-2{n % 9},ours,tablet" for n, name in enumerate(pictures)]
    (folder / "pictures.csv").write_text("\n".join(["file,camera,place,day,licence,origin", *rows]) + "\n")
    return folder


def imported(source: Path, root: Path, **changes: object) -> ImportResult:
    return import_export(source, root, wish(**changes), AT)


def held(result: ImportResult) -> set[str]:
    return {one.sha256 for one in result.manifest.of("val")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "datasets"


@pytest.mark.parametrize("make", [yolo, coco, voc])
def test_an_import_is_a_set_that_can_be_trained_on(tmp_path: Path, root: Path, make: Callable[[Path], Path]) -> None:
    result = imported(make(tmp_path / "export"), root, licence="ours", origin="city cameras")
    described = open_set(result.folder)
    assert described.train is not None
    sides = [read_pictures(side, 2) for side in (described.train, described.val)]
    assert sorted(len(one.labels) for side in sides for one in side) == [0, 1, 2]
    assert result.folder.name == result.manifest.version
    assert {(one.origin, one.licence) for one in result.manifest.pictures} <= {
        ("city cameras", "CC BY 4.0"),
        ("city cameras", "ours"),
    }
    assert names(root) == ["river"]
    assert verify_version(result.folder) == result.manifest


def test_a_zip_is_imported_as_the_folder_is(tmp_path: Path, root: Path) -> None:
    folder = street(tmp_path / "export")
    first = imported(folder, root, name="from-folder")
    second = imported(zipped(folder, tmp_path / "export.zip"), root, name="from-zip")
    assert [one.sha256 for one in first.manifest.pictures] == [one.sha256 for one in second.manifest.pictures]
    assert held(first) == held(second)
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_places_of_the_table_part_the_pictures_and_are_kept(tmp_path: Path, root: Path) -> None:
    result = imported(street(tmp_path / "export"), root)
    sides = {side: {one.where.place for one in result.manifest.of(side)} for side in ("train", "val")}
    assert result.manifest.split_by == "place"
    assert not sides["train"] & sides["val"]
    assert {one.licence for one in result.manifest.pictures} == {"ours"}
    check_set(open_set(result.folder))  # the trainer takes it
    sources = json.loads((result.folder / "sources.json").read_text())
    assert {(one["role"], one["source"], one["licence"]) for one in sources} == {
        ("train", "tablet", "ours"),
        ("val", "tablet", "ours"),
    }
    assert sum(one["pictures"] for one in sources) == 10


def test_every_fault_is_named_and_nothing_is_imported(tmp_path: Path, root: Path) -> None:
    folder = coco(tmp_path / "export")
    (folder / "images/b.jpg").write_bytes(b"no picture")
    path = folder / "annotations/instances_default.json"
    path.write_text(path.read_text().replace('"category_id": 2', '"category_id": 9'))
    with pytest.raises(ImportFaults) as caught:
        imported(folder, root)
    assert len(caught.value.faults) == 2
    assert "instances_default.json:" in caught.value.faults[0]
    assert "b.jpg: not a picture" in caught.value.faults[1]
    assert "2 faults; nothing was imported" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert names(root) == []


def test_faults_in_a_zip_are_named_by_the_names_inside(tmp_path: Path, root: Path) -> None:
    folder = yolo(tmp_path / "export")
    (folder / "train/labels/a.txt").write_text("7 0.5 0.5 0.1 0.1\n")
    with pytest.raises(ImportFaults) as caught:
        imported(zipped(folder, tmp_path / "export.zip"), root)
    assert caught.value.faults[0].startswith("train/labels/a.txt:1: class 7")
    assert str(tmp_path / "export.zip") in str(caught.value)


def test_one_picture_with_two_labels_is_a_fault_and_twice_the_same_is_once(tmp_path: Path, root: Path) -> None:
    folder = street(tmp_path / "export")
    shutil.copy(folder / "train/images/p0.jpg", folder / "train/images/again.jpg")
    (folder / "train/labels/again.txt").write_text(yolo_lines([STALL, SIGN], ["stall", "sign"]))
    result = imported(folder, root)
    assert len(result.manifest.pictures) == 10
    assert "1 pictures stand there twice, once is enough" in result.notes
    (folder / "train/labels/again.txt").write_text(yolo_lines([STALL], ["stall", "sign"]))
    with pytest.raises(ImportFaults, match=r"is the same picture as .*, and is labelled otherwise"):
        imported(folder, root, name="other")


def test_classes_are_mapped_by_a_file(tmp_path: Path, root: Path) -> None:
    (tmp_path / "names.yaml").write_text("stall: market_stall\nsign: null\n")
    result = imported(street(tmp_path / "export"), root, classes=tmp_path / "names.yaml")
    assert result.manifest.classes == ("market_stall",)
    assert all(len(one.boxes) == 1 for one in result.manifest.pictures)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("stall: [a]\n", "names.yaml:1: stall is to be called ['a']"),
        ("- stall\n", "names.yaml:1: holds no names"),
        ("a: b\n\t- c: {", "names.yaml:2: is not YAML"),
        ("tree: null\n", "'tree' is no class of the export; it has stall, sign"),
    ],
)
def test_a_table_of_names_that_cannot_be_is_said(tmp_path: Path, root: Path, content: str, said: str) -> None:
    (tmp_path / "names.yaml").write_text(content)
    with pytest.raises(DatasetInvalid) as caught:
        imported(street(tmp_path / "export"), root, classes=tmp_path / "names.yaml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("picture,place\na.jpg,p\n", ":1: the columns are file, camera"),
        ("file,place\na.jpg,p\na.jpg,q\n", ":3: a.jpg stands there twice"),
        ("file,day\na.jpg,20.11.2026\n", ":2: day '20.11.2026' is no date"),
        ("file,place\na.jpg\n", ":2: has another number of values"),
        ("file,place\na.jpg,p,q\n", ":2: has another number of values"),
        ("", ":1: the columns are"),
        ("file,place\na.jpg," + "x" * 300 + "\n", ":2: a camera or place of more than 200"),
    ],
)
def test_a_table_of_pictures_that_cannot_be_is_said(tmp_path: Path, root: Path, content: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DatasetInvalid) as caught:
        imported(street(tmp_path / "export"), root, pictures=tmp_path / "t.csv")
    assert f"t.csv{said}" in str(caught.value)


def test_what_is_held_out_stays_and_new_places_are_trained_on(tmp_path: Path, root: Path) -> None:
    first = imported(street(tmp_path / "one"), root)
    second = imported(street(tmp_path / "two", ("x", "y"), seed="b"), root)
    assert second.manifest.number == 2
    assert second.manifest.parent == first.manifest.version
    assert held(second) == held(first)
    assert second.manifest.evaluation == first.manifest.evaluation
    assert second.added == 4
    assert len(second.manifest.of("train")) == len(first.manifest.of("train")) + 4
    one = first.manifest.pictures[0]
    files = [result.folder / one.side / "images" / one.file for result in (first, second)]
    assert files[0].stat().st_ino == files[1].stat().st_ino  # and takes no room twice
    assert versions(root, "river") == [first.folder, second.folder]


def test_pictures_of_a_place_that_is_held_out_are_left_out(tmp_path: Path, root: Path) -> None:
    first = imported(street(tmp_path / "one"), root)
    (place,) = {one.where.place for one in first.manifest.of("val")}
    assert place is not None
    second = imported(street(tmp_path / "two", (place, "z"), seed="b"), root)
    assert held(second) == held(first)
    assert {one.where.place for one in second.manifest.of("train")} == {"p", "q", "r", "s", "t", "z"} - {place}
    assert any("2 pictures are of places that are held out: left out" in note for note in second.notes)


def test_pictures_that_are_held_out_cannot_be_trained_on_by_coming_again(tmp_path: Path, root: Path) -> None:
    folder = street(tmp_path / "one")
    first = imported(folder, root)
    name = first.manifest.of("val")[0].original
    (folder / name.replace("images", "labels").replace(".jpg", ".txt")).write_text("")
    street(tmp_path / "more", ("z",), seed="b")
    shutil.copytree(tmp_path / "more/train", folder / "train", dirs_exist_ok=True)
    (folder / "pictures.csv").unlink()  # nor by hiding where they were taken
    second = imported(folder, root)
    assert held(second) == held(first)
    assert second.manifest.evaluation == first.manifest.evaluation
    assert any("held out already" in note for note in second.notes)


def test_twins_of_what_is_held_out_are_left_out(tmp_path: Path, root: Path) -> None:
    sides = {
        "train": {f"t{n}.rf.1.jpg": [STALL, SIGN] for n in range(3)},
        "valid": {"v.rf.1.jpg": [STALL, SIGN]},
    }
    first = imported(yolo(tmp_path / "one", sides), root)
    again = {"train": {"v.rf.2.jpg": [STALL, SIGN], "new.rf.1.jpg": [STALL]}}
    second = imported(yolo(tmp_path / "two", again), root)
    assert held(second) == held(first)
    assert second.added == 1


def test_augmented_twins_stay_on_one_side_and_known_as_twins(tmp_path: Path, root: Path) -> None:
    pictures = {f"tile{n // 3}_jpg.rf.{n:04x}.jpg": [STALL, SIGN] for n in range(30)}
    result = imported(yolo(tmp_path / "one", {"train": pictures}), root)
    described = open_set(result.folder)
    assert described.train is not None
    tiles = [{one.tile for one in read_pictures(side, 2)} for side in (described.train, described.val)]
    assert [len(one) for one in tiles] == [8, 2]
    assert not tiles[0] & tiles[1]
    check_set(described)


def test_new_labels_of_a_known_picture_take_the_place_of_the_old(tmp_path: Path, root: Path) -> None:
    folder = street(tmp_path / "one")
    first = imported(folder, root)
    changed = first.manifest.of("train")[0]
    (folder / changed.original.replace("images", "labels").replace(".jpg", ".txt")).write_text("0 0.5 0.5 0.1 0.1\n")
    second = imported(folder, root)
    (now,) = [one for one in second.manifest.pictures if one.sha256 == changed.sha256]
    assert [box.width for box in now.boxes] == [0.1]
    assert any("their labels are the new ones" in note for note in second.notes)
    assert second.added == 0


def test_an_import_that_brings_nothing_makes_no_version(tmp_path: Path, root: Path) -> None:
    folder = street(tmp_path / "one")
    imported(folder, root)
    with pytest.raises(DatasetInvalid, match="brings nothing new"):
        imported(folder, root)
    assert len(versions(root, "river")) == 1


def test_a_class_that_the_set_does_not_know_has_to_be_named(tmp_path: Path, root: Path) -> None:
    imported(street(tmp_path / "one"), root)
    more = yolo(tmp_path / "two", {"train": {"n.jpg": [("banner", 0, 0, 10, 10)]}}, ("banner",))
    with pytest.raises(DatasetInvalid, match="does not know banner; it has stall, sign"):
        imported(more, root)
    (tmp_path / "names.yaml").write_text("banner: banner\n")
    assert imported(more, root, classes=tmp_path / "names.yaml").manifest.classes == ("stall", "sign", "banner")


def test_another_view_is_another_set(tmp_path: Path, root: Path) -> None:
    imported(street(tmp_path / "one"), root)
    with pytest.raises(DatasetInvalid, match="shows streets from 'street', not 'above'"):
        imported(street(tmp_path / "two", ("x",), seed="b"), root, view="above")


def test_pictures_of_which_nothing_can_be_held_out_are_refused(tmp_path: Path, root: Path) -> None:
    with pytest.raises(DatasetInvalid, match="nothing can be held out"):
        imported(yolo(tmp_path / "one", {"train": {"a.jpg": [STALL]}}), root)


def test_a_set_without_a_box_is_refused(tmp_path: Path, root: Path) -> None:
    with pytest.raises(DatasetInvalid, match="no box on any picture"):
        imported(yolo(tmp_path / "one", {"train": {"a.jpg": [], "b.jpg": []}}), root)


def test_the_frozen_side_grows_only_by_a_named_act(tmp_path: Path, root: Path) -> None:
    first = imported(street(tmp_path / "one"), root)
    place = next(one.where.place for one in first.manifest.of("train"))
    assert place is not None
    grown = grow(root, "river", [place], "B. Lead", "a street that no model has seen", AT)
    assert grown.added == 2
    assert held(grown) > held(first)
    assert grown.manifest.evaluation != first.manifest.evaluation
    act = grown.manifest.acts[-1]
    assert (act.kind, act.by, act.note) == ("grow", "B. Lead", "a street that no model has seen")
    assert place not in {one.where.place for one in grown.manifest.of("train")}
    assert verify_version(first.folder) == first.manifest  # earlier figures stay comparable
    with pytest.raises(DatasetInvalid, match="no picture of 'nowhere' is trained on"):
        grow(root, "river", ["nowhere"], "B. Lead", "", AT)
    rest = sorted({one.where.place or "" for one in grown.manifest.of("train")})
    with pytest.raises(DatasetInvalid, match="nothing would be left to train on"):
        grow(root, "river", rest, "B. Lead", "", AT)
    assert latest(root, "river") == grown.folder


def edit_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"val"', '"train"', 1))


def edit_label(folder: Path) -> None:
    path = next((folder / "train/labels").iterdir())
    path.write_text("0 0.5 0.5 0.9 0.9\n")


def edit_picture(folder: Path) -> None:
    path = next((folder / "val/images").iterdir())
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content + b"\0")


def edit_names(folder: Path) -> None:
    path = folder / "data.yaml"
    path.write_text(path.read_text().replace("stall", "tent"))


def lose_picture(folder: Path) -> None:
    next((folder / "val/images").iterdir()).unlink()


def slip_in(folder: Path) -> None:
    picture(folder / "train/images/slipped.jpg")


def rename(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("7-0123456789ab"))


@pytest.mark.parametrize("edit", [edit_manifest, edit_label, edit_picture, edit_names, lose_picture, slip_in, rename])
def test_a_version_cannot_be_edited_unnoticed(tmp_path: Path, root: Path, edit: Callable[[Path], None]) -> None:
    first = imported(street(tmp_path / "one"), root)
    edit(first.folder)
    with pytest.raises(DatasetInvalid, match=r"edited|changed|not the picture|was added"):
        verify_version(latest(root, "river"))
    with pytest.raises(DatasetInvalid):  # nor built upon
        imported(street(tmp_path / "two", ("x",), seed="b"), root)


def test_whatever_was_changed_in_a_manifest_is_noticed(tmp_path: Path, root: Path) -> None:
    folder = imported(street(tmp_path / "one", each=1), root).folder
    path = folder / "manifest.json"
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(DatasetInvalid):
            read_manifest(folder)
    path.write_bytes(content)
    read_manifest(folder)


@pytest.mark.parametrize("step", ["copy_file", "write_text"])
def test_a_disk_that_fills_makes_no_version(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(version_store, step, full)
    with pytest.raises(DatasetInvalid, match=r"No space left on device.*no version was made"):
        imported(street(tmp_path / "one"), root)
    monkeypatch.undo()
    assert [path.name for path in (root / "river").iterdir()] == [".lock"]
    left = root / "river/.new-0000"  # as a kill leaves it
    left.mkdir()
    imported(street(tmp_path / "one"), root)
    assert not left.exists()


def test_a_picture_that_changes_while_it_is_imported_is_refused(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(source: Path, target: Path) -> None:
        copy_file(source, target)
        target.write_bytes(target.read_bytes() + b"\0")

    monkeypatch.setattr(version_store, "copy_file", changed)
    with pytest.raises(DatasetInvalid, match="was changed while it was imported"):
        imported(street(tmp_path / "one"), root)
    assert versions(root, "river") == []


def test_two_imports_at_once_exclude_each_other(tmp_path: Path, root: Path) -> None:
    with locked(root, "river"), pytest.raises(DatasetInvalid, match="being changed by another process"):
        imported(street(tmp_path / "one"), root)


@pytest.mark.parametrize("name", ["..", "a/b", "", "River", "x" * 65])
def test_a_name_that_cannot_be_a_folder_is_refused(tmp_path: Path, root: Path, name: str) -> None:
    with pytest.raises(DatasetInvalid, match="cannot be a data set's name"):
        imported(street(tmp_path / "one"), root, name=name)
    with pytest.raises(DatasetInvalid, match="holds no data set"):
        latest(root, name)
    assert not root.exists()


@pytest.mark.parametrize("format_", ["yolo", "coco"])
def test_what_is_exported_can_be_imported_again(tmp_path: Path, root: Path, format_: ExportFormat) -> None:
    first = imported(street(tmp_path / "one"), root)
    export_version(first.folder, tmp_path / "out", format_)
    again = read_export(tmp_path / "out", format_) if format_ == "coco" else None
    if again is not None:
        assert again.faults == []
        assert {one.side for one in again.pictures} == {"train", "val"}
        second = imported(tmp_path / "out", root, name="again")
        boxes = {one.sha256: one.boxes for one in first.manifest.pictures}
        for one in second.manifest.pictures:
            for mine, theirs in zip(boxes[one.sha256], one.boxes, strict=True):
                assert mine.cls == theirs.cls
                assert (mine.x, mine.width) == pytest.approx((theirs.x, theirs.width), abs=1e-4)
        assert {one.licence for one in second.manifest.pictures} == {"ours"}
    lines = sorted(path.read_text() for path in (tmp_path / "out").rglob("labels/*/*.txt"))
    if format_ == "yolo":
        assert lines == sorted(path.read_text() for path in first.folder.rglob("labels/*.txt"))
    with pytest.raises(DatasetInvalid, match="exists; give a folder that does not"):
        export_version(first.folder, tmp_path / "out", format_)


def test_an_export_that_fails_leaves_nothing(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = imported(street(tmp_path / "one"), root)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DatasetInvalid, match="nothing was exported"):
        export_version(first.folder, tmp_path / "out/set", "yolo")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_boxes_of_an_import_are_those_of_the_export(tmp_path: Path, root: Path) -> None:
    result = imported(coco(tmp_path / "one"), root)
    got = {
        Path(one.original).name: {
            (
                result.manifest.classes[box.cls],
                *(round(v) for v in ((box.x - box.width / 2) * one.width, (box.y - box.height / 2) * one.height)),
            )
            for box in one.boxes
        }
        for one in result.manifest.pictures
    }
    assert got == {name: {(cls, left, top) for cls, left, top, _, _ in boxes} for name, boxes in BOXES.items()}
