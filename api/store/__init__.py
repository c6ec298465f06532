"""The database: tables, one repository per noun, migrations. Every query of the service lives in this package."""

from api.store import camera_tables, health_tables, job_tables, survey_tables  # noqa: F401  # so that the metadata is whole, whoever reads it
from api.store.database import Database

__all__ = ["Database"]
