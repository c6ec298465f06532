"""Who looks at which candidate now: one person a candidate, for a while, by the database's clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from api.accounts import repository as accounts
from api.candidates.repository import State
from api.candidates.tables import candidates
from api.db.clock import database_now
from api.db.scope import Scope
from api.review.tables import review_leases

LASTS: Final = timedelta(seconds=90)
"""How long a candidate stays with who looks at it, from the last sign of them."""


class Availability(StrEnum):
    """What a reviewer can do with a candidate that is shown to them."""

    OPEN = "open"
    LEASED = "leased"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whether a candidate is open, and who looks at it; None: nobody."""

    is_open: bool
    actor_id: UUID | None

    def available_to(self, scope: Scope) -> Availability:
        """Return what the reader can do with the candidate."""
        if not self.is_open:
            return Availability.DECIDED
        return Availability.OPEN if self.actor_id in (None, scope.actor.id) else Availability.LEASED


def holders(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Holder]:
    """Return who looks at these candidates; those that are gone are absent."""
    holds = and_(review_leases.c.candidate_id == candidates.c.id, review_leases.c.expires_at > database_now(connection))
    query = (
        select(candidates.c.id, candidates.c.state, review_leases.c.actor_id)
        .outerjoin(review_leases, holds)
        .where(candidates.c.id.in_(list(ids)), scope.sees(candidates.c.district))
    )
    return {row.id: Holder(row.state == State.OPEN, row.actor_id) for row in connection.execute(query)}


def take(scope: Scope, connection: Connection, candidate_id: UUID) -> datetime | None:
    """Lease a candidate to whom the scope signs for, or renew; return when it ends, None where another has it."""
    now = database_now(connection)
    ends = now + LASTS
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = make(review_leases).values(
        candidate_id=candidate_id, actor_id=accounts.keep(connection, scope.actor), expires_at=ends
    )
    free = or_(review_leases.c.expires_at <= now, review_leases.c.actor_id == scope.actor.id)
    taken = row.on_conflict_do_update(
        index_elements=[review_leases.c.candidate_id],
        set_={"actor_id": row.excluded.actor_id, "expires_at": row.excluded.expires_at},
        where=free,
    )
    got = connection.execute(taken.returning(review_leases.c.candidate_id)).one_or_none()
    return ends if got is not None else None


def is_elsewhere(scope: Scope, connection: Connection, candidate_id: UUID) -> bool:
    """Tell whether somebody else looks at a candidate."""
    query = select(review_leases.c.candidate_id).where(
        review_leases.c.candidate_id == candidate_id,
        held_by_others(scope, database_now(connection)),
        scope.sees_parent(review_leases.c.candidate_id, "candidates"),
    )
    return connection.execute(query).one_or_none() is not None


def give_back(scope: Scope, connection: Connection, candidate_id: UUID) -> None:
    """End one's own lease of a candidate."""
    own = (review_leases.c.candidate_id == candidate_id, review_leases.c.actor_id == scope.actor.id)
    connection.execute(delete(review_leases).where(*own))


def remove(scope: Scope, connection: Connection, candidate_id: UUID) -> None:
    """End the lease of a candidate that was decided, and those that ended long ago."""
    gone = review_leases.c.expires_at < database_now(connection) - LASTS
    connection.execute(delete(review_leases).where(or_(review_leases.c.candidate_id == candidate_id, gone)))


def held_by_others(scope: Scope, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a lease is somebody else's, and holds at `now`."""
    return (review_leases.c.actor_id != scope.actor.id) & (review_leases.c.expires_at > now)


def candidate_is_elsewhere(scope: Scope, now: datetime) -> ColumnElement[bool]:
    """Return the condition that somebody else looks at a candidate at `now`."""
    return exists().where(review_leases.c.candidate_id == candidates.c.id, held_by_others(scope, now))
