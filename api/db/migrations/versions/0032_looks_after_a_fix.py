"""How often a place was looked at after it was said to be fixed, what those looks saw, and whether it was told."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    for name in ("looks", "there", "gone", "attempts"):
        op.add_column("look_requests", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in ("looked_at", "told_at", "tell_at"):
        op.add_column("look_requests", sa.Column(name, UtcTime(), nullable=True))
