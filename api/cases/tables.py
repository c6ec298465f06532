"""The tables of confirmed cases: the outbox, and the built-in case list."""

from enum import StrEnum

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
)

from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata


class DeliveryState(StrEnum):
    """Pending until the case API took it (delivered) or said that it never will (dead)."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


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
    one_of("state", DeliveryState),
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
