"""Data sets as the tools of the field write them: each gives the pictures and labels of the product's own layout."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.training.sets import describe, save_picture
from training.datasets.labels import YoloSet, check_set, open_set, read_pictures
from training.datasets.layouts import write_absolute
from training.errors import DatasetInvalid
from training.evaluation.evaluate import evaluate

BOX = "0 0.5 0.5 0.2 0.2"
SHADOW = b"\x00\x05\x16\x07\x00\x02\x00\x00"  # how an AppleDouble file begins


def own(folder: Path) -> None:
    for side in ("train", "val"):
        save_picture(folder / side, f"{side}-a", [BOX])
    describe(folder, ["stall"])


def moved(folder: Path, pattern: str, labels: str, values: dict[str, object]) -> None:
    """The own layout moved: `pattern` and `labels` are folders with {side} in them."""
    own(folder)
    for side in ("train", "val"):
        for part, target in (("images", pattern), ("labels", labels)):
            for path in (folder / side / part).iterdir():
                (folder / target.format(side=side)).mkdir(parents=True, exist_ok=True)
                path.rename(folder / target.format(side=side) / path.name)
            (folder / side / part).rmdir()
        (folder / side).rmdir() if not any((folder / side).iterdir()) else None
    (folder / "data.yaml").write_text(yaml.safe_dump({"names": {0: "stall"}, **values}))


def ultralytics(folder: Path) -> None:
    moved(folder, "images/{side}", "labels/{side}", {"path": ".", "train": "images/train", "val": "images/val"})


def numbered(folder: Path) -> None:
    moved(folder, "images/{side}2017", "labels/{side}2017", {"train": "images/train2017/", "val": "images/val2017/"})


def elsewhere(folder: Path) -> None:
    ultralytics(folder)
    values = {"path": "/home/somebody/sets/mine", "train": "images/train", "val": "images/val", "names": ["stall"]}
    (folder / "data.yaml").write_text(yaml.safe_dump(values))


def roboflow(folder: Path) -> None:
    own(folder)
    (folder / "val").rename(folder / "valid")
    values = {"train": "../train/images", "val": "../valid/images", "names": ["stall"], "nc": 1}
    (folder / "data.yaml").write_text(yaml.safe_dump(values))


def cvat(folder: Path) -> None:
    moved(folder, "images/{side}", "labels/{side}", {"path": "./", "train": "train.txt", "val": "val.txt"})
    for side in ("train", "val"):
        (folder / f"{side}.txt").write_text(f"data/images/{side}/{side}-a.jpg\n")


def windows_lists(folder: Path) -> None:
    cvat(folder)
    for side in ("train", "val"):
        (folder / f"{side}.txt").write_bytes(f"\ufeff.\\images\\{side}\\{side}-a.jpg\r\n\r\n".encode())


def darknet(folder: Path) -> None:
    moved(folder, "obj_{side}_data", "obj_{side}_data", {"train": "obj_train_data", "val": "obj_val_data"})


def several(folder: Path) -> None:
    ultralytics(folder)
    values = {"train": ["images/train"], "val": ["images/val"], "names": ["stall"]}
    (folder / "data.yaml").write_text(yaml.safe_dump(values))


def other_name(folder: Path) -> None:
    ultralytics(folder)
    (folder / "data.yaml").rename(folder / "coco8.yaml")


def validation(folder: Path) -> None:
    ultralytics(folder)
    values = {"train": "images/train", "validation": "images/val", "names": {"0": "stall"}}
    (folder / "data.yaml").write_text(yaml.safe_dump(values))


def nested(folder: Path) -> None:
    ultralytics(folder)
    for part in ("images", "labels"):
        (folder / part / "val" / "monday").mkdir()
        for path in [path for path in (folder / part / "val").iterdir() if path.is_file()]:
            path.rename(path.parent / "monday" / path.name)


LAYOUTS = [
    own,
    ultralytics,
    numbered,
    elsewhere,
    roboflow,
    cvat,
    windows_lists,
    darknet,
    several,
    other_name,
    validation,
    nested,
]
Layout = Callable[[Path], None]


def names(side: object, described: YoloSet) -> list[tuple[str, int]]:
    return [(picture.path.name, len(picture.labels)) for picture in read_pictures(side, len(described.names))]  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_the_same_set(tmp_path: Path, layout: Layout) -> None:
    layout(tmp_path)
    described = open_set(tmp_path)
    check_set(described)
    assert described.names == ("stall",)
    assert names(described.train, described) == [("train-a.jpg", 1)]
    assert names(described.val, described) == [("val-a.jpg", 1)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_tools_and_systems_leave_behind_is_passed_over(tmp_path: Path, layout: Layout) -> None:
    layout(tmp_path)
    for path in [
        path
        for path in tmp_path.rglob("*")
        if path.suffix in (".jpg", ".txt") and path.name not in ("train.txt", "val.txt")
    ]:
        (path.parent / f"._{path.name}").write_bytes(SHADOW)
        for left in ("classes.txt", ".DS_Store", "Thumbs.db", "desktop.ini", "notes.json"):
            (path.parent / left).write_text("stall\n")
    described = open_set(tmp_path)
    check_set(described)
    assert names(described.val, described) == [("val-a.jpg", 1)]


def test_label_studio_without_a_description(tmp_path: Path) -> None:
    save_picture(tmp_path, "a", [BOX])
    (tmp_path / "classes.txt").write_text("stall\n")
    (tmp_path / "notes.json").write_text("{}")
    described = open_set(tmp_path)
    assert (described.names, described.train) == (("stall",), None)
    assert names(described.val, described) == [("a.jpg", 1)]


def test_outlines_are_read_as_the_boxes_around_them(tmp_path: Path) -> None:
    save_picture(tmp_path, "a", ["0 0.4 0.4 0.6 0.4 0.6 0.6 0.4 0.6"])
    (picture,) = read_pictures(tmp_path, 1)
    label = picture.labels[0]
    assert (label.x, label.y, label.width, label.height) == pytest.approx((0.5, 0.5, 0.2, 0.2))


def test_in_the_usual_layout_a_picture_without_labels_is_a_background(tmp_path: Path) -> None:
    ultralytics(tmp_path)
    (tmp_path / "images/val/empty.jpg").write_bytes((tmp_path / "images/val/val-a.jpg").read_bytes())
    assert names(open_set(tmp_path).val, open_set(tmp_path)) == [("empty.jpg", 0), ("val-a.jpg", 1)]


def test_pictures_of_which_none_has_labels_are_refused(tmp_path: Path) -> None:
    ultralytics(tmp_path)
    (tmp_path / "labels/val/val-a.txt").unlink()
    with pytest.raises(DatasetInvalid, match=r"labels/val/val-a\.txt: no such file"):
        read_pictures(open_set(tmp_path).val, 1)


def test_a_list_that_names_a_picture_that_is_not_there(tmp_path: Path) -> None:
    cvat(tmp_path)
    (tmp_path / "val.txt").write_text("images/val/val-a.jpg\nimages/val/gone.jpg\n")
    with pytest.raises(DatasetInvalid, match=r"val\.txt:2: images/val/gone\.jpg: no such picture"):
        read_pictures(open_set(tmp_path).val, 1)


@pytest.mark.parametrize("value", [3, {"a": "b"}, [""], [3]])
def test_a_side_that_is_no_folder_is_refused(tmp_path: Path, value: object) -> None:
    ultralytics(tmp_path)
    (tmp_path / "data.yaml").write_text(yaml.safe_dump({"train": "images/train", "val": value, "names": ["stall"]}))
    with pytest.raises(DatasetInvalid, match="a side is a folder or a list"):
        open_set(tmp_path)


def test_a_description_that_works_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ultralytics(tmp_path / "set")
    described = open_set(tmp_path / "set")
    pictures = [picture.path for picture in read_pictures(described.val, 1)]
    file = write_absolute(tmp_path / "run", described.names, {"train": pictures, "val": pictures})
    monkeypatch.chdir(tmp_path)
    assert names(open_set(file).val, described) == [("val-a.jpg", 1)]


@pytest.mark.parametrize(
    "name",
    [
        "35-yolo-usual-layout/ultra",
        "35-yolo-usual-layout/cvat",
        "37-classes-txt-in-labels/labelimg",
        "38-mac-dot-underscore/set",
    ],
)
def test_sets_from_the_field(shared: Path, name: str) -> None:
    assert evaluate("aerial-stalls", shared / "cases" / name).map50 == 1.0


def yolo_1_1(folder: Path) -> None:
    for suffix in ("jpg", "txt"):
        (folder / "obj_train_data").mkdir(exist_ok=True)
        for path in (folder / "val").rglob(f"*.{suffix}"):
            path.rename(folder / "obj_train_data" / path.name)
    (folder / "obj.names").write_text("stall\n")
    (folder / "obj.data").write_text("classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n")
    (folder / "train.txt").write_text("data/obj_train_data/val-a.jpg\n")


def labelimg(folder: Path) -> None:
    for path in [*(folder / "val").rglob("*.jpg"), *(folder / "val").rglob("*.txt")]:
        path.rename(folder / path.name)
    (folder / "classes.txt").write_bytes("摊位\n".encode("gb18030"))


def label_studio(folder: Path) -> None:
    for part in ("images", "labels"):
        (folder / "val" / part).rename(folder / part)
    (folder / "labels" / "classes.txt").write_text("stall\n")


@pytest.mark.parametrize("layout", [yolo_1_1, labelimg, label_studio])
def test_folders_without_a_description(tmp_path: Path, layout: Layout) -> None:
    own(tmp_path)
    (tmp_path / "data.yaml").unlink()
    shutil.rmtree(tmp_path / "train")
    layout(tmp_path)
    described = open_set(tmp_path)
    assert described.names == (("摊位",) if layout is labelimg else ("stall",))
    assert names(described.val, described) == [("val-a.jpg", 1)]


@pytest.mark.parametrize(
    "line",
    [
        "/content/drive/MyDrive/set/images/{side}/{side}-a.jpg",
        "C:\\data\\set\\images\\{side}\\{side}-a.jpg",
        "build/darknet/x64/data/images/{side}/{side}-a.jpg",
        "../elsewhere/images/{side}/{side}-a.jpg",
    ],
)
def test_lists_that_name_another_machines_folders(tmp_path: Path, line: str) -> None:
    cvat(tmp_path)
    for side in ("train", "val"):
        (tmp_path / f"{side}.txt").write_text(line.format(side=side) + "\n")
    assert names(open_set(tmp_path).val, open_set(tmp_path)) == [("val-a.jpg", 1)]


@pytest.mark.parametrize("name", ["README.roboflow.txt", "names.txt", "a list of what was left out.txt"])
def test_texts_among_labels_that_hold_none(tmp_path: Path, name: str) -> None:
    own(tmp_path)
    (tmp_path / "val" / "labels" / name).write_text("stalls of spring\n0 0.5 0.5 0.1 0.1\n")
    assert names(open_set(tmp_path).val, open_set(tmp_path)) == [("val-a.jpg", 1)]


def test_thumbnails_of_a_network_drive_are_passed_over(tmp_path: Path) -> None:
    ultralytics(tmp_path)
    for folder in ("@eaDir", ".thumbs", "__MACOSX"):
        (tmp_path / "images" / "val" / folder).mkdir()
        (tmp_path / "images" / "val" / folder / "val-a.jpg").write_bytes(b"small")
    assert names(open_set(tmp_path).val, open_set(tmp_path)) == [("val-a.jpg", 1)]


def test_labels_with_a_mark_in_front(tmp_path: Path) -> None:
    own(tmp_path)
    (tmp_path / "val" / "labels" / "val-a.txt").write_text(f"\ufeff{BOX}\n")
    assert names(open_set(tmp_path).val, open_set(tmp_path)) == [("val-a.jpg", 1)]


def test_a_folder_that_two_files_may_describe_is_named(tmp_path: Path) -> None:
    own(tmp_path)
    (tmp_path / "data.yaml").rename(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text((tmp_path / "a.yaml").read_text())
    with pytest.raises(DatasetInvalid, match=r"a\.yaml or b\.yaml may describe it"):
        open_set(tmp_path)
