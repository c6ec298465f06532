"""Holds: what keeps the pictures of a candidate from being removed, by whom and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from api.accounts import repository as accounts
from api.audit import repository as audit
from api.audit.acts import Act
from api.candidates.tables import holds
from api.db.scope import Scope


class HoldPurpose(StrEnum):
    """A legal hold keeps everything; pictures that are approved for training are kept where they were rejected."""

    LEGAL = "legal"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold that stands."""

    id: UUID
    candidate_id: UUID
    purpose: HoldPurpose
    reason: str
    since: datetime


def put(
    scope: Scope, connection: Connection, candidate_id: UUID, purpose: HoldPurpose, reason: str, now: datetime
) -> UUID:
    """Put a candidate on hold, and record it; the candidate must be one that the scope sees."""
    hold_id = uuid4()
    row = {"id": hold_id, "candidate_id": candidate_id, "purpose": purpose, "reason": reason, "since": now}
    connection.execute(insert(holds).values(**row, actor_id=accounts.keep(connection, scope.actor)))
    told = {"purpose": purpose.value, "reason": reason}
    audit.record(scope, connection, Act.EVIDENCE_HELD, candidate_id, now, details=told)
    return hold_id


def lift(scope: Scope, connection: Connection, candidate_id: UUID, reason: str, now: datetime) -> int:
    """Lift every hold of a candidate, record it, and return how many there were."""
    values = {"lifted_at": now, "lifted_by": accounts.keep(connection, scope.actor)}
    stands = (holds.c.candidate_id == candidate_id, holds.c.lifted_at.is_(None))
    count = connection.execute(update(holds).where(*stands).values(**values)).rowcount
    if count:
        audit.record(scope, connection, Act.HOLD_LIFTED, candidate_id, now, details={"reason": reason})
    return count


def standing(scope: Scope, connection: Connection, candidate_id: UUID) -> tuple[Hold, ...]:
    """Return the holds of a candidate that stand, the oldest first."""
    query = select(holds.c.id, holds.c.candidate_id, holds.c.purpose, holds.c.reason, holds.c.since).where(
        holds.c.candidate_id == candidate_id,
        holds.c.lifted_at.is_(None),
        scope.sees_parent(holds.c.candidate_id, "candidates"),
    )
    rows = connection.execute(query.order_by(holds.c.since))
    return tuple(Hold(row.id, row.candidate_id, HoldPurpose(row.purpose), row.reason, row.since) for row in rows)
