"""Versions of the rulebook: drafts, what a replay of each would change, and from when each is in force."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0031"
down_revision = "0029"
NO_RULEBOOK = "07f07011e1fa9e9acb0a903e026310df9f6c45ee82bc3b9bad41d550e71629cc"  # what stands where there was none


def upgrade() -> None:
    op.create_table(
        "rulebook_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rulebook_hash", sa.String(64), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("replay", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebook_versions")),
        sa.ForeignKeyConstraint(
            ["rulebook_hash"], ["rulebooks.sha256"], name=op.f("fk_rulebook_versions_rulebook_hash")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_rulebook_versions_actor_id")),
        sa.UniqueConstraint("rulebook_hash", name=op.f("uq_rulebook_versions_rulebook_hash")),
    )
    op.add_column("rulebook_changes", sa.Column("starts_at", UtcTime(), nullable=True))
    first_uses = sa.text(
        "INSERT INTO rulebook_versions (number, rulebook_hash, note, added_at, actor_id) "
        "SELECT number, rulebook_hash, '', at, actor_id FROM rulebook_changes AS c WHERE number = "
        "(SELECT min(number) FROM rulebook_changes AS d WHERE d.rulebook_hash = c.rulebook_hash) "
        "AND rulebook_hash <> :none"
    )
    op.execute(first_uses.bindparams(none=NO_RULEBOOK))
