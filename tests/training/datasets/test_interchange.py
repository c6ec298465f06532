"""What the readers of foreign formats share, and the tables that a person writes."""

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.datasets.exports import coco, picture, yolo
from training.datasets.export_formats import export_version
from training.datasets.import_formats import read_export
from training.datasets.import_tables import COLUMNS, read_class_names, read_picture_facts
from training.datasets.importing import ImportWish, import_export
from training.datasets.interchange import MOST_FAULTS, Export, Pictures, files, read_text, side_of
from training.errors import DatasetInvalid

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
TEMPORARY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(
    ("path", "side"),
    [
        ("train/images/a.jpg", "train"),
        ("images/Train/a.jpg", "train"),
        ("valid/a.xml", "val"),
        ("val2017/a.xml", "val"),
        ("test/a.xml", "val"),
        ("train/valid.json", "val"),  # the nearest word
        ("straining/a.xml", None),
        ("a.xml", None),
    ],
)
def test_the_side_is_in_a_word_of_the_path(tmp_path: Path, path: str, side: str | None) -> None:
    assert side_of(tmp_path / path, tmp_path) == side


def test_hidden_files_and_those_of_macos_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.jpg", "B.JPG", ".c.jpg", "__MACOSX/d.jpg", ".git/e.jpg", "f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in files(tmp_path, ".jpg")] == ["B.JPG", "a.jpg"]


@given(named=st.text(max_size=40))
@TEMPORARY
def test_whatever_a_label_file_names_is_inside_or_refused(tmp_path: Path, named: str) -> None:
    folder = tmp_path / "export"
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images/a.jpg").touch()
    (tmp_path / "b.jpg").touch()
    with suppress(DatasetInvalid):
        assert Pictures(folder).find(named, folder / "labels.json").resolve().is_relative_to(folder)


@pytest.mark.parametrize("named", ["x" * 5000 + ".jpg", "a\0.jpg", "", ".", "..", "/", "~/a.jpg", "images"])
def test_a_name_that_no_file_can_have_is_not_in_the_export(tmp_path: Path, named: str) -> None:
    picture(tmp_path / "images/b.jpg")
    with pytest.raises(DatasetInvalid, match="is not in the export"):
        Pictures(tmp_path).find(named, tmp_path / "labels.json")


def test_a_text_file_is_bounded_and_utf_8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfok")
    assert read_text(tmp_path / "a") == "ok"
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(DatasetInvalid, match="is neither UTF-8 nor GB18030: save it as UTF-8"):
        read_text(tmp_path / "a")
    with pytest.raises(DatasetInvalid, match="cannot be read"):
        read_text(tmp_path / "none")
    monkeypatch.setattr("training.datasets.interchange.LARGEST_TEXT", 1)
    with pytest.raises(DatasetInvalid, match="is larger than"):
        read_text(tmp_path / "a")


@given(count=st.integers(0, 3 * MOST_FAULTS))
def test_no_fault_is_lost_from_the_count(count: int) -> None:
    export = Export("coco")
    for number in range(count):
        export.fault(f"fault {number}")
    assert len(export.faults) + export.more_faults == count
    assert len(export.faults) <= MOST_FAULTS


plain = st.text("abcXYZ 街0-9_.", min_size=1, max_size=12).map(str.strip).filter(bool)


@given(rows=st.dictionaries(plain, st.tuples(plain, plain, st.none() | st.dates(), plain, plain), max_size=6))
@TEMPORARY
def test_a_table_of_pictures_comes_back_as_it_was_written(
    tmp_path: Path, rows: dict[str, tuple[str, str, date | None, str, str]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for file, (camera, place, day, licence, origin) in rows.items():
        writer.writerow([file, camera, place, day.isoformat() if day else "", licence, origin])
    (tmp_path / "t.csv").write_text(text.getvalue(), encoding="utf-8")
    found = read_picture_facts(tmp_path / "t.csv")
    assert {
        file: (one.where.camera, one.where.place, one.where.day, one.licence, one.origin) for file, one in found.items()
    } == rows


@given(text=st.text("file,camera,day\n\"'; 2026-11-20x", max_size=80))
@TEMPORARY
def test_whatever_stands_in_a_table_is_read_or_named_with_its_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("file,day\n" + text)
    said = refusal(read_picture_facts, path)
    if said:
        line = said.removeprefix(f"{path}:").split(":")[0]
        assert 1 <= int(line) <= text.count("\n") + 2


def refusal(read: Callable[[Path], object], path: Path) -> str:
    """What a reader says against a file, "" where it takes it."""
    try:
        read(path)
    except DatasetInvalid as error:
        return str(error)
    return ""


@given(names=st.dictionaries(plain, st.none() | plain, min_size=1, max_size=6))
@TEMPORARY
def test_a_table_of_names_comes_back_as_it_was_written(tmp_path: Path, names: dict[str, str | None]) -> None:
    path = tmp_path / "names.yaml"
    path.write_text(yaml.safe_dump(names, allow_unicode=True), encoding="utf-8")
    assert read_class_names(path) == names


@given(text=st.text(": -[]{}&*!|>'\"%@`#,ab\n", max_size=60))
@TEMPORARY
def test_whatever_stands_in_a_table_of_names_is_read_or_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "names.yaml"
    path.write_text(text)
    said = refusal(read_class_names, path)
    assert not said or said.startswith(f"{path}:")
    assert said or all(value is None or isinstance(value, str) for value in read_class_names(path).values())


pixels = st.tuples(st.integers(0, 90), st.integers(0, 40), st.integers(2, 10), st.integers(2, 10))
edges = pixels.map(lambda box: ("stall", box[0], box[1], box[0] + box[2], box[1] + box[3]))


@given(drawn=st.lists(st.lists(edges, max_size=4), min_size=2, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_boxes_go_through_import_and_export_and_stay_where_they_are(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[tuple[str, int, int, int, int]]]
) -> None:
    """COCO in, a version, YOLO and COCO out: within a hundredth of a pixel."""
    folder = tmp_path_factory.mktemp("trip")
    boxes = {f"{n}.jpg": [*found, ("sign", 1, 1, 9, 9)] for n, found in enumerate(drawn)}
    result = import_export(coco(folder / "in", boxes=boxes), folder / "sets", ImportWish("river", "A. Reviewer"), AT)
    original = {one.file: Path(one.original).name for one in result.manifest.pictures}
    for wanted in ("yolo", "coco"):
        out = folder / wanted
        export_version(result.folder, out, wanted)
        if wanted == "yolo":  # as the product reads it
            for side in ("train", "val"):
                for part in ("images", "labels"):
                    (out / side).mkdir(exist_ok=True)
                    (out / part / side).rename(out / side / part)
            (out / "data.yaml").write_text(
                f"train: train/images\nval: val/images\nnames: {list(result.manifest.classes)}\n"
            )
        export = read_export(out, wanted)
        assert export.faults == []
        assert len(export.pictures) == len(boxes)
        for one in export.pictures:
            mine = sorted(
                (box.name, *(round(v, 2) for v in ((box.x - box.width / 2) * 100, (box.y - box.height / 2) * 50)))
                for box in one.boxes
            )
            theirs = sorted((name, float(left), float(top)) for name, left, top, _, _ in boxes[original[one.path.name]])
            for (a, *got), (b, *given_) in zip(mine, theirs, strict=True):
                assert a == b
                assert got == pytest.approx(given_, abs=0.01)


def test_a_yolo_set_of_one_side_is_not_parted_yet(tmp_path: Path) -> None:
    export = read_export(yolo(tmp_path))
    assert {one.side for one in export.pictures} == {None}
