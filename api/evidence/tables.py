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

from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata
from api.evidence.kinds import EvidenceKind

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
    one_of("kind", EvidenceKind),
)

# Files that no candidate needs any more, until they are removed.
evidence_discarded = Table(
    "evidence_discarded",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("path", String, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("candidate_id", Uuid, nullable=False),
    Column("why", String, nullable=False),  # the class of retention, or that it was replaced
)

# Copies in which persons and vehicles are made unrecognisable, by the file that each was made of.
evidence_masks = Table(
    "evidence_masks",
    metadata,
    Column("original", String, primary_key=True),
    Column("sha256", String, nullable=False),
    Column("path", String, nullable=False),
    Column("model", String, nullable=False),  # name and version of what found them
    Column("made_at", UtcTime, nullable=False),
)
