"""The tables of who looks at which candidate now, and of what was put off."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Uuid

from api.accounts.tables import actors
from api.candidates.tables import candidates
from api.db.columns import UtcTime
from api.db.metadata import metadata

review_leases = Table(
    "review_leases",
    metadata,
    Column("candidate_id", Uuid, ForeignKey(candidates.c.id), primary_key=True),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("expires_at", UtcTime, nullable=False),  # by the database's clock
    Index(None, "expires_at"),
)

deferrals = Table(
    "deferrals",
    metadata,
    Column("candidate_id", Uuid, ForeignKey(candidates.c.id), primary_key=True),
    Column("kind", String, nullable=False),
    Column("actor_id", Uuid, ForeignKey(actors.c.id), nullable=False),
    Column("note", String, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),  # when what was parked comes back by itself
    CheckConstraint("kind IN ('parked', 'escalated')", name="kind"),
    CheckConstraint("(kind = 'parked') = (until IS NOT NULL)", name="until"),
)
