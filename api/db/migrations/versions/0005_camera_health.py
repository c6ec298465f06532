"""What was wrong with cameras' pictures."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "camera_health",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("accepted_by", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "fault IN ('black', 'over-exposed', 'frozen', 'blurred', 'covered', 'moved')",
            name=op.f("ck_camera_health_fault"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_health")),
    )
    op.create_index(op.f("ix_camera_health_camera_started_at_id"), "camera_health", ["camera", "started_at", "id"])
