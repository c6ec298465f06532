"""Open the database and the evidence folder."""

import api.cameras.health_tables
import api.cameras.tables
import api.candidates.tables
import api.cases.tables
import api.evidence.tables
import api.surveys.jobs.tables
import api.surveys.tables  # noqa: F401  # so that the metadata holds every table, whoever reads it
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
