"""Unpacking a ZIP that somebody sent: names, sizes and kinds are checked before a byte is written."""

import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from training.datasets.layouts import PICTURES
from training.errors import DatasetInvalid

MOST_ENTRIES: Final = 500_000
LARGEST_TOTAL: Final = 64 * 2**30  # bytes unpacked
LARGEST_ENTRY: Final = 2**30
BOMB_FROM: Final = 64 * 2**20  # bytes from which on a ratio is judged: few lines of text shrink well, too
BOMB_RATIO: Final = 100  # unpacked to packed; label files shrink to a tenth, pictures not at all
SPARE: Final = 512 * 2**20  # bytes that stay free on the disk
WANTED: Final = PICTURES | {".txt", ".json", ".xml", ".yaml", ".yml", ".csv", ".names", ".data"}


@contextmanager
def unpacked(source: Path, work: Path) -> Iterator[Path]:
    """Yield the folder of an export: `source` itself, or a ZIP unpacked under `work` for as long as this lasts.

    Raises:
        DatasetInvalid: neither a folder nor a ZIP, or a ZIP that is not safe to unpack; nothing was written.
    """
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise DatasetInvalid(f"{source}: no such folder or ZIP")
    if not zipfile.is_zipfile(source):
        raise DatasetInvalid(f"{source}: is no ZIP; give the folder or the ZIP that was exported")
    with ExitStack() as stack:
        try:
            work.mkdir(parents=True, exist_ok=True)
            folder = Path(stack.enter_context(TemporaryDirectory(prefix=".unpack-", dir=work)))
            _unpack(source, folder)
        except OSError as error:
            raise DatasetInvalid(f"{source}: cannot be unpacked ({error.strerror or error})") from error
        yield folder


def _unpack(source: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = _checked(source, archive.infolist(), folder)
            for entry, target in entries:
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as reader, target.open("xb") as writer:
                    shutil.copyfileobj(reader, writer)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise DatasetInvalid(
            f"{source}: is damaged, or packed in a way that is not read here: pack it anew as a plain ZIP"
        ) from error
    except FileExistsError as error:
        raise DatasetInvalid(f"{source}: two entries have the name {error.filename}") from error


def _checked(source: Path, entries: list[zipfile.ZipInfo], folder: Path) -> list[tuple[zipfile.ZipInfo, Path]]:
    """Return the entries to unpack, each with where it goes. Raises DatasetInvalid."""
    if len(entries) > MOST_ENTRIES:
        raise DatasetInvalid(f"{source}: holds {len(entries)} entries; at most {MOST_ENTRIES} are taken")
    total, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if total > LARGEST_TOTAL or (total > BOMB_FROM and total > BOMB_RATIO * max(packed, 1)):
        raise DatasetInvalid(f"{source}: {packed} bytes unpack to {total}; no export does, so it is not unpacked")
    if total + SPARE > (free := shutil.disk_usage(folder).free):
        raise DatasetInvalid(f"{source}: unpacks to {total // 2**20} MiB, and {free // 2**20} MiB are free")
    wanted: list[tuple[zipfile.ZipInfo, Path]] = []
    names: set[str] = set()
    for entry in entries:
        path = _safe_name(source, entry)
        if entry.is_dir() or path.suffix.lower() not in WANTED:
            continue
        if entry.file_size > LARGEST_ENTRY:
            raise DatasetInvalid(f"{source}: {entry.filename!r} unpacks to {entry.file_size} bytes")
        if str(path).casefold() in names:
            raise DatasetInvalid(f"{source}: two entries have the name {entry.filename!r}")
        names.add(str(path).casefold())
        wanted.append((entry, folder / path))
    return wanted


def _safe_name(source: Path, entry: zipfile.ZipInfo) -> PurePosixPath:
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name or any(ord(letter) < 32 for letter in name):
        raise DatasetInvalid(f"{source}: entry {entry.filename!r} would lie outside the folder; nothing was unpacked")
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DatasetInvalid(f"{source}: entry {entry.filename!r} is a link or device; nothing was unpacked")
    if entry.flag_bits & 1:
        raise DatasetInvalid(f"{source}: entry {entry.filename!r} is encrypted; export without a password")
    return path
