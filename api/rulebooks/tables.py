"""The tables of rulebooks: each one that ever judged something, and which one was in force from when on."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, String, Table, Uuid

from api.accounts.tables import actors
from api.db.columns import UtcTime
from api.db.metadata import metadata

rulebooks = Table(
    "rulebooks",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("version", String, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the file, byte for byte
    Column("permits", LargeBinary),  # the permit file that it names
    Column("first_used_at", UtcTime, nullable=False),
)

rulebook_changes = Table(
    "rulebook_changes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rulebook_hash", String(64), ForeignKey(rulebooks.c.sha256), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("starts_at", UtcTime),  # from when on; null where it was read from the service's file, which counts at once
)

rulebook_versions = Table(
    "rulebook_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rulebook_hash", String(64), ForeignKey(rulebooks.c.sha256), nullable=False, unique=True),
    Column("note", String, nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("replay", JSON(none_as_null=True)),  # what its last replay said
)
