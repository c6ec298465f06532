"""The table of actors: the people and programs that change something."""

from sqlalchemy import CheckConstraint, Column, String, Table, UniqueConstraint, Uuid

from api.db.metadata import metadata

actors = Table(
    "actors",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    UniqueConstraint("kind", "name"),
    CheckConstraint("kind IN ('person', 'service')", name="kind"),
)
