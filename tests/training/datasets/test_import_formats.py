"""What the field exports, read with every fault named by file and line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.datasets.exports import BOXES, SIZE, coco, picture, voc, yolo
from training.datasets.import_formats import detect_format, read_export
from training.datasets.interchange import Export, NamedBox, checked_box
from training.errors import DatasetInvalid


def boxes_of(export: Export) -> dict[str, set[tuple[str, int, int, int, int]]]:
    """By picture's name its boxes, back in pixels."""
    found = {}
    for one in export.pictures:
        found[one.path.name] = {
            (
                box.name,
                round((box.x - box.width / 2) * SIZE[0]),
                round((box.y - box.height / 2) * SIZE[1]),
                round((box.x + box.width / 2) * SIZE[0]),
                round((box.y + box.height / 2) * SIZE[1]),
            )
            for box in one.boxes
        }
    return found


@pytest.mark.parametrize(("make", "format_"), [(yolo, "yolo"), (coco, "coco"), (voc, "voc")])
def test_each_format_gives_the_same_pictures_and_boxes(
    tmp_path: Path, make: Callable[[Path], Path], format_: str
) -> None:
    folder = make(tmp_path / "export")
    export = read_export(folder)
    assert (export.format, export.faults) == (format_, [])
    assert boxes_of(export) == {name: set(boxes) for name, boxes in BOXES.items()}
    assert set(export.classes) == {"stall", "sign"}


def test_a_folder_in_a_folder_is_found(tmp_path: Path) -> None:
    coco(tmp_path / "outer/inner")
    (tmp_path / "outer/__MACOSX").mkdir()
    assert len(read_export(tmp_path).pictures) == 3


def test_what_is_no_export_says_what_one_has(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    with pytest.raises(DatasetInvalid, match=r"YOLO has a data\.yaml"):
        read_export(tmp_path)


def test_a_json_file_that_is_not_coco_is_no_coco(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "notes.json").write_text('{"images": 3}')
    assert detect_format(tmp_path) == "yolo"


def test_sides_and_licences_of_an_export_are_kept(tmp_path: Path) -> None:
    export = read_export(yolo(tmp_path, {"train": {"a.jpg": BOXES["a.jpg"]}, "valid": {"b.jpg": BOXES["b.jpg"]}}))
    assert {one.path.name: one.side for one in export.pictures} == {"a.jpg": "train", "b.jpg": "val"}
    assert {one.licence for one in export.pictures} == {"CC BY 4.0"}
    assert {one.licence for one in read_export(coco(tmp_path / "coco")).pictures} == {"CC BY 4.0"}


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("instances_train2017.json", "train"),
        ("instances_val2017.json", "val"),
        ("valid/_annotations.coco.json", "val"),
        ("train/_annotations.coco.json", "train"),
        ("test/_annotations.coco.json", "val"),
        ("instances_default.json", None),
        ("training-street.json", None),  # a street's name is no side
        ("medieval.json", None),
    ],
)
def test_the_side_of_a_coco_file_is_in_its_name(tmp_path: Path, name: str, side: str | None) -> None:
    folder = coco(tmp_path / "export")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (folder / "annotations/instances_default.json").rename(path)
    assert {one.side for one in read_export(folder).pictures} == {side}


@pytest.mark.parametrize(
    "named", ["a.jpg", "images/a.jpg", "..\\images\\a.jpg", "/data/upload/1/a.jpg", "../../x/a.jpg"]
)
def test_a_picture_is_found_whatever_path_the_tool_wrote(tmp_path: Path, named: str) -> None:
    folder = coco(tmp_path)
    path = folder / "annotations/instances_default.json"
    path.write_text(path.read_text().replace('"a.jpg"', json.dumps(named)))
    assert "a.jpg" in boxes_of(read_export(folder))


def test_label_studio_puts_digits_before_a_name(tmp_path: Path) -> None:
    folder = coco(tmp_path)
    (folder / "images/a.jpg").rename(folder / "images/8f3e58fe-a.jpg")
    assert boxes_of(read_export(folder))["8f3e58fe-a.jpg"] == set(BOXES["a.jpg"])


def test_no_picture_outside_the_export_is_taken(tmp_path: Path) -> None:
    folder = coco(tmp_path / "export")
    secret = picture(tmp_path / "secret.jpg")
    (folder / "images/linked.jpg").symlink_to(secret)
    path = folder / "annotations/instances_default.json"
    kept = path.read_text()
    for named in ("../secret.jpg", "../../secret.jpg", str(secret), "linked.jpg", "images/linked.jpg"):
        path.write_text(kept.replace('"a.jpg"', json.dumps(named)))
        export = read_export(folder)
        assert re.search(r"images\[0\]: picture '.*' is not in the export", export.faults[0])
        assert "secret.jpg" not in boxes_of(export)


def test_of_two_pictures_of_one_name_none_is_guessed(tmp_path: Path) -> None:
    folder = coco(tmp_path)
    picture(folder / "more/a.jpg")
    (fault,) = read_export(folder).faults
    assert "picture 'a.jpg' could be" in fault


