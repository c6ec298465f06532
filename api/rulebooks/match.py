"""Whether a worker reads the rulebook that the service reads.

Two rulebooks of one version name may still differ in a zone, so contents are compared, never versions.
"""

from datetime import UTC, datetime
from pathlib import Path

from api.db.database import Database
from api.errors import RulebookMismatch
from api.rulebooks import repository
from detector.rules.load import load_rulebook
from detector.rules.source import NO_RULEBOOK


def check_rulebook(database: Database, file: Path | None) -> None:
    """Refuse a rulebook (None: no rulebook) that is not the service's; before a service ever started any is taken.

    Raises RulebookMismatch, RulebookInvalid or YamlUnreadable where the file cannot be read, or DatabaseUnavailable.
    """
    with database.read() as connection:
        wanted = repository.current(connection)
    source = load_rulebook(file, now=datetime.now(UTC)).source if file else NO_RULEBOOK
    if wanted is not None and source.sha256 != wanted:
        raise RulebookMismatch(
            f"{file or 'no rulebook'}: the service reads another rulebook; set STREETWARDEN_RULEBOOK_FILE to a copy of "
            "the service's, its permits beside it"
        )
