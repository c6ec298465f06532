"""How often a place was looked at after it was said to be fixed, and what those looks saw."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0032"
down_revision = "0029"


def upgrade() -> None:
    for name in ("looks", "there", "gone"):
        op.add_column("look_requests", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("look_requests", sa.Column("looked_at", UtcTime(), nullable=True))
