"""The two tables that a person writes for an import: every fault with its line, whatever stands in them."""

from datetime import date
from pathlib import Path

import pytest

from training.datasets.import_tables import read_class_names, read_picture_facts
from training.errors import DatasetInvalid


def names(folder: Path, text: str) -> dict[str, str | None]:
    (folder / "names.yaml").write_text(text, encoding="utf-8")
    return read_class_names(folder / "names.yaml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stalls: stall\nstall: 5\n", 2),  # another name begins in the same way
        ("# stall: what a stall is\n\nstall: [a]\n", 3),
        ('"a: b": sign\n"b": 2\n', 2),
        ("a:\n  b: stall\n", 1),
        ("{a: stall,\n b: 3}", 2),
        ("door: door\nsign: true\n", 2),
        ("door: door\nsign: 2026-11-20\n", 2),
    ],
)
def test_a_name_that_is_none_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(DatasetInvalid, match=rf"names\.yaml:{line}: .* give a name, or null to leave it out"):
        names(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "a: 2026-13-45\n",
        "2026-99-99: a\n",
        "a: 0b_\n",
        "a: 0x_\n",
        "a: [\n",
        "a: b: c\n",
        "? [a]\n: b\n",
        "a: *nobody\n",
        "\ta: b",
        "[" * 5000,
        "a: !!python/object:os.system x\n",
    ],
)
def test_what_is_no_yaml_is_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(DatasetInvalid, match=r"names\.yaml:\d+: is not YAML; write one `their name: our name` a line"):
        names(tmp_path, text)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- stall\n", "stall\n", "5\n"])
def test_a_file_without_names_says_how_to_write_them(tmp_path: Path, text: str) -> None:
    with pytest.raises(DatasetInvalid, match=r"names\.yaml:1: holds no names"):
        names(tmp_path, text)


def test_numbers_are_names_too_and_null_leaves_one_out(tmp_path: Path) -> None:
    assert names(tmp_path, "0: stall\n1: ~\n摊位: stall\n") == {"0": "stall", "1": None, "摊位": "stall"}


def facts(folder: Path, text: str) -> dict[str, tuple[str | None, str | None, date | None, str, str]]:
    (folder / "pictures.csv").write_bytes(text.encode())
    return {
        name: (one.where.camera, one.where.place, one.where.day, one.licence, one.origin)
        for name, one in read_picture_facts(folder / "pictures.csv").items()
    }


def test_columns_may_stand_in_any_order_and_be_left_out(tmp_path: Path) -> None:
    told = facts(tmp_path, "place,file,day\n market ,a.jpg,2026-11-20\n,b.jpg,\n")
    assert told == {
        "a.jpg": (None, "market", date(2026, 11, 20), "", ""),
        "b.jpg": (None, None, None, "", ""),
    }


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_tables_of_office_programs_are_read(tmp_path: Path, ending: str) -> None:
    text = "\ufeff" + ending.join(["file,origin,licence", '"a, b.jpg","the ""city""",CC0', ""])
    assert facts(tmp_path, text) == {"a, b.jpg": (None, None, None, "CC0", 'the "city"')}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: the columns are file, camera, place, day, licence, origin"),
        ("camera,day\nc,2026-11-20\n", "1: the columns are"),
        ("file,place,weather\na,b,c\n", "1: the columns are"),
        ("file|place\na|b\n", "1: the columns are"),
        ("file,place\na,b,c\n", "2: has another number of values"),
        ("file,place\na,b\n\nc\n", "4: has another number of values"),
        ("file,place\na,b\na,c\n", "3: a stands there twice"),
        ("file,place\na,b\n a ,c\n", "3: a stands there twice"),
        ("file,day\na,20.11.2026\n", "2: day '20.11.2026' is no date"),
        ("file,day\na,2026-02-30\n", "2: day '2026-02-30' is no date"),
        (f"file,place\na,{'p' * 201}\n", "2: a camera or place of more than 200 letters"),
        (f"file,place\na,b\nc,{'p' * 200_000}\n", "3: is no CSV"),
        (f'file,place\na,"{"p" * 200_000}\n', "2: is no CSV"),
    ],
)
def test_a_fault_in_a_table_has_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DatasetInvalid, match=rf"pictures\.csv:{said}"):
        facts(tmp_path, text)


def test_a_long_licence_is_cut_as_a_manifest_holds_it(tmp_path: Path) -> None:
    (told,) = facts(tmp_path, f"file,licence,origin\na,{'l' * 300},{'o' * 300}\n").values()
    assert [len(text) for text in told[3:]] == [200, 200]


def test_a_table_that_is_no_text_or_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "pictures.csv").write_bytes(b"file\n\xff\n")
    with pytest.raises(DatasetInvalid, match=r"pictures\.csv: is neither UTF-8 nor GB18030"):
        read_picture_facts(tmp_path / "pictures.csv")
    with pytest.raises(DatasetInvalid, match=r"other\.csv: cannot be read"):
        read_picture_facts(tmp_path / "other.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("day", ["2026-11-20", "2026/11/20", "2026年11月20日"])
def test_a_table_as_a_spreadsheet_saves_it(tmp_path: Path, encoding: str, separator: str, day: str) -> None:
    rows = (("file", "place ", "day"), ("a.jpg", "大学路", day))
    text = "\r\n".join(separator.join(row) for row in rows)
    (tmp_path / "pictures.csv").write_bytes(text.encode(encoding))
    (found,) = read_picture_facts(tmp_path / "pictures.csv").values()
    assert (found.where.place, str(found.where.day)) == ("大学路", "2026-11-20")
