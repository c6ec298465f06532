"""The tables of shadows: how often two versions of a model were compared, and the frames on which they disagree."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Uuid

from api.db.columns import UtcTime
from api.db.metadata import metadata

shadow_counts = Table(
    "shadow_counts",
    metadata,
    Column("model", String, primary_key=True),
    Column("serving_version", String, primary_key=True),
    Column("shadow_version", String, primary_key=True),
    Column("frames", Integer, nullable=False),
    Column("differing", Integer, nullable=False),  # frames on which they disagree
    Column("only_serving", Integer, nullable=False),  # things that only the version in service saw
    Column("only_shadow", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
)

shadow_disagreements = Table(
    "shadow_disagreements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("model", String, nullable=False),
    Column("serving_version", String, nullable=False),
    Column("shadow_version", String, nullable=False),
    Column("source", String, nullable=False),
    Column("district", String),
    Column("frame_at", UtcTime, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the whole frame among the evidence
    Column("path", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("serving_boxes", JSON, nullable=False),
    Column("shadow_boxes", JSON, nullable=False),
    Column("differing", Integer, nullable=False),  # things that only one of the two saw
    Index(None, "model", "shadow_version", "source", "frame_at"),
    Index(None, "district"),
)
