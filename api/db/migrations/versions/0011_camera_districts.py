"""A camera's row says its district, so that a query can ask for it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

cameras = sa.table(
    "cameras",
    sa.column("id", sa.Uuid()),
    sa.column("district", sa.String()),
    sa.column("settings", sa.JSON()),
)


def upgrade() -> None:
    op.add_column("cameras", sa.Column("district", sa.String(), nullable=True))
    bind = op.get_bind()
    for row in bind.execute(sa.select(cameras.c.id, cameras.c.settings)).all():
        district = row.settings.get("district") or None
        bind.execute(sa.update(cameras).where(cameras.c.id == row.id).values(district=district))
