"""Whether a worker reads the rulebook that the service reads.

Two rulebooks of one version name may still differ in a zone, so contents are compared, never versions.
"""

import hashlib
from pathlib import Path

from sqlalchemy import Connection

from api.db.database import Database
from api.errors import RulebookMismatch
from detector.errors import RulebookInvalid
from detector.marked_yaml import read_marked_yaml

NONE = "none"


def check_rulebook(database: Database, file: Path | None) -> None:
    """Refuse a rulebook (None: no rulebook) that is not the service's.

    Raises RulebookMismatch, RulebookInvalid or YamlUnreadable where the file cannot be read, or DatabaseUnavailable.
    """
    with database.read() as connection:
        wanted = service_rulebook(connection)
    if not rulebook_matches(file, wanted):
        raise RulebookMismatch(
            f"{file or 'no rulebook'}: the service reads another rulebook; set STREETWARDEN_RULEBOOK_FILE to a copy of "
            "the service's, its permits beside it"
        )


def rulebook_matches(file: Path | None, wanted: str | None) -> bool:
    """Return whether a rulebook file has the content hash that a service stored; None: it stored none."""
    return wanted is None or rulebook_hash(file) == wanted


def rulebook_hash(file: Path | None) -> str:
    """Return the SHA-256 of a rulebook and of the permits that it names, byte by byte; `none` without a rulebook."""
    if file is None:
        return NONE
    root = read_marked_yaml(file).root
    permits = root.get("permits") if isinstance(root, dict) else None
    digest = hashlib.sha256()
    for path in (file, *([file.parent / permits] if isinstance(permits, str) else [])):
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise RulebookInvalid(str(path), (f"cannot be read: {error.strerror}",)) from error
    return digest.hexdigest()


def service_rulebook(connection: Connection) -> str | None:
    """Return the content hash of the rulebook that the service reads.

    None as long as the database keeps no rulebooks: then every worker's is taken.
    """
    return None
