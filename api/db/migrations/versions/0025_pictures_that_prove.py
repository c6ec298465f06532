"""Evidence of several moments, capture conditions, masked copies, legal holds, and what retention removes."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0025"
down_revision = "0022"

KINDS = (
    "scene", "crop", "boxed", "first", "first_crop", "breach", "breach_crop", "last", "last_crop", "empty",
    "empty_crop", "film", "by_model", "by_objects", "by_occupancy",
)  # fmt: skip


def upgrade() -> None:
    _evidence()
    with op.batch_alter_table("candidates") as table:
        table.add_column(sa.Column("conditions", sa.JSON(), nullable=True))
        table.drop_constraint(op.f("ck_candidates_state"), type_="check")
        states = "state IN ('open', 'confirmed', 'rejected', 'expired')"
        table.create_check_constraint(op.f("ck_candidates_state"), states)
    op.create_table(
        "evidence_discarded",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence_discarded")),
    )
    op.create_table(
        "evidence_masks",
        sa.Column("original", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("original", name=op.f("pk_evidence_masks")),
    )
    _holds()


def _evidence() -> None:
    """One table made anew: SQLite cannot change a primary key."""
    op.rename_table("evidence", "evidence_before")
    allowed = ", ".join(f"'{kind}'" for kind in KINDS)
    if op.get_bind().dialect.name == "postgresql":  # where names of constraints are unique
        op.drop_constraint(op.f("pk_evidence"), "evidence_before", type_="primary")
        op.drop_constraint(op.f("fk_evidence_candidate_id"), "evidence_before", type_="foreignkey")
        op.drop_constraint(op.f("ck_evidence_kind"), "evidence_before", type_="check")
    op.create_table(
        "evidence",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("captured_at", UtcTime(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=True),
        sa.Column("lag", sa.Float(), nullable=True),
        sa.CheckConstraint(f"kind IN ({allowed})", name=op.f("ck_evidence_kind")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_evidence_candidate_id")),
        sa.PrimaryKeyConstraint("candidate_id", "kind", "number", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_sha256"), "evidence", ["sha256"])
    columns = "candidate_id, kind, sha256, path, captured_at, width, height"
    op.execute(f"INSERT INTO evidence ({columns}) SELECT {columns} FROM evidence_before")  # noqa: S608  # constants
    op.drop_table("evidence_before")


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_holds_candidate_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_holds_actor_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["actors.id"], name=op.f("fk_holds_lifted_by")),
        sa.CheckConstraint("purpose IN ('legal', 'training')", name=op.f("ck_holds_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_candidate_id"), "holds", ["candidate_id"])
