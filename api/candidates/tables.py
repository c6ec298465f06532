"""The tables. Values in and out of them are the frozen dataclasses of the repositories beside this file."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    true,
)

from api.accounts.tables import actors
from api.db.columns import UtcTime
from api.db.metadata import metadata
from api.db.scope import USUAL_GRADE
from api.rulebooks.tables import rulebooks

candidates = Table(
    "candidates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source", String, nullable=False),
    Column("key", String, nullable=False),
    Column("class_name", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reasons", JSON, nullable=False),  # codes with parameters
    Column("code", String),
    Column("rule", String),
    Column("zone", String),
    Column("lat", Float),
    Column("lon", Float),
    Column("ce90", Float),
    Column("box", JSON, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("found_by", String, nullable=False),
    Column("finders", JSON, nullable=False, server_default="[]"),  # what each said, in how many looks
    Column("district", String),
    Column("grade", Integer, nullable=False, server_default=str(USUAL_GRADE)),  # who may see it: 1 to 3
    # What its pictures come from, in the version that was watched; and what else judged it.
    Column("camera_id", String),
    Column("camera_version", Integer),
    Column("calibration", String(64)),
    Column("survey_id", Uuid, ForeignKey("surveys.id")),
    Column("file_sha256", String(64)),
    Column("frame_at", UtcTime, nullable=False),  # when the frame that shows it best was taken
    Column("models", JSON, nullable=False),
    Column("rulebook_version", String, nullable=False),
    Column("rulebook_hash", String(64), ForeignKey(rulebooks.c.sha256)),  # unknown in rows of early versions
    Column("state", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("timed", Boolean, nullable=False, server_default=true()),  # whether the footage says when it was taken
    # Clock, gaps, camera state, software and configuration at the time; null in rows of early versions.
    Column("conditions", JSON(none_as_null=True)),
    UniqueConstraint("source", "key"),
    ForeignKeyConstraint(["camera_id", "camera_version"], ["cameras.camera", "cameras.since"]),
    CheckConstraint("camera_id IS NULL OR survey_id IS NULL", name="origin"),
    CheckConstraint("(camera_id IS NULL) = (camera_version IS NULL)", name="camera"),
    CheckConstraint("state IN ('open', 'confirmed', 'rejected', 'expired')", name="state"),
    Index(None, "state", "created_at", "id"),
    Index(None, "camera_id", "camera_version"),
    Index(None, "survey_id"),
    Index(None, "district"),
    # All that statistics count, so that they need not read the wide rows.
    Index(
        "ix_candidates_statistics",
        *("created_at", "district", "grade", "state", "class_name", "camera_id", "first_seen", "timed"),
        *("zone", "lat", "lon", "id"),
    ),
    Index("ix_candidates_place", "class_name", "state", "lat", "lon", "first_seen", "timed", "district", "grade"),
)


verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("candidate_id", Uuid, ForeignKey("candidates.id"), nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("decision", String, nullable=False),
    Column("reason", String),
    Column("note", String, nullable=False),
    Column("class_name", String),  # where the reviewer corrected it
    Column("box", JSON(none_as_null=True)),  # likewise, in pixels of the scene picture
    Column("decided_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    Column("undone_by", Uuid, ForeignKey(actors.c.id)),
    CheckConstraint("decision IN ('confirmed', 'rejected')", name="decision"),
    Index("ix_verdicts_statistics", "candidate_id", "undone_at", "decision", "reason"),
)
# A verdict that was taken back stays on record; at most one counts.
Index(
    "uq_verdicts_standing",
    verdicts.c.candidate_id,
    unique=True,
    sqlite_where=verdicts.c.undone_at.is_(None),
    postgresql_where=verdicts.c.undone_at.is_(None),
)

# What is on hold is not removed, whatever its age.
holds = Table(
    "holds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("candidate_id", Uuid, ForeignKey("candidates.id"), nullable=False, index=True),
    Column("purpose", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("lifted_at", UtcTime),
    Column("lifted_by", Uuid, ForeignKey(actors.c.id)),
    CheckConstraint("purpose IN ('legal', 'training')", name="purpose"),
)
