"""What is done with data sets: list them, take a ZIP.

A ZIP is read in a process of its own: a picture that ends its decoder ends that process alone.
"""

import asyncio
import json
import os
import sys
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from api.datasets.schemas import DatasetOut, DatasetVersionOut
from api.errors import DatasetRefused, NoRoom, NotFound
from api.settings import Settings
from training.datasets.manifest import read_manifest
from training.datasets.version_store import names, versions
from training.errors import DatasetInvalid

LARGEST_ARCHIVE: Final = 4 * 2**30
READING: Final = timedelta(minutes=30)
"""A ZIP that takes longer to read is given up."""
_IMPORT: Final = "import os; os.nice(10); from api.cli import main; main()"


def list_datasets(root: Path) -> list[DatasetOut]:
    """Return every data set with its newest version; one whose manifest was edited says so instead."""
    found = []
    for name in names(root):
        every = versions(root, name)
        try:
            newest, fault = DatasetVersionOut.of(read_manifest(every[-1])), None
        except DatasetInvalid as error:
            newest, fault = None, str(error)
        found.append(DatasetOut(name=name, versions=[path.name for path in every], newest=newest, fault=fault))
    return found


def find_version(root: Path, name: str, version: str) -> Path:
    """Return the folder of a version. Raises NotFound."""
    if name in names(root):
        for path in versions(root, name):
            if path.name == version:
                return path
    raise NotFound(f"there is no version {version!r} of a data set {name!r}")


async def take_archive(
    settings: Settings, name: str, view: str, licence: str, content: AsyncIterator[bytes], announced: int | None
) -> DatasetVersionOut:
    """Store a ZIP as it comes, read it, and return the version that it became; the ZIP is removed in any case.

    Raises:
        NoRoom: it would fill the disk.
        DatasetRefused: it is too long, or what is in it is not what it should be; every fault is named.
    """
    root = settings.datasets_dir
    root.mkdir(parents=True, exist_ok=True)
    target = root / f".sent-{uuid4().hex}.zip"
    try:
        await _store(target, content, announced, settings.min_free_mb * 2**20)
        _check_zip(target)
        return await _read(settings, target, name, view, licence)
    finally:
        target.unlink(missing_ok=True)


def _check_zip(target: Path) -> None:
    """Refuse what is no ZIP before a process is started for it; of a ZIP only the directory is read."""
    if not zipfile.is_zipfile(target):
        raise DatasetRefused("what was sent is no ZIP; send what the labelling tool exported; no version was made")


async def _store(target: Path, content: AsyncIterator[bytes], announced: int | None, reserve: int) -> None:
    disk = os.statvfs(target.parent)
    free = disk.f_bavail * disk.f_frsize - reserve
    if announced is not None and announced > free:
        raise NoRoom(f"the ZIP has {announced} bytes, and {max(free, 0)} are free; nothing was stored")
    length = 0
    try:
        with target.open("xb") as stream:
            async for part in content:
                length += len(part)
                if length > LARGEST_ARCHIVE:
                    raise DatasetRefused(f"the ZIP is longer than {LARGEST_ARCHIVE // 2**30} GiB; nothing was stored")
                if length > free:
                    raise NoRoom("the disk is full; nothing was stored")
                await asyncio.to_thread(stream.write, part)
    except OSError as error:
        raise NoRoom(f"the ZIP cannot be stored ({error.strerror}); nothing was kept") from error


async def _read(settings: Settings, target: Path, name: str, view: str, licence: str) -> DatasetVersionOut:
    arguments = ["dataset", "import", str(target), "--name", name, "--view", view, "--licence", licence, "--json"]
    here = {
        "STREETWARDEN_DATA_DIR": str(settings.data_dir.absolute()),
        "STREETWARDEN_ENVIRONMENT": "development",  # it opens no database and no port: no secret is handed on
    }
    passed = {key: value for key, value in os.environ.items() if not key.startswith("STREETWARDEN_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _IMPORT,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**passed, **here},
    )
    try:
        out, said = await asyncio.wait_for(process.communicate(), READING.total_seconds())
    except TimeoutError as error:
        raise DatasetRefused(f"reading the ZIP took longer than {READING}; no version was made") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [_inside(line, target) for line in said.decode(errors="replace").splitlines() if line.strip()]
    if process.returncode != 0:
        summary = next((line for line in reversed(lines) if line.startswith("streetwarden: ")), "")
        faults = [line for line in lines if not line.startswith(("streetwarden: ", "note: "))]
        ended = f"reading the ZIP ended with {process.returncode}; no version was made"
        raise DatasetRefused(summary.removeprefix("streetwarden: ") or ended, tuple(faults))
    folder = Path(json.loads(out.decode().splitlines()[-1])["folder"])
    notes = tuple(line.removeprefix("note: ") for line in lines if line.startswith("note: "))
    return DatasetVersionOut.of(read_manifest(folder), notes)


def _inside(line: str, target: Path) -> str:
    """Return a line without the path under which the ZIP was stored: the sender knows names inside of it alone."""
    return line.replace(f"{target}: ", "").replace(str(target), "the ZIP").replace(f"{target.parent}/", "")
