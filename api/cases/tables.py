"""The tables of confirmed cases: the outbox, the built-in case list, and what became of each case."""

from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from api.accounts.tables import actors
from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata

BUILT_IN: Final = "built-in"
"""The case system that this service has itself: the desk."""


class DeliveryState(StrEnum):
    """Pending until the case API took it (delivered) or said that it never will (dead)."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class CaseStatus(StrEnum):
    """How far a case is, in the order in which it moves; refused and closed are ends."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    FIXED = "fixed"
    CHECKED = "checked"
    CLOSED = "closed"
    REFUSED = "refused"


class EventSource(StrEnum):
    """Who says that a case moved: the case system by a callback or when asked, the desk, or a look at the place."""

    CALLBACK = "callback"
    POLL = "poll"
    DESK = "desk"
    LOOK = "look"


class EventResult(StrEnum):
    """What an event did: it moved the case, came too late to, or was there already."""

    MOVED = "moved"
    OUTDATED = "outdated"
    REPLAYED = "replayed"


class LookOutcome(StrEnum):
    """What a look at a place found after it was said to be fixed."""

    CLEARED = "cleared"
    STILL_THERE = "still_there"


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
    Column("case_system", String),  # to which it goes; null until the sender has decided
    one_of("state", DeliveryState),
    Index(None, "state", "next_attempt_at"),
    Index(None, "created_at", "id"),
    Index(None, "case_system", "state"),
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

# How far a delivered case is; without a row it is reported.
case_progress = Table(
    "case_progress",
    metadata,
    Column("delivery_id", Uuid, ForeignKey(outbox.c.id), primary_key=True),
    Column("status", String, nullable=False),
    Column("status_at", UtcTime, nullable=False),
    Column("assignee", String),
    Column("polled_at", UtcTime),
    one_of("status", CaseStatus),
    Index(None, "status", "status_at"),
)

# What was said of a case; a row is never changed.
case_events = Table(
    "case_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("delivery_id", Uuid, ForeignKey(outbox.c.id), nullable=False),
    Column("case_system", String, nullable=False),
    Column("event_id", String(200), nullable=False),  # what its sender calls it: the same one counts once
    Column("source", String, nullable=False),
    Column("status", String, nullable=False),
    Column("said_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id)),
    Column("reason", String),
    Column("note", String, nullable=False),
    Column("picture", String),  # where it lies under the folder of evidence
    Column("picture_sha256", String(64)),
    Column("result", String, nullable=False),
    UniqueConstraint("case_system", "event_id"),
    one_of("source", EventSource),
    one_of("status", CaseStatus),
    one_of("result", EventResult),
    Index(None, "delivery_id", "received_at"),
)

# A place that is to be looked at again since it is said to be fixed.
look_requests = Table(
    "look_requests",
    metadata,
    Column("delivery_id", Uuid, ForeignKey(outbox.c.id), primary_key=True),
    Column("camera_id", String),  # null: no camera sees it, it waits for the next flight
    Column("asked_at", UtcTime, nullable=False),
    Column("looks", Integer, nullable=False, server_default="0"),  # that could tell, since then
    Column("looked_at", UtcTime),  # when the last of them was
    Column("there", Integer, nullable=False, server_default="0"),  # in a row that saw it there, or saw it gone
    Column("gone", Integer, nullable=False, server_default="0"),
    Column("outcome", String),
    Column("seen_at", UtcTime),
    Column("picture", String),
    Column("picture_sha256", String(64)),
    Column("attempts", Integer, nullable=False, server_default="0"),  # to tell the case system what was found
    Column("tell_at", UtcTime),  # when to try again
    Column("told_at", UtcTime),  # when it was taken, or refused for good
    Index(None, "outcome", "camera_id"),
)
