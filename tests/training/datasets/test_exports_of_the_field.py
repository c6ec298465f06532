"""Exports as tools and people leave them: other encodings and names, ids in quotes, pictures that were turned since."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.training.datasets.exports import coco, picture, voc
from training.datasets.import_formats import read_export
from training.datasets.importing import ImportWish, import_export
from training.errors import DatasetInvalid, ImportFaults

ANNOTATION = {"id": 1, "image_id": 1, "category_id": 5, "bbox": [10, 10, 20, 20], "iscrowd": 0}
ONE = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 50}],
    "categories": [{"id": 5, "name": "stall"}],
}


def described(folder: Path, name: str = "a.jpg", **changes: object) -> Path:
    picture(folder / name)
    (folder / "x.json").write_text(json.dumps(ONE | {"annotations": [ANNOTATION | changes]}))
    return folder


def found(folder: Path) -> list[tuple[str, int]]:
    export = read_export(folder)
    assert export.faults == []
    return [(one.path.name, len(one.boxes)) for one in export.pictures]


@pytest.mark.parametrize(
    "changes",
    [
        {"image_id": "1"},
        {"category_id": "5"},
        {"image_id": 1.0, "category_id": 5.0},
        {"iscrowd": None},
        {"segmentation": {"counts": "a", "size": [9, 9]}},
    ],
)
def test_what_means_the_same_in_coco(tmp_path: Path, changes: dict[str, object]) -> None:
    assert found(described(tmp_path, "a.jpg", **changes)) == [("a.jpg", 1)]


@pytest.mark.parametrize("key", [True, 1.5, None, [1], {"a": 1}])
def test_what_is_no_id_in_coco_is_refused(tmp_path: Path, key: object) -> None:
    (fault,) = read_export(described(tmp_path, image_id=key)).faults
    assert fault.endswith(f"x.json:1: annotations[0]: image_id: {str(key)!r} is not what stands here")


def test_no_box_and_a_polygon_is_a_box(tmp_path: Path) -> None:
    assert found(described(tmp_path, bbox=None, segmentation=[[10, 10, 30, 10, 30, 30]])) == [("a.jpg", 1)]


@pytest.mark.parametrize(
    ("named", "lies"),
    [
        ("a%20b.jpg", "a b.jpg"),
        ("A.JPG", "a.jpg"),
        ("/data/upload/1/3f2a9c1d-a.jpg", "images/a.jpg"),
        ("http://example.org/x/a.jpg?token=1", "a.jpg"),
        ("images\\default\\a.jpg", "images/default/a.jpg"),
    ],
)
def test_a_picture_under_another_name_is_found(tmp_path: Path, named: str, lies: str) -> None:
    described(tmp_path, lies)
    text = (tmp_path / "x.json").read_text()
    (tmp_path / "x.json").write_text(text.replace('"a.jpg"', json.dumps(named)))
    assert found(tmp_path) == [(Path(lies).name, 1)]


def test_of_two_that_differ_in_capitals_none_is_guessed(tmp_path: Path) -> None:
    described(tmp_path, "x/a.jpg")
    picture(tmp_path / "y/a.JPG")
    text = (tmp_path / "x.json").read_text()
    (tmp_path / "x.json").write_text(text.replace('"a.jpg"', '"A.jpg"'))
    assert "could be" in read_export(tmp_path).faults[0]


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "gb18030", "utf-8", ""])
def test_voc_in_chinese(tmp_path: Path, declared: str) -> None:
    voc(tmp_path)
    for path in (tmp_path / "Annotations").glob("*.xml"):
        head = f"<?xml version='1.0' encoding='{declared}'?>\n" if declared else ""
        text = (head + path.read_text()).replace("stall", "摊位").replace("sign", "店招")
        path.write_bytes(text.encode(declared or "gbk"))
    export = read_export(tmp_path)
    assert export.faults == []
    assert set(export.classes) == {"摊位", "店招"}


@pytest.mark.parametrize("named", ["a", "", "a.png", "C:\\pictures\\a.jpg"])
def test_a_voc_file_that_names_its_picture_otherwise(tmp_path: Path, named: str) -> None:
    path = voc(tmp_path) / "Annotations/a.xml"
    path.write_text(path.read_text().replace("<filename>a.jpg<", f"<filename>{named}<"))
    assert found(tmp_path) == [("a.jpg", 2), ("b.jpg", 1), ("c.jpg", 0)]


def turned(folder: Path) -> Path:
    path = coco(folder, boxes={"a.jpg": [("stall", 10, 10, 30, 30)]}) / "annotations/instances_default.json"
    path.write_text(path.read_text().replace('"width": 100', '"width": 50').replace('"height": 50', '"height": 100'))
    return folder


def test_labels_of_a_picture_that_was_turned_since_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFaults, match="has 100 x 50 pixels, and its labels are of 50 x 100"):
        import_export(
            turned(tmp_path / "e"), tmp_path / "root", ImportWish("x", "a"), datetime(2026, 11, 20, tzinfo=UTC)
        )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.xml", "<?xml version='1.0'?><annotations><image id='0' name='a.jpg'/></annotations>", "CVAT's own XML"),
        ("a.json", '{"version": "5", "shapes": [], "imagePath": "a.jpg"}', "labelme"),
        ("a.json", '[{"id": 1, "data": {"image": "a.jpg"}, "annotations": []}]', "Label Studio's own JSON"),
        ("a.json", '{"a.jpg1": {"filename": "a.jpg", "regions": []}}', "VIA"),
    ],
)
def test_forms_that_are_not_read_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    picture(tmp_path / "a.jpg")
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetInvalid, match=f"{said}, which is not read: export them as COCO"):
        read_export(tmp_path)
