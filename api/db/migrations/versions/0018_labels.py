"""Frames to label, what was drawn on them, and what reviewers corrected."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0018"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("class_name", sa.String(), nullable=True))
    op.add_column("verdicts", sa.Column("box", sa.JSON(), nullable=True))
    op.create_table(
        "label_frames",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("captured_at", UtcTime(), nullable=False),
        sa.Column("timed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("camera_id", sa.String(), nullable=True),
        sa.Column("survey_id", sa.Uuid(), nullable=True),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("proposals", sa.JSON(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('candidate', 'camera', 'survey', 'shadow')", name=op.f("ck_label_frames_origin")
        ),
        sa.CheckConstraint("state IN ('open', 'complete')", name=op.f("ck_label_frames_state")),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_label_frames_survey_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_frames")),
        sa.UniqueConstraint("sha256", name=op.f("uq_label_frames_sha256")),
    )
    op.create_index(op.f("ix_label_frames_state_score"), "label_frames", ["state", "score"])
    op.create_index(op.f("ix_label_frames_source_captured_at"), "label_frames", ["source", "captured_at"])
    op.create_index(op.f("ix_label_frames_created_at_id"), "label_frames", ["created_at", "id"])
    op.create_index(op.f("ix_label_frames_district"), "label_frames", ["district"])
    op.create_table(
        "label_saves",
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_label_saves_actor_id")),
        sa.ForeignKeyConstraint(["frame_id"], ["label_frames.id"], name=op.f("fk_label_saves_frame_id")),
        sa.PrimaryKeyConstraint("frame_id", "version", name=op.f("pk_label_saves")),
    )
