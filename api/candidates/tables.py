"""The tables. Values in and out of them are the frozen dataclasses of the repositories beside this file."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from api.db.columns import UtcTime
from api.db.metadata import metadata

candidates = Table(
    "candidates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", String, nullable=False),
    Column("key", String, nullable=False),
    Column("class_name", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("reasons_zh", JSON, nullable=False),
    Column("code", String),
    Column("rule", String),
    Column("zone", String),
    Column("rulebook_version", String, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("ce90", Float),
    Column("box", JSON, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("found_by", String, nullable=False),
    Column("models", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("source", "key"),
    CheckConstraint("state IN ('open', 'confirmed', 'rejected')", name="state"),
    Index(None, "state", "created_at", "id"),
)


verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("candidate_id", Uuid, ForeignKey("candidates.id"), nullable=False),
    Column("reviewer", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("reason", String),
    Column("note", String, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    CheckConstraint("decision IN ('confirmed', 'rejected')", name="decision"),
)
# A verdict that was taken back stays on record; at most one counts.
Index(
    "uq_verdicts_standing",
    verdicts.c.candidate_id,
    unique=True,
    sqlite_where=verdicts.c.undone_at.is_(None),
    postgresql_where=verdicts.c.undone_at.is_(None),
)
