"""The tables of the batch jobs: chunks of a survey's footage, the frames looked at, and the places put together."""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
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

from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata
from api.surveys.tables import surveys
from detector.rules.ruling import Outcome


class ChunkKind(StrEnum):
    """Probe a video for its length, look at a span of a video or at some photos, or link what was seen everywhere."""

    PROBE = "probe"
    LOOK = "look"
    LINK = "link"


class ChunkState(StrEnum):
    """Waiting for a worker, running with one, done with its results stored, or dead: set aside with its reason."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


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
    Column("error", JSON(none_as_null=True)),  # a code with parameters: why it failed the last time
    Column("created_at", UtcTime, nullable=False),
    one_of("kind", ChunkKind),
    one_of("state", ChunkState),
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
    Column("model", JSON(none_as_null=True)),  # which model saw them
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
    one_of("outcome", Outcome),
)
