"""The tables. Values in and out of them are the frozen dataclasses of the repositories beside this file."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    true,
)

from api.store.columns import UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    Column("timed", Boolean, nullable=False, server_default=true()),  # whether the footage says when it was taken
    UniqueConstraint("source", "key"),
    CheckConstraint("state IN ('open', 'confirmed', 'rejected')", name="state"),
    Index(None, "state", "created_at", "id"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("candidate_id", Uuid, ForeignKey("candidates.id"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("sha256", String, nullable=False),
    Column("path", String, nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    CheckConstraint("kind IN ('scene', 'crop', 'boxed')", name="kind"),
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

outbox = Table(
    "outbox",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("candidate_id", Uuid, ForeignKey("candidates.id"), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("delivered_at", UtcTime),
    Column("http_status", Integer),
    Column("reference", String),
    Column("last_error", String),
    CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="state"),
    Index(None, "state", "next_attempt_at"),
    Index(None, "created_at", "id"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("idempotency_key", Uuid, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Index(None, "received_at", "id"),
)
