"""A candidate says what each finder said of it, and shows the look in which each was surest."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

KINDS = ("scene", "crop", "boxed", "by_model", "by_objects", "by_occupancy")


def upgrade() -> None:
    op.add_column("candidates", sa.Column("finders", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("evidence") as table:
        table.drop_constraint(op.f("ck_evidence_kind"), type_="check")
        allowed = ", ".join(f"'{kind}'" for kind in KINDS)
        table.create_check_constraint(op.f("ck_evidence_kind"), f"kind IN ({allowed})")
