"""The table of what was wrong with cameras' pictures."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Uuid

from api.accounts.tables import actors
from api.cameras.tables import cameras
from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata
from api.db.scope import USUAL_GRADE
from streams.health.faults import Fault

camera_health = Table(
    "camera_health",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("camera", String, nullable=False),
    Column("camera_version", Integer),  # None: not one of the registry
    Column("district", String),
    Column("grade", Integer, nullable=False, server_default=str(USUAL_GRADE)),
    Column("fault", String, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("accepted_by", Uuid, ForeignKey(actors.c.id)),  # who said that a moved camera's new view is the right one
    Column("sha256", String, nullable=False),
    Column("path", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    one_of("fault", Fault),
    ForeignKeyConstraint(["camera", "camera_version"], [cameras.c.camera, cameras.c.since]),
    Index(None, "district"),
    Index(None, "camera", "started_at", "id"),
)
