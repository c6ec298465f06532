"""Who looks at which candidate now, and what reviewers put off: parked for hours, or escalated."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "review_leases",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_review_leases_candidate_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_review_leases_actor_id")),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_review_leases")),
    )
    op.create_index(op.f("ix_review_leases_expires_at"), "review_leases", ["expires_at"])
    op.create_table(
        "deferrals",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.CheckConstraint("kind IN ('parked', 'escalated')", name=op.f("ck_deferrals_kind")),
        sa.CheckConstraint("(kind = 'parked') = (until IS NOT NULL)", name=op.f("ck_deferrals_until")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_deferrals_candidate_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_deferrals_actor_id")),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_deferrals")),
    )
