"""Open the database and the evidence folder, and keep other services out of the data folder."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.db.database import Database
from api.errors import DataFolderRefused
from api.settings import Settings

if TYPE_CHECKING:  # it loads OpenCV, and most commands look at no picture
    from api.evidence.files import EvidenceStore


log = logging.getLogger(__name__)


@contextmanager
def sole_service(folder: Path) -> Iterator[None]:
    """Hold the data folder for one service: two would read each camera twice and overwrite each other's state.

    The lock goes with the process, however it ends. Raises DataFolderRefused.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "service.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise DataFolderRefused(
            f"{folder}: cannot be written ({error.strerror}); set STREETWARDEN_DATA_DIR to a folder that can"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(20).strip()
            raise DataFolderRefused(
                f"{folder}: another service{f' (process {holder})' if holder else ''} works on this data folder; stop "
                "it, or set STREETWARDEN_DATA_DIR to another folder"
            ) from error
        except OSError as error:  # a file system without locks
            log.warning("%s: cannot be locked (%s); let no second service work on it", folder, error.strerror)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def open_database(settings: Settings, *, upgrade: bool = False) -> Database:
    """Return the database, of this program's version.

    Only `serve`, `demo` and `db upgrade` migrate one of an older version (`upgrade`); everybody else refuses it.
    Raises DatabaseUnavailable or DatabaseVersionMismatch.
    """
    database = Database(settings.engine_url)
    try:
        if upgrade:
            if settings.database_url is None:
                settings.data_dir.mkdir(parents=True, exist_ok=True)
            database.migrate()
        else:
            database.check_version()
    except BaseException:
        database.close()
        raise
    return database


def open_store(settings: Settings, *, upgrade: bool = False) -> "tuple[Database, EvidenceStore]":
    """Return the database and the evidence folder, made if absent.

    Raises EvidenceError, DatabaseUnavailable or DatabaseVersionMismatch.
    """
    from api.evidence.files import EvidenceStore

    files = EvidenceStore(settings.evidence_dir)
    files.prepare()
    return open_database(settings, upgrade=upgrade), files
