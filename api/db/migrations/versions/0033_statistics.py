"""Indexes from which statistics are counted without reading the rows."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    counted = ["created_at", "district", "grade", "state", "class_name", "camera_id", "first_seen", "timed"]
    op.create_index("ix_candidates_statistics", "candidates", [*counted, "zone", "lat", "lon", "id"])
    placed = ["class_name", "state", "lat", "lon", "first_seen", "timed", "district", "grade"]
    op.create_index("ix_candidates_place", "candidates", placed)
    op.create_index("ix_verdicts_statistics", "verdicts", ["candidate_id", "undone_at", "decision", "reason"])
