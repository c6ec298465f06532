"""The camera registry: which cameras there are and were, and every change of it."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from api.accounts.tables import actors
from api.db.columns import UtcTime
from api.db.metadata import metadata
from api.db.scope import USUAL_GRADE

camera_versions = Table(
    "camera_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("change", String, nullable=False),
    Column("subject", String, nullable=False),  # the camera that was changed, or the file that was imported
    CheckConstraint("change IN ('import', 'pause', 'resume', 'remove', 'legacy')", name="change"),
)

# A camera that is changed or removed keeps its row, with the version that ended it.
cameras = Table(
    "cameras",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("camera", String, nullable=False),
    Column("since", Integer, ForeignKey("camera_versions.version"), nullable=False),
    Column("until", Integer, ForeignKey("camera_versions.version")),
    Column("district", String),
    Column("grade", Integer, nullable=False, server_default=str(USUAL_GRADE)),
    Column("settings", JSON, nullable=False),
    Column("addresses", LargeBinary, nullable=False),  # encrypted: they hold passwords
    Column("paused", Boolean, nullable=False),
    UniqueConstraint("camera", "since"),  # candidates and faults refer to a camera as it was
)
Index(
    "uq_cameras_present",
    cameras.c.camera,
    unique=True,
    sqlite_where=cameras.c.until.is_(None),
    postgresql_where=cameras.c.until.is_(None),
)
