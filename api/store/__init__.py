"""The database: tables, one repository per noun, migrations. Every query of the service lives in this package."""

from api.store.database import Database

__all__ = ["Database"]
