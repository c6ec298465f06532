"""Two rulebooks are the same when every byte of them and of their permits is."""

import shutil
from pathlib import Path

import pytest

from api.rulebooks.match import rulebook_hash, rulebook_matches
from detector.errors import RulebookInvalid

BOOK = "version: '1'\ntimezone: Asia/Shanghai\n"


def written(folder: Path, *, text: str = BOOK, permits: str | None = None) -> Path:
    folder.mkdir()
    if permits is not None:
        (folder / "permits.csv").write_text(permits, encoding="utf-8")
        text += "permits: permits.csv\n"
    (folder / "rulebook.yaml").write_text(text, encoding="utf-8")
    return folder / "rulebook.yaml"


def test_a_copy_matches_and_anything_else_does_not(tmp_path: Path) -> None:
    one, same = written(tmp_path / "a"), written(tmp_path / "b")
    other = written(tmp_path / "c", text=BOOK.replace("1", "2"))
    assert rulebook_matches(same, rulebook_hash(one))
    assert not rulebook_matches(other, rulebook_hash(one))
    assert not rulebook_matches(None, rulebook_hash(one))
    assert not rulebook_matches(one, rulebook_hash(None))
    assert rulebook_matches(None, rulebook_hash(None))


def test_permits_belong_to_the_rulebook(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a", permits="id\n1\n"), written(tmp_path / "b", permits="id\n2\n")
    assert not rulebook_matches(other, rulebook_hash(one))
    shutil.copy(one.parent / "permits.csv", other.parent / "permits.csv")
    assert rulebook_matches(other, rulebook_hash(one))
    (other.parent / "permits.csv").unlink()
    with pytest.raises(RulebookInvalid, match=r"permits\.csv"):
        rulebook_hash(other)


def test_a_service_that_stored_nothing_is_content_with_any(tmp_path: Path) -> None:
    assert rulebook_matches(None, None)
    assert rulebook_matches(written(tmp_path / "a"), None)
