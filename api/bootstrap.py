"""Open the database and the evidence folder."""

from typing import TYPE_CHECKING

from api.db.database import Database
from api.settings import Settings

if TYPE_CHECKING:  # it loads OpenCV, and most commands look at no picture
    from api.evidence.files import EvidenceStore


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
