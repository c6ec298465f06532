"""The table of evidence files."""

from sqlalchemy import (
    CheckConstraint,
    Column,
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
    Column("sha256", String, nullable=False),
    Column("path", String, nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    CheckConstraint("kind IN ('scene', 'crop', 'boxed', 'by_model', 'by_objects', 'by_occupancy')", name="kind"),
)
