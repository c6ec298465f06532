"""Footage that does not say when it was taken is marked as such, and its moments are not shown as times."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for table in ("survey_frames", "survey_places", "candidates"):
        op.add_column(table, sa.Column("timed", sa.Boolean(), nullable=False, server_default=sa.true()))
