"""The tables of who watches which camera."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Uuid

from api.db.columns import UtcTime
from api.db.metadata import metadata

camera_watchers = Table(
    "camera_watchers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),  # host and process, for people
    Column("joined_at", UtcTime, nullable=False),
    Column("beat_at", UtcTime, nullable=False),  # one row a process is written every two seconds, not one a camera
)

camera_leases = Table(
    "camera_leases",
    metadata,
    Column("camera", String, primary_key=True),
    Column("epoch", Integer, nullable=False),  # grows with each new holder: what an earlier one writes is refused
    Column("watcher_id", Uuid, ForeignKey(camera_watchers.c.id)),  # None: nobody holds it
    Column("state", String),  # what its holder says of it
    Column("state_at", UtcTime),
    Column("reason", String, nullable=False, server_default=""),
    Index(None, "watcher_id"),
)
