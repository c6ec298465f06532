"""A ZIP from anywhere is hostile: nothing is written of one that is not safe."""

import errno
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.datasets.exports import coco, zipped
from training.datasets import import_archive
from training.datasets.import_archive import unpacked
from training.datasets.import_formats import read_export
from training.errors import DatasetInvalid


def test_a_zip_is_unpacked_for_as_long_as_it_is_read(tmp_path: Path) -> None:
    archive = zipped(coco(tmp_path / "export"), tmp_path / "export.zip")
    with unpacked(archive, tmp_path / "work") as folder:
        assert len(read_export(folder).pictures) == 3
    assert list((tmp_path / "work").iterdir()) == []


def test_a_folder_is_read_where_it_lies(tmp_path: Path) -> None:
    with unpacked(tmp_path, tmp_path / "work") as folder:
        assert folder == tmp_path
    assert not (tmp_path / "work").exists()


def test_what_is_of_no_use_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a.txt", "run.exe", "best.pt", "inner.zip", "sub/"):
            archive.writestr(name, "x")
    with unpacked(tmp_path / "a.zip", tmp_path / "work") as folder:
        assert [path.name for path in folder.rglob("*")] == ["a.txt"]


def one(name: str) -> Callable[[zipfile.ZipFile], None]:
    return lambda archive: archive.writestr(name, "x")


def link(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def device(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFCHR | 0o666) << 16
    archive.writestr(info, "")


def twice(archive: zipfile.ZipFile) -> None:
    archive.writestr("a.txt", "x")
    archive.writestr("A.TXT", "y")


def bomb(archive: zipfile.ZipFile) -> None:
    with archive.open("a.txt", "w") as entry:
        for _ in range(80):
            entry.write(bytes(2**20))


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (one("../escaped.txt"), "would lie outside"),
        (one("a/../../escaped.txt"), "would lie outside"),
        (one("/escaped.txt"), "would lie outside"),
        (one("..\\escaped.txt"), "would lie outside"),
        (one("C:\\escaped.txt"), "would lie outside"),
        (one("a\x01.txt"), "would lie outside"),
        (link, "link or device"),
        (device, "link or device"),
        (twice, "two entries have the name"),
        (bomb, "no export does"),
    ],
)
def test_a_hostile_zip_writes_nothing(tmp_path: Path, fill: Callable[[zipfile.ZipFile], None], said: str) -> None:
    path = tmp_path / "in/a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    with pytest.raises(DatasetInvalid, match=said) as caught, unpacked(path, tmp_path / "work"):
        pass
    assert "\n" not in str(caught.value)
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["a.zip", "in", "work"]


def test_an_entry_larger_than_it_says_is_cut_and_refused(tmp_path: Path) -> None:
    """The directory lies: 80 MB are said to be 10 bytes."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        bomb(archive)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)
    path.write_bytes(content)
    with pytest.raises(DatasetInvalid, match="is damaged"), unpacked(path, tmp_path / "work"):
        pass


def test_an_encrypted_zip_says_how_to_export(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(DatasetInvalid, match="export without a password"), unpacked(path, tmp_path / "work"):
        pass


@pytest.mark.parametrize("limit", ["MOST_ENTRIES", "LARGEST_TOTAL", "LARGEST_ENTRY"])
def test_more_than_any_export_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    archive = zipped(coco(tmp_path / "export"), tmp_path / "export.zip")
    monkeypatch.setattr(import_archive, limit, 1)
    with pytest.raises(DatasetInvalid, match=r"export\.zip"), unpacked(archive, tmp_path / "work"):
        pass


def test_a_zip_that_does_not_fit_on_the_disk_is_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(coco(tmp_path / "export"), tmp_path / "export.zip")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**20))
    with pytest.raises(DatasetInvalid, match="and 1 MiB are free"), unpacked(archive, tmp_path / "work"):
        pass


def test_a_disk_that_fills_meanwhile_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(coco(tmp_path / "export"), tmp_path / "export.zip")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(DatasetInvalid, match="cannot be unpacked"), unpacked(archive, tmp_path / "work"):
        pass
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 and then nothing"])
def test_what_is_no_zip_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DatasetInvalid, match="is no ZIP"), unpacked(tmp_path / "a.zip", tmp_path / "work"):
        pass
    with pytest.raises(DatasetInvalid, match="no such folder or ZIP"), unpacked(tmp_path / "b.zip", tmp_path / "work"):
        pass


def test_a_torn_zip_is_said(tmp_path: Path) -> None:
    archive = zipped(coco(tmp_path / "export"), tmp_path / "export.zip")
    content = bytearray(archive.read_bytes())
    content[60:200] = bytes(140)
    archive.write_bytes(content)
    with pytest.raises(DatasetInvalid, match="is damaged"), unpacked(archive, tmp_path / "work"):
        pass
    assert list((tmp_path / "work").iterdir()) == []


def test_an_error_while_it_is_read_is_its_own(tmp_path: Path) -> None:
    archive = zipped(coco(tmp_path / "export"), tmp_path / "export.zip")
    with pytest.raises(OSError, match="of another kind"), unpacked(archive, tmp_path / "work"):
        raise OSError("of another kind")
    assert list((tmp_path / "work").iterdir()) == []
