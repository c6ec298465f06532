"""Descriptions and lists that nobody would write by hand: each is refused in one line, and nothing is guessed."""

from pathlib import Path

import pytest

from tests.training.sets import save_picture
from training.datasets.import_yolo import read_yolo
from training.datasets.labels import open_set, read_pictures
from training.datasets.layouts import (
    class_names,
    exists,
    find_description,
    find_pictures,
    is_there,
    labels_in_words,
    side_of,
)
from training.errors import DatasetInvalid

LONG = "x" * 5000


@pytest.mark.parametrize("name", [LONG, "a/" * 3000, "a\x00b"])
def test_a_name_that_no_file_can_have_does_not_exist(tmp_path: Path, name: str) -> None:
    assert not exists(tmp_path / name)
    assert not is_there((tmp_path, tmp_path / name))
    assert exists(tmp_path)


@pytest.mark.parametrize("value", [LONG, '"a\\0b"', f"[images, {LONG}]"])
def test_a_side_with_such_a_name_is_a_fault(tmp_path: Path, value: str) -> None:
    (tmp_path / "data.yaml").write_text(f"names: [a]\nval: {value}\n")
    with pytest.raises(
        DatasetInvalid, match=r"data\.yaml: no folder or list of pictures can be named|a side is a folder"
    ):
        open_set(tmp_path)
    export = read_yolo(tmp_path)
    assert len(export.faults) == 1
    assert export.pictures == []


def test_a_line_of_a_list_with_such_a_name_is_named(tmp_path: Path) -> None:
    save_picture(tmp_path, "a")
    (tmp_path / "val.txt").write_text(f"images/a.jpg\n\n{LONG}\n")
    (tmp_path / "data.yaml").write_text("val: val.txt\nnames: [a]\n")
    with pytest.raises(DatasetInvalid, match=r"val\.txt:3: x+: no such picture"):
        find_pictures(tmp_path / "val.txt")
    (fault,) = read_yolo(tmp_path).faults
    assert "val.txt:3" in fault


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x80.jpg\n"])
def test_a_list_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "val.txt").write_bytes(content)
    with pytest.raises(DatasetInvalid, match=r"val\.txt: cannot be read as a list of pictures, one a line"):
        find_pictures(tmp_path / "val.txt")


def test_a_list_larger_than_any_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.datasets.layouts._LARGEST", 4)
    (tmp_path / "val.txt").write_text("images/a.jpg\n")
    with pytest.raises(DatasetInvalid, match="larger than 0 MiB; is it a list of pictures"):
        find_pictures(tmp_path / "val.txt")


@pytest.mark.parametrize(
    "line", ["images/a.jpg", "./images/a.jpg", "data/images/a.jpg", "images\\a.jpg", " images/a.jpg "]
)
def test_a_picture_of_a_list_is_found_as_tools_write_it(tmp_path: Path, line: str) -> None:
    save_picture(tmp_path, "a", ["0 0.5 0.5 0.2 0.2"])
    (tmp_path / "val.txt").write_text(f"\ufeff{line}\n", encoding="utf-8")
    (picture,) = read_pictures(tmp_path / "val.txt", 1)
    assert len(picture.labels) == 1


@pytest.mark.parametrize("value", [None, 5, {}, "", "  ", [[]], ["a", 5], True])
def test_a_side_is_named_by_words(tmp_path: Path, value: object) -> None:
    with pytest.raises(DatasetInvalid, match=r"data\.yaml: a side is a folder or a list of pictures, not"):
        side_of(tmp_path / "data.yaml", None, value)


def test_roboflow_counts_from_a_folder_that_is_not_there(tmp_path: Path) -> None:
    save_picture(tmp_path / "valid", "a")
    assert side_of(tmp_path / "data.yaml", None, "../valid/images") == tmp_path / "valid"


def test_a_root_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    save_picture(tmp_path / "val", "a")
    assert side_of(tmp_path / "data.yaml", "../datasets/mine", "val/images") == tmp_path / "val"
    (tmp_path / "root").mkdir()
    save_picture(tmp_path / "root/val", "b")
    assert side_of(tmp_path / "data.yaml", "root", "val/images") == tmp_path / "root/val", "its own root goes first"


def test_the_last_folder_called_images_has_labels_beside_it(tmp_path: Path) -> None:
    outer = tmp_path / "images/mine"
    save_picture(outer / "x", "a", ["0 0.5 0.5 0.2 0.2"])
    (outer / "x/images").rename(outer / "images")
    (outer / "x/labels").rename(outer / "labels")
    (outer / "list.txt").write_text("images/a.jpg\n")
    (found,) = find_pictures(outer / "list.txt")
    assert found.labels == outer / "labels/a.txt"
    assert found.may_lack


def test_two_pictures_with_one_label_file_are_refused(tmp_path: Path) -> None:
    (save_picture(tmp_path, "a")).rename(tmp_path / "images/a.png")
    save_picture(tmp_path, "a")
    with pytest.raises(DatasetInvalid, match="two pictures are named a"):
        find_pictures(tmp_path)


def test_what_tools_leave_among_labels_is_no_orphan_but_others_are(tmp_path: Path) -> None:
    save_picture(tmp_path, "a")
    for name in ("classes.txt", "README.txt", ".hidden.txt"):
        (tmp_path / "labels" / name).touch()
    assert len(find_pictures(tmp_path)) == 1
    (tmp_path / "labels/b.txt").touch()
    with pytest.raises(DatasetInvalid, match=r"labels/b\.txt: labels without a picture in images/"):
        find_pictures(tmp_path)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["data.yaml", "data.yml", "x.yaml"], "data.yaml"),
        (["data.yml", "dataset.yaml"], "data.yml"),
        (["mine.yaml"], "mine.yaml"),
        (["mine.yml", ".hidden.yaml"], "mine.yml"),
        (["mine.yaml", "yours.yaml"], None),
        ([], None),
        (["mine.json"], None),
    ],
)
def test_the_description_is_the_known_name_or_the_only_one(tmp_path: Path, names: list[str], found: str | None) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert find_description(tmp_path) == (None if found is None else tmp_path / found)


def test_names_of_label_studio_are_lines_without_empty_ones(tmp_path: Path) -> None:
    assert class_names(tmp_path) is None
    save_picture(tmp_path, "a")
    assert class_names(tmp_path) is None
    (tmp_path / "classes.txt").write_text("\ufeffstall\n\n 摊位 \r\n", encoding="utf-8")
    assert class_names(tmp_path) == (tmp_path / "classes.txt", ["stall", "摊位"])


def test_several_sides_are_read_one_after_the_other_and_told_in_words(tmp_path: Path) -> None:
    for name in ("b", "a"):
        save_picture(tmp_path / name, f"{name}1")
    side = (tmp_path / "b", tmp_path / "a")
    assert [one.picture.name for one in find_pictures(side)] == ["b1.jpg", "a1.jpg"]
    assert labels_in_words(side) == f"{tmp_path / 'b/labels'}, {tmp_path / 'a/labels'}"
