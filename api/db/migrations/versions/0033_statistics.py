"""Indexes from which statistics are counted without reading the rows, and the reports that are kept."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    counted = ["created_at", "district", "grade", "state", "class_name", "camera_id", "first_seen", "timed"]
    op.create_index("ix_candidates_statistics", "candidates", [*counted, "zone", "lat", "lon", "id"])
    placed = ["class_name", "state", "lat", "lon", "first_seen", "timed", "district", "grade"]
    op.create_index("ix_candidates_place", "candidates", placed)
    op.create_index("ix_verdicts_statistics", "verdicts", ["candidate_id", "undone_at", "decision", "reason"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("grade", sa.Integer(), nullable=False, server_default="2"),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('week', 'month', 'quarter')", name=op.f("ck_reports_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("slot", name=op.f("uq_reports_slot")),
    )
    op.create_index(op.f("ix_reports_made_at_id"), "reports", ["made_at", "id"])
