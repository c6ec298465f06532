"""Several case systems, how far a case is there, what was said of it, and places to look at again."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0026"
down_revision = "0025"

STATUSES = "'reported', 'accepted', 'dispatched', 'fixed', 'checked', 'closed', 'refused'"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("case_system", sa.String(), nullable=True))
    op.create_index(op.f("ix_outbox_case_system_state"), "outbox", ["case_system", "state"])
    op.create_table(
        "case_progress",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_at", UtcTime(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("polled_at", UtcTime(), nullable=True),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_case_progress_status")),
        sa.ForeignKeyConstraint(["delivery_id"], ["outbox.id"], name=op.f("fk_case_progress_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_case_progress")),
    )
    op.create_index(op.f("ix_case_progress_status_status_at"), "case_progress", ["status", "status_at"])
    op.create_table(
        "case_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("case_system", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(200), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("said_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("picture", sa.String(), nullable=True),
        sa.Column("picture_sha256", sa.String(64), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.CheckConstraint("source IN ('callback', 'poll', 'desk', 'look')", name=op.f("ck_case_events_source")),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_case_events_status")),
        sa.CheckConstraint("result IN ('moved', 'outdated', 'replayed')", name=op.f("ck_case_events_result")),
        sa.ForeignKeyConstraint(["delivery_id"], ["outbox.id"], name=op.f("fk_case_events_delivery_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_case_events_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
        sa.UniqueConstraint("case_system", "event_id", name=op.f("uq_case_events_case_system_event_id")),
    )
    op.create_index(op.f("ix_case_events_delivery_id_received_at"), "case_events", ["delivery_id", "received_at"])
    op.create_table(
        "look_requests",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.String(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("seen_at", UtcTime(), nullable=True),
        sa.Column("picture", sa.String(), nullable=True),
        sa.Column("picture_sha256", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["outbox.id"], name=op.f("fk_look_requests_delivery_id")),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_look_requests")),
    )
    op.create_index(op.f("ix_look_requests_outcome_camera_id"), "look_requests", ["outcome", "camera_id"])
