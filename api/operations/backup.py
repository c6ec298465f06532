"""Backup and restore: the database first and the files second, so that every row of a backup has its files.

A backup is a folder: the database (`database.sqlite3`, or `database.dump` of pg_dump), the folders of `KEPT`, and
`backup.json`, written last, with the SHA-256 of each file. A service may run meanwhile. The key of cameras' addresses
is not in it: keep it apart.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import make_url

from api import __version__
from api.bootstrap import open_database
from api.db.database import Database
from api.errors import BackupFailed
from api.settings import Settings
from models.files import flush_folder, write_whole

KEPT: Final = ("evidence", "models", "datasets")
"""What cannot be made again. Footage can be uploaded again, and what cameras' looks remember is learned anew."""
LIST: Final = "backup.json"
SQLITE, POSTGRESQL = "database.sqlite3", "database.dump"


class KeptFile(BaseModel):
    """One file of a backup, by its path under it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str
    size: int


class BackupList(BaseModel):
    """What a backup holds, and what made it: `database_version` is the last migration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_at: datetime
    program: str
    database_version: str
    files: tuple[KeptFile, ...]

    @property
    def size(self) -> int:
        """Return how many bytes it holds."""
        return sum(file.size for file in self.files)


def back_up(settings: Settings, folder: Path) -> BackupList:
    """Copy everything that cannot be made again into a folder that is new or empty; return the list of what it holds.

    Raises BackupFailed, DatabaseUnavailable or DatabaseVersionMismatch.
    """
    database = open_database(settings)
    version = database.version() or ""
    database.close()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            raise BackupFailed(f"{folder} is not empty: give a new folder for each backup")
        files = [_dump(settings, folder)]
        for name in KEPT:
            files += _copy(settings.data_dir / name, folder / name, folder)
        made = BackupList(made_at=datetime.now(UTC), program=__version__, database_version=version, files=tuple(files))
        write_whole(folder / LIST, made.model_dump_json(indent=1).encode(), mode=0o600)
        flush_folder(folder)
    except OSError as error:
        raise BackupFailed(f"{error.filename or folder}: {error.strerror or error}; the backup is not whole") from error
    return made


def restore(settings: Settings, folder: Path) -> BackupList:
    """Put a backup into a data folder and a database that hold nothing; every file is checked before any is written.

    Raises BackupFailed or DatabaseUnavailable.
    """
    held = _read_list(folder)
    _refuse_occupied(settings)
    try:
        for file in held.files:
            _check(folder, file)
        for file in held.files:
            if file.path not in (SQLITE, POSTGRESQL):
                target = settings.data_dir / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / file.path, target)
        _load(settings, folder, held)
    except OSError as error:
        raise BackupFailed(f"{error.filename or folder}: {error.strerror or error}; it is not restored") from error
    return held


def _dump(settings: Settings, folder: Path) -> KeptFile:
    source = _sqlite_file(settings)
    if source is None:
        target = folder / POSTGRESQL
        _run(settings, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    else:
        target = folder / SQLITE
        live_uri = f"{source.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(live_uri, uri=True)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)  # of one moment, whoever writes meanwhile
    return _listed(target, folder)


def _load(settings: Settings, folder: Path, held: BackupList) -> None:
    target = _sqlite_file(settings)
    kind = POSTGRESQL if target is None else SQLITE
    if kind not in {file.path for file in held.files}:
        raise BackupFailed(f"{folder}: the backup is of another kind of database; set STREETWARDEN_DATABASE_URL to one")
    if target is None:
        options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        _run(settings, "pg_restore", *options, str(folder / POSTGRESQL))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, (folder / SQLITE).read_bytes(), mode=0o600)


def _run(settings: Settings, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; its password is in no argument list. Raises BackupFailed."""
    address = make_url(settings.engine_url)
    shown = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    password = {"PGPASSWORD": str(address.password)} if address.password else {}
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(f"{program} is not there; install PostgreSQL's client programs (Debian: postgresql-client)")
    done = subprocess.run(
        [found, f"--dbname={shown}", *arguments],
        env={**os.environ, **password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BackupFailed(f"{program}: {said}")


def _sqlite_file(settings: Settings) -> Path | None:
    """Return the file of the database; None where it is PostgreSQL."""
    address = make_url(settings.engine_url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def _copy(source: Path, target: Path, backup: Path) -> Iterator[KeptFile]:
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):  # `.part-`: being written
            kept = target / path.relative_to(source)
            kept.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, kept)
            except FileNotFoundError:  # removed since the folder was listed
                continue
            yield _listed(kept, backup)


def _listed(path: Path, backup: Path) -> KeptFile:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    return KeptFile(path=path.relative_to(backup).as_posix(), sha256=digest, size=path.stat().st_size)


def _read_list(folder: Path) -> BackupList:
    try:
        held = BackupList.model_validate_json((folder / LIST).read_bytes())
    except OSError as error:
        raise BackupFailed(f"{folder / LIST}: {error.strerror}; without its list a backup is not whole") from error
    except ValidationError as error:
        raise BackupFailed(f"{folder / LIST}: it is no list of a backup") from error
    for file in held.files:
        parts = PurePosixPath(file.path).parts
        known = parts in ((SQLITE,), (POSTGRESQL,)) or (len(parts) > 1 and parts[0] in KEPT)
        if not known or ".." in parts:
            raise BackupFailed(f"{folder / LIST}: {file.path!r} does not belong into a backup")
    return held


def _check(folder: Path, file: KeptFile) -> None:
    found = _listed(folder / file.path, folder)
    if found != file:
        raise BackupFailed(
            f"{folder / file.path}: it is not what was backed up (another SHA-256); nothing was restored"
        )


def _refuse_occupied(settings: Settings) -> None:
    occupied = [name for name in KEPT if any((settings.data_dir / name).glob("*"))]
    if occupied:
        raise BackupFailed(f"{settings.data_dir / occupied[0]} is not empty: restore into an empty data folder")
    database = Database(settings.engine_url)
    try:
        if database.version() is not None:
            raise BackupFailed("the database is not empty: restore into a new one")
    finally:
        database.close()
