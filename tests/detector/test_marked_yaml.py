"""YAML as text that knows its lines, and what is refused."""

import time
from pathlib import Path

import pytest

from detector.errors import YamlUnreadable
from detector.marked_yaml import MAX_BYTES, read_marked_yaml


def read(tmp_path: Path, text: str | bytes) -> object:
    path = tmp_path / "rules.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_marked_yaml(path).root


def test_scalars_stay_text(tmp_path: Path) -> None:
    text = "code: 0501\nhours: 19:00\nday: 2026-11-20\nyes: no\nempty:\nquoted: ''\nlist: [1, ~]\n"
    expected = {"code": "0501", "hours": "19:00", "day": "2026-11-20", "yes": "no", "empty": None, "quoted": ""}
    assert read(tmp_path, text) == expected | {"list": ["1", None]}
    assert read(tmp_path, "") is None


def test_lines(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("a:\n  - b: 1\n    c: 2\nd: 3\na: 4\n")
    found = read_marked_yaml(path)
    assert [found.line(trail) for trail in (("a",), ("a", 0, "c"), ("a", 0, "missing"), ("d",), ())] == [1, 3, 2, 4, 1]
    assert found.faults == ((5, "'a' is there already, in line 1"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3", "line 2: is not YAML"),
        ("a: &x [1]\nb: [*x, *x]", r"line 2: aliases \(\*x\)"),
        ("a: !!python/object/apply:os.system ['true']", "line 1: tags"),
        ("a: 1\n---\nb: 2", "line 2: a second document"),
        ("[" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
        ("? [1, 2]\n: 3", "a key must be a word"),
        ("a: \x07", "is not YAML"),
        (b"a: \x81\xff", "is neither UTF-8 nor GB18030"),
        (b"#" * (MAX_BYTES + 1), "larger than 5 MB"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    began = time.monotonic()
    with pytest.raises(YamlUnreadable, match=message):
        read(tmp_path, text)
    assert time.monotonic() - began < 5


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(YamlUnreadable, match=r"none\.yaml: cannot be read: No such file"):
        read_marked_yaml(tmp_path / "none.yaml")