def spoilt(folder: Path, old: str, new: str) -> Path:
    """The COCO export with a piece of its text replaced once."""
    path = coco(folder) / "annotations/instances_default.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"image_id": 2', '"image_id": 99', "annotations[2]: image_id 99 is none of the images"),
        ('"category_id": 2', '"category_id": 7', "annotations[1]: category_id 7 is none of the categories"),
        ('"bbox": [\n    10,', '"bbox": [\n    -10,', "annotations[0]: the box leaves the picture"),
        (
            '"bbox": [\n    10,\n    10,\n    20,',
            '"bbox": [\n    10,\n    10,\n    0,',
            "annotations[0]: a box of 0 x 0.4",
        ),
        ('"bbox": [\n    10,', '"bbox": [\n    "x",', "annotations[0]: bbox"),
        ('"bbox": [\n    10,', '"bbox": [\n    NaN,', "annotations[0]: bbox"),
        ('"width": 100', '"width": 0', "images[0]: width"),
        ('"file_name": "a.jpg"', '"file_name": "z.jpg"', "images[0]: picture 'z.jpg' is not in the export"),
        ('"file_name": "a.jpg"', '"file_name": 5', "images[0]: file_name"),
        ('"name": "sign"', '"naem": "sign"', "categories[1]: name"),
        ('"id": 2,\n   "name"', '"id": 1,\n   "name"', "categories[1]: id 1 stands there twice"),
    ],
)
def test_a_fault_in_coco_has_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = spoilt(tmp_path, old, new)
    path = folder / "annotations/instances_default.json"
    faults = read_export(folder).faults
    fault = next(one for one in faults if said in one)
    found = re.match(rf"{re.escape(str(path))}:(\d+): ", fault)
    assert found
    before = (coco(tmp_path / "whole") / "annotations/instances_default.json").read_text().partition(old)[0]
    begins = max(n for n, line in enumerate(before.splitlines(), 1) if line.strip() == "{")
    assert int(found[1]) == begins  # the line on which the element begins


def test_every_fault_is_named_and_not_only_the_first(tmp_path: Path) -> None:
    folder = spoilt(tmp_path, '"image_id": 2', '"image_id": 99')
    path = folder / "annotations/instances_default.json"
    path.write_text(path.read_text().replace('"category_id": 2', '"category_id": 9'))
    assert len(read_export(folder).faults) == 2


def test_of_very_many_faults_the_rest_is_counted(tmp_path: Path) -> None:
    folder = coco(tmp_path)
    path = folder / "annotations/instances_default.json"
    described = json.loads(path.read_text())
    described["annotations"] = [{"image_id": 99, "category_id": 1, "bbox": [0, 0, 1, 1]}] * 1000
    path.write_text(json.dumps(described))
    export = read_export(folder)
    assert len(export.faults) + export.more_faults == 1000
    assert len(export.faults) == 200
    assert str(path) + ":1: annotations[0]" in export.faults[0]  # all on one line: the position says which


@pytest.mark.parametrize(
    "content",
    ['{"images": [], "categories": [', '{"images": [{]}, "categories": []}', '{"images" [], "categories": []}'],
)
def test_broken_json_has_its_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text("\n\n" + content)
    (fault,) = read_export(tmp_path, "coco").faults
    assert fault.startswith(f"{tmp_path / 'a.json'}:3: is not JSON")


def test_deep_json_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"images": [], "categories": ' + "[" * 200_000)
    (fault,) = read_export(tmp_path, "coco").faults
    assert "nested too deeply" in fault or "is not JSON" in fault


@given(text=st.text(alphabet='{}[]",:0123456789 \nimagescategories', max_size=80))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_json_file_is_read_or_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text('{"images": [], "categories": [], "x": ' + text)
    export = read_export(tmp_path, "coco")
    assert export.pictures == []
    assert all(fault.startswith(f"{tmp_path / 'a.json'}:") for fault in export.faults)


def test_a_polygon_stands_for_a_box_that_is_not_there(tmp_path: Path) -> None:
    folder = coco(tmp_path)
    path = folder / "annotations/instances_default.json"
    described = json.loads(path.read_text())
    first = described["annotations"][0]
    del first["bbox"]
    first["segmentation"] = [[10, 10, 30, 10, 30, 30]]
    path.write_text(json.dumps(described))
    assert boxes_of(read_export(folder)) == {name: set(boxes) for name, boxes in BOXES.items()}
    first["segmentation"] = [[10, 10]]
    path.write_text(json.dumps(described))
    assert "annotations[0]: has neither a bbox nor a polygon" in read_export(folder).faults[0]


def test_a_crowd_is_left_out_and_noted(tmp_path: Path) -> None:
    folder = spoilt(tmp_path, '"iscrowd": 0', '"iscrowd": 1')
    export = read_export(folder)
    assert len(boxes_of(export)["a.jpg"]) == 1
    assert "a crowd" in export.notes[0]


def test_the_class_that_roboflow_lists_above_the_others_is_none(tmp_path: Path) -> None:
    folder = spoilt(tmp_path, '"categories": [', '"categories": [{"id": 0, "name": "things"},')
    assert read_export(folder).classes == ("stall", "sign")


