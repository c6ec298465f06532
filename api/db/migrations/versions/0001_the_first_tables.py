"""The first tables."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _candidates()
    _evidence()
    _verdicts()
    _outbox()
    _cases()


def _candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("reasons_zh", sa.JSON(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("rulebook_version", sa.String(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("ce90", sa.Float(), nullable=True),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("first_seen", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'rejected')", name=op.f("ck_candidates_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_candidates_source_key")),
    )
    op.create_index(op.f("ix_candidates_state_created_at_id"), "candidates", ["state", "created_at", "id"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("captured_at", UtcTime(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('scene', 'crop', 'boxed')", name=op.f("ck_evidence_kind")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_evidence_candidate_id")),
        sa.PrimaryKeyConstraint("candidate_id", "kind", name=op.f("pk_evidence")),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.CheckConstraint("decision IN ('confirmed', 'rejected')", name=op.f("ck_verdicts_decision")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_verdicts_candidate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    standing = sa.text("undone_at IS NULL")
    op.create_index(
        "uq_verdicts_standing",
        "verdicts",
        ["candidate_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("next_attempt_at", UtcTime(), nullable=False),
        sa.Column("delivered_at", UtcTime(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'dead')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], name=op.f("fk_outbox_candidate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_candidate_id"), "outbox", ["candidate_id"])
    op.create_index(op.f("ix_outbox_created_at_id"), "outbox", ["created_at", "id"])
    op.create_index(op.f("ix_outbox_state_next_attempt_at"), "outbox", ["state", "next_attempt_at"])


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_cases_idempotency_key")),
    )
    op.create_index(op.f("ix_cases_received_at_id"), "cases", ["received_at", "id"])
