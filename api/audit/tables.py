"""The tables of the audit log. Columns are text as it is hashed: a value that is read another way would not be it."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table

from api.db.metadata import metadata

audit_events = Table(
    "audit_events",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", String, nullable=False),  # UTC, microseconds: sorts as it stands
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("address", String, nullable=False),
    Column("act", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", String, nullable=False),  # JSON
    Column("before", String(64)),
    Column("after", String(64)),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "actor_id", "number"),
    Index(None, "subject", "number"),
    Index(None, "act", "number"),
)

# One row, locked by whoever appends: so the chain has one end, however many write.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="id"),
)
