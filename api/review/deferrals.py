"""What reviewers put off: parked until an hour, or escalated to a supervisor. A verdict ends it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from api.accounts import repository as accounts
from api.actor import Actor
from api.candidates.repository import State
from api.candidates.tables import candidates
from api.db.scope import Scope
from api.review.tables import deferrals


class DeferralKind(StrEnum):
    """Parked comes back by itself; escalated waits for a supervisor."""

    PARKED = "parked"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Deferral:
    """Who put a candidate off, when and why; `until` is given exactly where it was parked."""

    candidate_id: UUID
    kind: DeferralKind
    actor: Actor
    note: str
    since: datetime
    until: datetime | None


def put(scope: Scope, connection: Connection, deferral: Deferral) -> None:
    """Record that a candidate was put off, in place of what was said before."""
    remove(scope, connection, deferral.candidate_id)
    connection.execute(
        insert(deferrals).values(
            candidate_id=deferral.candidate_id,
            kind=deferral.kind,
            actor_id=accounts.keep(connection, deferral.actor),
            note=deferral.note,
            since=deferral.since,
            until=deferral.until,
        )
    )


def find(scope: Scope, connection: Connection, candidate_id: UUID) -> Deferral | None:
    """Return how a candidate was put off."""
    query = select(deferrals).where(
        deferrals.c.candidate_id == candidate_id, scope.sees_parent(deferrals.c.candidate_id, "candidates")
    )
    row = connection.execute(query).one_or_none()
    return _from_row(connection, row) if row else None


def remove(scope: Scope, connection: Connection, candidate_id: UUID) -> bool:
    """Bring a candidate back; False where it was not put off."""
    seen = scope.sees_parent(deferrals.c.candidate_id, "candidates")
    return connection.execute(delete(deferrals).where(deferrals.c.candidate_id == candidate_id, seen)).rowcount == 1


def counts(scope: Scope, connection: Connection, now: datetime) -> dict[DeferralKind, int]:
    """Return how many open candidates are put off, by kind."""
    query = (
        select(deferrals.c.kind, func.count())
        .join(candidates, candidates.c.id == deferrals.c.candidate_id)
        .where(
            candidates.c.state == State.OPEN,
            or_(deferrals.c.until.is_(None), deferrals.c.until > now),
            scope.sees(candidates.c.district),
        )
        .group_by(deferrals.c.kind)
    )
    found = {DeferralKind(kind): count for kind, count in connection.execute(query)}
    return {kind: found.get(kind, 0) for kind in DeferralKind}


def _from_row(connection: Connection, row: Row[tuple[object, ...]]) -> Deferral:
    actor = accounts.by_id(connection, [row.actor_id])[row.actor_id]
    return Deferral(row.candidate_id, DeferralKind(row.kind), actor, row.note, row.since, row.until)
