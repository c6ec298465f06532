"""A file is there whole or as it was before."""

import os
from pathlib import Path

import pytest

from models.files import flush_folder, write_whole


def test_a_file_is_written_over_another_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content, mode in ((b"one", 0o600), (b"two", 0o644)):
        write_whole(path, content, mode=mode)
        flush_folder(tmp_path)
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (content, mode)
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208


@pytest.mark.parametrize("broken", ["fsync", "chmod", "rename"])
def test_what_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a"
    write_whole(path, b"one")
    monkeypatch.setattr(os if broken == "fsync" else Path, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"two")
    monkeypatch.undo()
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    assert path.read_bytes() == b"one"
