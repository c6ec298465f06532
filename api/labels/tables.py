"""The tables of frames to label, and of every save of what was drawn on them."""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Uuid,
)

from api.accounts.tables import actors
from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata


class FrameState(StrEnum):
    """Open until a person says that everything in the frame is drawn."""

    OPEN = "open"
    COMPLETE = "complete"


class FrameOrigin(StrEnum):
    """What brought a frame into the pool."""

    CANDIDATE = "candidate"
    CAMERA = "camera"
    SURVEY = "survey"
    SHADOW = "shadow"


label_frames = Table(
    "label_frames",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),  # the picture, kept as evidence is
    Column("path", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("timed", Boolean, nullable=False),  # whether `captured_at` is when it was taken
    Column("source", String, nullable=False),
    Column("camera_id", String),
    Column("survey_id", Uuid, ForeignKey("surveys.id")),
    Column("district", String),
    Column("lat", Float),
    Column("lon", Float),
    Column("origin", String, nullable=False),
    Column("proposals", JSON, nullable=False),
    Column("score", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("version", Integer, nullable=False),  # of the newest save; 0 before the first
    Column("created_at", UtcTime, nullable=False),
    one_of("origin", FrameOrigin),
    one_of("state", FrameState),
    Index(None, "state", "score"),
    Index(None, "source", "captured_at"),
    Index(None, "created_at", "id"),
    Index(None, "district"),
)

# A save is never changed: the next one has the next version.
label_saves = Table(
    "label_saves",
    metadata,
    Column("frame_id", Uuid, ForeignKey(label_frames.c.id), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("boxes", JSON, nullable=False),
)
