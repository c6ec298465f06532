"""Rulebooks are kept, and which one the service goes by."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "rulebooks",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("permits", sa.LargeBinary(), nullable=True),
        sa.Column("first_used_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_rulebooks")),
    )
    op.create_table(
        "rulebook_changes",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rulebook_hash", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_rulebook_changes_actor_id")),
        sa.ForeignKeyConstraint(
            ["rulebook_hash"], ["rulebooks.sha256"], name=op.f("fk_rulebook_changes_rulebook_hash")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebook_changes")),
    )
