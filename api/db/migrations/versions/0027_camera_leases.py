"""Each camera is watched by one process, by a lease; what an earlier holder writes is refused."""

import sqlalchemy as sa
from alembic import op

from api.db.columns import UtcTime

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "camera_watchers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("joined_at", UtcTime(), nullable=False),
        sa.Column("beat_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_watchers")),
    )
    op.create_table(
        "camera_leases",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("watcher_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("state_at", UtcTime(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["watcher_id"], ["camera_watchers.id"], name=op.f("fk_camera_leases_watcher_id")),
        sa.PrimaryKeyConstraint("camera", name=op.f("pk_camera_leases")),
    )
    op.create_index(op.f("ix_camera_leases_watcher_id"), "camera_leases", ["watcher_id"])
