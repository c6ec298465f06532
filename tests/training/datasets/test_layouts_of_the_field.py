"""Sets as they come out of archives, editors and other systems: numbers for names, capitals, escaped names."""

from pathlib import Path

import pytest

from tests.training.datasets.exports import picture
from training.datasets.import_formats import read_export
from training.datasets.labels import YoloSet, open_set, read_pictures
from training.errors import DatasetInvalid

BOX = "0 0.5 0.5 0.2 0.2\n"
DESCRIBED = "train: images/train\nval: images/val\nnames: [stall]\n"


def a_set(folder: Path, described: str = DESCRIBED) -> Path:
    for side in ("train", "val"):
        picture(folder / "images" / side / f"{side}.jpg")
        (folder / "labels" / side).mkdir(parents=True)
        (folder / "labels" / side / f"{side}.txt").write_text(BOX)
    (folder / "data.yaml").write_text(described)
    return folder


def boxes(of: YoloSet) -> list[int]:
    return [len(one.labels) for one in read_pictures(of.val, len(of.names))]


@pytest.mark.parametrize(
    ("names", "read"),
    [
        ("{0: 0501}", "0501"),
        ("{'0': 0501}", "0501"),
        ("[0501]", "0501"),
        ("[no]", "no"),
        ("[2026-01-01]", "2026-01-01"),
        ("[流动摊贩]", "流动摊贩"),
    ],
)
def test_a_name_is_the_text_that_stands_there(tmp_path: Path, names: str, read: str) -> None:
    found = open_set(a_set(tmp_path, DESCRIBED.replace("[stall]", names)))
    assert (found.names, boxes(found)) == ((read,), [1])


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        (BOX, "utf-16"),
        (BOX, "utf-16-le"),
        (BOX, "utf-8-sig"),
        ("0.0 0.5 0.5 0.2 0.2\r\n", "ascii"),
        ("0 5e-1 0.5 0.2 2.0E-01\n\n", "ascii"),
    ],
)
def test_a_line_as_other_tools_write_it(tmp_path: Path, line: str, encoding: str) -> None:
    (a_set(tmp_path) / "labels/val/val.txt").write_bytes(line.encode(encoding))
    assert boxes(open_set(tmp_path)) == [1]


def test_key_points_are_not_read_as_corners(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="labels key points, which would be read as corners"):
        open_set(a_set(tmp_path, f"{DESCRIBED}kpt_shape: [1, 2]\n"))


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize(
    ("shown", "labels"), [("a%20b.jpg", "a b.txt"), ("a%20b.jpg", "a%20b.txt"), ("A.JPG", "A.TXT")]
)
def test_labels_of_a_picture_whose_name_was_changed_are_found(
    tmp_path: Path, shown: str, labels: str, *, ours: bool
) -> None:
    described = a_set(tmp_path, "val: val/images\nnames: [stall]\n" if ours else DESCRIBED)
    images, texts = ("val/images", "val/labels") if ours else ("images/val", "labels/val")
    picture(described / images / "a.jpg").rename(described / images / shown)
    (described / texts).mkdir(parents=True, exist_ok=True)
    (described / texts / labels).write_text(BOX)
    assert sum(boxes(open_set(described))) == (1 if ours else 2)


def test_an_address_in_a_name_leads_nowhere(tmp_path: Path) -> None:
    described = a_set(tmp_path)
    picture(described / "images/val/a.jpg").rename(described / "images/val/..%2Ftrain%2Ftrain.jpg")
    assert boxes(open_set(described)) == [1]  # a name that begins with a point is passed over
    (described / "images/val/..%2Ftrain%2Ftrain.jpg").rename(described / "images/val/x%2F..%2Ftrain.jpg")
    assert boxes(open_set(described)) == [1, 0]


def test_folders_in_capitals(tmp_path: Path) -> None:
    a_set(tmp_path, DESCRIBED.replace("images", "Images"))
    (tmp_path / "images").rename(tmp_path / "Images")
    (tmp_path / "labels").rename(tmp_path / "Labels")
    assert boxes(open_set(tmp_path)) == [1]


def test_the_folder_in_a_folder_that_an_archive_leaves(tmp_path: Path) -> None:
    a_set(tmp_path / "export")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert boxes(open_set(tmp_path)) == [1]


def test_the_folder_in_several_that_an_archive_leaves(tmp_path: Path) -> None:
    a_set(tmp_path / "outer/export")
    (tmp_path / "outer/Thumbs.db").write_bytes(b"x")
    assert boxes(open_set(tmp_path)) == [1]
    assert [len(one.boxes) for one in read_export(tmp_path).pictures if one.side == "val"] == [1]


@pytest.mark.parametrize("ending", [".heic", ".TIF", ".avif"])
def test_pictures_that_are_not_read_are_named(tmp_path: Path, ending: str) -> None:
    (a_set(tmp_path) / "images/val/val.jpg").rename(tmp_path / f"images/val/val{ending}")
    with pytest.raises(DatasetInvalid, match=f"val{ending}: a picture that is not read: save it as JPEG or PNG"):
        boxes(open_set(tmp_path))
