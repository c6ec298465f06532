"""The outbox: confirmed cases on their way out. The row's id is the idempotency key, its body never changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from api.cases.tables import DeliveryState, outbox
from api.db.paging import Page, page_by_time
from api.db.scope import Scope

FARTHEST: Final = timedelta(days=1, hours=1)
"""No wait of ours lasts longer: what a case API may ask for, and a margin."""

TOLERANCE: Final = timedelta(minutes=1)
"""What the clocks of two machines with one database may differ by."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One confirmed case on its way; `reference` is what the case system calls it."""

    id: UUID
    candidate_id: UUID
    body: bytes
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    delivered_at: datetime | None
    http_status: int | None
    reference: str | None
    last_error: str | None


def add(
    scope: Scope, connection: Connection, key: UUID, candidate_id: UUID, body: bytes, now: datetime, send_at: datetime
) -> None:
    """Enqueue a body, to be sent at `send_at` or later."""
    connection.execute(
        insert(outbox).values(
            id=key,
            candidate_id=candidate_id,
            body=body,
            state=DeliveryState.PENDING,
            attempts=0,
            created_at=now,
            next_attempt_at=send_at,
        )
    )


def withdraw(scope: Scope, connection: Connection, key: UUID) -> bool:
    """Take a delivery back; False where an attempt was made, since its reply may have been lost on the way."""
    gone = connection.execute(delete(outbox).where(outbox.c.id == key, outbox.c.attempts == 0, _seen_by(scope)))
    return gone.rowcount == 1


def claim(connection: Connection, now: datetime, lease: timedelta) -> Delivery | None:
    """Return the delivery that is due longest, leased: a sender that dies gives it back when the lease ends.

    One that is due later than any wait lasts (`FARTHEST`) was written down while the clock was ahead: it is due now.
    One that was enqueued in what is the future by now waits as long as it was to wait, from now on.
    """
    ahead = outbox.c.created_at > now + TOLERANCE, outbox.c.next_attempt_at > now
    for early in connection.execute(select(outbox).where(outbox.c.state == DeliveryState.PENDING, *ahead)).all():
        wait = min(max(early.next_attempt_at - early.created_at, timedelta(0)), FARTHEST)
        _set(connection, early.id, created_at=now, next_attempt_at=now + wait)
    due = (
        select(outbox)
        .where(outbox.c.state == DeliveryState.PENDING)
        .where((outbox.c.next_attempt_at <= now) | (outbox.c.next_attempt_at > now + FARTHEST))
        .order_by(outbox.c.next_attempt_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(due).one_or_none()
    if row is None:
        return None
    connection.execute(
        update(outbox).where(outbox.c.id == row.id).values(attempts=row.attempts + 1, next_attempt_at=now + lease)
    )
    return _from_row(row)


def delivered(connection: Connection, key: UUID, now: datetime, status: int, reference: str | None) -> None:
    """Record that the case API has accepted it."""
    _set(connection, key, state=DeliveryState.DELIVERED, delivered_at=now, http_status=status, reference=reference,
         last_error=None)  # fmt: skip


def postpone(connection: Connection, key: UUID, until: datetime, status: int | None, error: str) -> None:
    """Record a failed attempt and when to try again."""
    _set(connection, key, next_attempt_at=until, http_status=status, last_error=error[:500])


def give_up(connection: Connection, key: UUID, status: int | None, error: str) -> None:
    """Record that it will never be accepted as it is; a person must act."""
    _set(connection, key, state=DeliveryState.DEAD, http_status=status, last_error=error[:500])


def revive(scope: Scope, connection: Connection, key: UUID, now: datetime) -> bool:
    """Send a dead one again, same key and body; False where it is not dead."""
    changed = connection.execute(
        update(outbox)
        .where(outbox.c.id == key, outbox.c.state == DeliveryState.DEAD, _seen_by(scope))
        .values(state=DeliveryState.PENDING, next_attempt_at=now)
    )
    return changed.rowcount == 1


def find(scope: Scope, connection: Connection, key: UUID) -> Delivery | None:
    """Return the delivery with this idempotency key."""
    row = connection.execute(select(outbox).where(outbox.c.id == key, _seen_by(scope))).one_or_none()
    return _from_row(row) if row else None


def page(
    scope: Scope, connection: Connection, state: DeliveryState | None, cursor: str | None, limit: int
) -> Page[Delivery]:
    """Deliveries, latest first. Raises CursorInvalid."""
    conditions = [_seen_by(scope), *([outbox.c.state == state] if state is not None else [])]
    return page_by_time(connection, outbox.c.created_at, _from_row, cursor, limit, where=conditions)


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return scope.sees_parent(outbox.c.candidate_id, "candidates")


def _set(connection: Connection, key: UUID, **values: object) -> None:
    connection.execute(update(outbox).where(outbox.c.id == key).values(**values))


def _from_row(row: Row[tuple[object, ...]]) -> Delivery:
    values = dict(row._mapping)
    return Delivery(**values | {"state": DeliveryState(values["state"])})
