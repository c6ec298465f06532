"""Surveys and their files."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("ground", sa.Float(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('uploading', 'ready', 'processing', 'done', 'done_with_errors')", name=op.f("ck_surveys_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("manifest", name=op.f("uq_surveys_manifest")),
    )
    op.create_index(op.f("ix_surveys_created_at_id"), "surveys", ["created_at", "id"])
    op.create_index(op.f("ix_surveys_state"), "surveys", ["state"])
    op.create_table(
        "survey_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("pair_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('video', 'photo', 'telemetry', 'other')", name=op.f("ck_survey_files_kind")),
        sa.CheckConstraint(
            "state IN ('missing', 'uploading', 'stored', 'corrupt', 'duplicate', 'odd')",
            name=op.f("ck_survey_files_state"),
        ),
        sa.ForeignKeyConstraint(["pair_id"], ["survey_files.id"], name=op.f("fk_survey_files_pair_id")),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], name=op.f("fk_survey_files_survey_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_files")),
        sa.UniqueConstraint("survey_id", "name", name=op.f("uq_survey_files_survey_id_name")),
    )
    op.create_index(op.f("ix_survey_files_sha256"), "survey_files", ["sha256"])
    op.create_index(op.f("ix_survey_files_pair_id"), "survey_files", ["pair_id"])
