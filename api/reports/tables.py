"""The table of reports that were made; a row is never changed."""

from enum import StrEnum

from sqlalchemy import JSON, Column, Date, Index, Integer, String, Table, Uuid

from api.db.columns import UtcTime, one_of
from api.db.metadata import metadata
from api.db.scope import USUAL_GRADE


class ReportKind(StrEnum):
    """How long a report's period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


reports = Table(
    "reports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slot", String, nullable=False, unique=True),  # kind, first day and district: one report of each
    Column("kind", String, nullable=False),
    Column("first", Date, nullable=False),  # days of the city's calendar
    Column("last", Date, nullable=False),
    Column("district", String),  # null: of all districts
    Column("grade", Integer, nullable=False, server_default=str(USUAL_GRADE)),  # what it counts, and who may read it
    Column("content", JSON, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    one_of("kind", ReportKind),
    Index(None, "made_at", "id"),
)
