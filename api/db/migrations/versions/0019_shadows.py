"""How often a shadow was compared with the version in service, and the frames on which they disagree."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "shadow_counts",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("serving_version", sa.String(), nullable=False),
        sa.Column("shadow_version", sa.String(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.Column("only_serving", sa.Integer(), nullable=False),
        sa.Column("only_shadow", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("model", "serving_version", "shadow_version", name=op.f("pk_shadow_counts")),
    )
    op.create_table(
        "shadow_disagreements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("serving_version", sa.String(), nullable=False),
        sa.Column("shadow_version", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=True),
        sa.Column("frame_at", UtcTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("serving_boxes", sa.JSON(), nullable=False),
        sa.Column("shadow_boxes", sa.JSON(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_disagreements")),
    )
    op.create_index(
        op.f("ix_shadow_disagreements_model_shadow_version_source_frame_at"),
        "shadow_disagreements",
        ["model", "shadow_version", "source", "frame_at"],
    )
    op.create_index(op.f("ix_shadow_disagreements_district"), "shadow_disagreements", ["district"])
