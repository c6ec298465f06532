"""The tables of evidence files."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    Uuid,
)

from api.db.columns import UtcTime
from api.db.metadata import metadata

evidence = Table(
    "evidence",
    metadata,
    Column("candidate_id", Uuid, ForeignKey("candidates.id"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("number", Integer, primary_key=True, server_default="0", autoincrement=False),
    Column("sha256", String, nullable=False, index=True),
    Column("path", String, nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("box", JSON(none_as_null=True)),  # where the thing is in a whole scene
    Column("lag", Float),  # seconds
)

# Files that no candidate needs any more, until they are removed.
evidence_discarded = Table(
    "evidence_discarded",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("path", String, nullable=False),
    Column("since", UtcTime, nullable=False),
)
