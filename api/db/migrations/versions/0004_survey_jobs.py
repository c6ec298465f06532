"""Chunks, frames and places of surveys."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _chunks()
    _frames()
    _places()


def _chunks() -> None:
    op.create_table(
        "survey_chunks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('probe', 'look', 'link')", name=op.f("ck_survey_chunks_kind")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'dead')", name=op.f("ck_survey_chunks_state")),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_chunks_survey_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_chunks")),
    )
    op.create_index(op.f("ix_survey_chunks_state_created_at"), "survey_chunks", ["state", "created_at"])
    op.create_index(op.f("ix_survey_chunks_survey_id"), "survey_chunks", ["survey_id"])


def _frames() -> None:
    op.create_table(
        "survey_frames",
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("clip", sa.String(), nullable=False),
        sa.Column("frame_index", sa.Integer(), nullable=False),
        sa.Column("captured_at", UtcTime(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("pose", sa.JSON(), nullable=True),
        sa.Column("detections", sa.JSON(), nullable=False),
        sa.Column("corners", sa.LargeBinary(), nullable=True),
        sa.Column("picture", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["chunk_id"], ["survey_chunks.id"], name=op.f("fk_survey_frames_chunk_id")),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_frames_survey_id")),
        sa.PrimaryKeyConstraint("chunk_id", "number", name=op.f("pk_survey_frames")),
    )
    op.create_index(op.f("ix_survey_frames_survey_id"), "survey_frames", ["survey_id"])


def _places() -> None:
    op.create_table(
        "survey_places",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("ce90", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("first_seen", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("picture", sa.String(), nullable=False),
        sa.CheckConstraint("outcome IN ('violation', 'permitted', 'unknown')", name=op.f("ck_survey_places_outcome")),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_places_survey_id")),
        sa.PrimaryKeyConstraint("survey_id", "key", name=op.f("pk_survey_places")),
    )
