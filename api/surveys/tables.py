"""The tables of surveys: what a drone team has announced, and how much of it has come."""

from enum import StrEnum
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata
from api.db.scope import USUAL_GRADE


class SurveyState(StrEnum):
    """Uploading until every file has come or was set aside; ready until the batch jobs take it; then their words."""

    UPLOADING = "uploading"
    READY = "ready"
    PROCESSING = "processing"
    DONE = "done"
    DONE_WITH_ERRORS = "done_with_errors"


ENDED: Final = (SurveyState.DONE, SurveyState.DONE_WITH_ERRORS)


class FileKind(StrEnum):
    """What a file's name says that it is."""

    VIDEO = "video"
    PHOTO = "photo"
    TELEMETRY = "telemetry"
    OTHER = "other"


class FileState(StrEnum):
    """Missing, then uploading, then stored; corrupt asks to be sent again; duplicate and odd are set aside for good."""

    MISSING = "missing"
    UPLOADING = "uploading"
    STORED = "stored"
    CORRUPT = "corrupt"
    DUPLICATE = "duplicate"
    SUSPECT = "suspect"


surveys = Table(
    "surveys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String, nullable=False),
    # The hash of the name and the manifest: whoever announces the same again goes on with the same survey.
    Column("manifest", String(64), nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("ground", Float),
    Column("model", String),
    Column("district", String),
    Column("grade", Integer, nullable=False, server_default=str(USUAL_GRADE)),
    Column("errors", JSON, nullable=False),  # codes with parameters: what went wrong with its footage
    one_of("state", SurveyState),
    Index(None, "created_at", "id"),
    Index(None, "state"),
    Index(None, "district"),
)

survey_files = Table(
    "survey_files",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("survey_id", Uuid, ForeignKey("surveys.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("path", String),
    Column("pair_id", Uuid, ForeignKey("survey_files.id"), index=True),
    Column("note", String),  # a code of FileNote
    Column("same_as_id", Uuid, ForeignKey("survey_files.id")),  # the file of the same content that is kept
    UniqueConstraint("survey_id", "name"),
    one_of("kind", FileKind),
    one_of("state", FileState),
)
