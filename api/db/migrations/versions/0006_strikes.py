"""What is proved against a chunk is counted apart from how often it was claimed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("survey_chunks", sa.Column("strikes", sa.Integer(), nullable=False, server_default="0"))
