"""Open the database and the evidence folder."""

from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.settings import Settings


def open_store(settings: Settings) -> tuple[Database, EvidenceStore]:
    """The database, migrated, and the evidence folder, made if absent. Raises EvidenceError or DatabaseUnavailable."""
    files = EvidenceStore(settings.evidence_dir)
    files.prepare()
    database = Database(settings.engine_url)
    database.migrate()
    return database, files
