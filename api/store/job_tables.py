"""The tables of the batch jobs: chunks of a survey's footage, the frames looked at, and the places put together."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    true,
)

from api.store.columns import UtcTime
from api.store.survey_tables import surveys
from api.store.tables import metadata

survey_chunks = Table(
    "survey_chunks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, ForeignKey(surveys.c.id), nullable=False),
    Column("kind", String, nullable=False),
    Column("files", JSON, nullable=False),  # ids of survey_files
    Column("place", Integer, nullable=False),  # of the first file among the survey's: frames are linked in this order
    Column("start", Float, nullable=False),
    Column("end", Float),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),  # claims that were not given back
    Column("strikes", Integer, nullable=False, server_default="0"),  # faults that are proved to be its own
    Column("epoch", Integer, nullable=False),  # grows with each claim: what an earlier holder writes is refused
    Column("worker", String),  # the name by which whoever sees a worker end finds what it held
    Column("lease_until", UtcTime),
    Column("frames", Integer, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("reason", String),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('probe', 'look', 'link')", name="kind"),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'dead')", name="state"),
    Index(None, "state", "created_at"),
    Index(None, "survey_id"),
)

survey_frames = Table(
    "survey_frames",
    metadata,
    Column("chunk_id", Uuid, ForeignKey(survey_chunks.c.id), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("survey_id", Uuid, ForeignKey(surveys.c.id), nullable=False),
    Column("clip", String, nullable=False),
    Column("frame_index", Integer, nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("pose", JSON(none_as_null=True)),
    Column("detections", JSON, nullable=False),
    Column("corners", LargeBinary),  # what linking compares; dropped when the places are put together
    Column("picture", String),  # path under the survey's folder of pictures
    Column("timed", Boolean, nullable=False, server_default=true()),  # whether `captured_at` is when it was taken
    Index(None, "survey_id"),
)

survey_places = Table(
    "survey_places",
    metadata,
    Column("survey_id", Uuid, ForeignKey(surveys.c.id), primary_key=True),
    Column("key", String, primary_key=True),
    Column("class_name", String, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("ce90", Float),
    Column("confidence", Float, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("box", JSON, nullable=False),  # in the picture that shows it best
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("picture", String, nullable=False),
    Column("timed", Boolean, nullable=False, server_default=true()),  # whether the footage says when it was taken
    CheckConstraint("outcome IN ('violation', 'permitted', 'unknown')", name="outcome"),
)
