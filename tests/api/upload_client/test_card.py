"""What lies on a card, and hashes that are kept."""

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest

from api.errors import CardUnreadable
from api.upload_client.card import CardFile, cache_folder, open_book, read_card


def test_files_are_listed_by_folder_and_name_with_slashes(tmp_path: Path) -> None:
    for name in ("b/2.mp4", "b/1.mp4", "a/9.mp4", "top.srt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = read_card(tmp_path, print)
    assert [file.name for file in found] == ["top.srt", "a/9.mp4", "b/1.mp4", "b/2.mp4"]
    assert [file.size for file in found] == [7, 7, 7, 7]
    assert all(file.path == tmp_path / file.name for file in found)


def test_a_name_that_is_no_text_can_still_be_announced(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"x")
    (file,) = read_card(tmp_path, print)
    file.name.encode()
    assert file.path.exists()


def test_a_card_that_holds_nothing_or_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardUnreadable, match="there is no file in this folder"):
        read_card(tmp_path, print)
    with pytest.raises(CardUnreadable, match="gone: cannot be read"):
        read_card(tmp_path / "gone", print)


def test_a_file_that_grew_or_went_is_told(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"one")
    (file,) = read_card(tmp_path, print)
    assert file.is_unchanged()
    path.write_bytes(b"longer")
    os.utime(path, ns=(file.changed, file.changed))
    assert not file.is_unchanged()
    path.unlink()
    with pytest.raises(CardUnreadable, match="is the card still there"):
        file.is_unchanged()


def test_a_hash_is_kept_over_runs_and_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "card" / "v.mp4"
    path.parent.mkdir()
    path.write_bytes(b"content")
    (file,) = read_card(path.parent, print)
    expected = hashlib.sha256(b"content").hexdigest()
    with open_book(tmp_path / "deep" / "book") as book:
        assert book.of(file) == expected
    path.unlink()
    with open_book(tmp_path / "deep" / "book") as book:
        assert book.of(file) == expected
        with pytest.raises(CardUnreadable, match="is the card damaged"):
            book.of(CardFile(path, "v.mp4", 8, file.changed))


def test_a_file_that_changed_takes_the_place_of_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    with open_book(tmp_path / "book") as book:
        for content in (b"one", b"other"):
            path.write_bytes(content)
            (file,) = [one for one in read_card(tmp_path, print) if one.name == "v.mp4"]
            assert book.of(file) == hashlib.sha256(content).hexdigest()
    with sqlite3.connect(tmp_path / "book" / "hashes.sqlite3") as kept:
        assert kept.execute("SELECT count(*) FROM hashes").fetchone() == (1,)
    kept.close()


def test_a_book_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "hashes.sqlite3").write_bytes(b"no database at all" * 100)
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(CardUnreadable, match="the hashes cannot be kept there"), open_book(folder):
            pass


def test_where_a_users_caches_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/streetwarden")
    for unset in ("", None):
        monkeypatch.delenv("XDG_CACHE_HOME") if unset is None else monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert cache_folder() == Path.home() / ".cache" / "streetwarden"


def test_what_computers_leave_on_a_card_is_left_out_and_said_once(tmp_path: Path) -> None:
    leave = ("._DJI_0001.MP4", ".DS_Store", "Thumbs.db", ".Trashes/501/DJI_0009.MP4", "System Volume Information/x.dat")
    for name in ("DCIM/DJI_0001.MP4", *leave, *(f"DCIM/{name}" for name in leave)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    said: list[str] = []
    assert [file.name for file in read_card(tmp_path, said.append)] == ["DCIM/DJI_0001.MP4"]
    (line,) = said
    assert line == f"{tmp_path}: 10 hidden files of macOS or Windows (._*, .DS_Store, Thumbs.db); left out"