def spoilt_voc(folder: Path, old: str, new: str) -> Path:
    path = voc(folder) / "Annotations/a.xml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("<xmin>11</xmin>", "<xmin>eleven</xmin>", 12, "<xmin> holds 'eleven'"),
        ("<xmin>11</xmin>", "", 11, "<bndbox> has no <xmin>"),
        ("<xmax>30</xmax>", "<xmax>300</xmax>", 11, "the box leaves the picture"),
        ("<xmax>30</xmax>", "<xmax>5</xmax>", 11, "has no area"),
        ("<xmax>30</xmax>", "<xmax>nan</xmax>", 11, "has no area"),
        ("<name>stall</name>", "<name> </name>", 9, "an object without a name"),
        ("<filename>a.jpg</filename>", "<filename>q.jpg</filename>", 3, "picture 'q.jpg' is not in the export"),
        ("<width>100</width>", "<width>0</width>", 4, "a picture of 0 x 50 pixels"),
        ("<width>100</width>", "", 4, "<size> has no <width>"),
        ("</annotation>", "", 28, "is not XML"),
        ("<annotation>", '<!DOCTYPE x [<!ENTITY e "e">]><annotation>', 1, "declares a document type"),
        ("<annotation>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><annotation>', 1, "declares a document type"),
        ("<annotation>", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><annotation>', 1, "declares"),
        ("<folder>x</folder>", "<folder>&e;</folder>", 2, "is not XML"),
        ("<folder>x</folder>", "<a>" * 40 + "</a>" * 40, 2, "nested too deeply"),
        ("<annotation>", '<?xml version="1.0" encoding="klingon"?><annotation>', 1, "is not XML"),
    ],
)
def test_a_fault_in_voc_has_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    path = spoilt_voc(tmp_path, old, new)
    faults = read_export(tmp_path, "voc").faults
    assert len(faults) == 1
    assert faults[0].startswith(f"{path}:{line}: ")
    assert said in faults[0]


def test_a_fault_of_yolo_has_its_line_and_both_sides_are_read(tmp_path: Path) -> None:
    sides = {"train": {"a.jpg": BOXES["a.jpg"]}, "valid": {"b.jpg": BOXES["b.jpg"]}}
    folder = yolo(tmp_path, sides)
    for side, name in (("train", "a"), ("valid", "b")):
        with (folder / side / "labels" / f"{name}.txt").open("a") as file:
            file.write("0 0.5 0.5 2 2\n")
    faults = read_export(folder).faults
    assert [re.sub(r".*/(train|valid)", r"\1", fault.split(": ")[0]) for fault in faults] == [
        "train/labels/a.txt:3",
        "valid/labels/b.txt:2",
    ]


def test_a_link_out_of_a_yolo_folder_is_a_fault(tmp_path: Path) -> None:
    folder = yolo(tmp_path / "export")
    secret = picture(tmp_path / "secret.jpg")
    (folder / "train/images/a.jpg").unlink()
    (folder / "train/images/a.jpg").symlink_to(secret)
    (fault,) = read_export(folder).faults
    assert "lies outside the export" in fault


edges = st.floats(-0.5, 1.5)


@given(left=edges, top=edges, right=edges, bottom=edges)
def test_a_box_is_inside_its_picture_or_refused(left: float, top: float, right: float, bottom: float) -> None:
    try:
        box = checked_box("stall", left, top, right, bottom)
    except DatasetInvalid:
        inside = all(0 <= edge <= 1 for edge in (left, top, right, bottom))
        assert not inside or right <= left or bottom <= top
        return
    assert isinstance(box, NamedBox)
    assert box.width > 0
    assert box.height > 0
    assert box.x - box.width / 2 >= -1e-9
    assert box.y + box.height / 2 <= 1 + 1e-9
    assert abs((box.x - box.width / 2) - left) <= 2e-3 + 1e-9


@pytest.mark.parametrize("outside", ["..", "../secret", "{root}/secret"])
def test_a_description_that_points_out_of_the_export_reads_nothing_there(tmp_path: Path, outside: str) -> None:
    """A line of somebody's file must not come back in a message."""
    folder = yolo(tmp_path / "export")
    picture(tmp_path / "secret/images/a.jpg")
    (tmp_path / "secret/labels").mkdir()
    (tmp_path / "secret/labels/a.txt").write_text("password of the city\n")
    named = outside.format(root=tmp_path)
    (folder / "data.yaml").write_text(f"val: {named}/images\nnames: [stall, sign]\n")
    export = read_export(folder)
    assert export.pictures == []
    assert len(export.faults) == 1
    assert "password" not in export.faults[0]


def test_a_list_that_names_a_picture_outside_is_a_fault(tmp_path: Path) -> None:
    folder = yolo(tmp_path / "export")
    secret = picture(tmp_path / "secret.jpg")
    (folder / "all.txt").write_text(f"train/images/a.jpg\n{secret}\n")
    (folder / "data.yaml").write_text("val: all.txt\nnames: [stall, sign]\n")
    (fault,) = read_export(folder).faults
    assert fault.startswith(f"{folder / 'all.txt'}:2: ")
    assert "lies outside the export" in fault
