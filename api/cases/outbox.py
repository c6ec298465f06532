"""The outbox: confirmed cases on their way out. The row's id is the idempotency key, its body never changes."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

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
    case_system: str | None = None


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


def assign(connection: Connection, known: Collection[str], choose: Callable[[bytes], str], most: int = 200) -> None:
    """Say to which case system pending deliveries go that are of none, or of one that is not configured any more.

    What may have arrived there already is not sent elsewhere: it is dead, and a person decides.
    """
    pending = outbox.c.state == DeliveryState.PENDING
    lost = or_(outbox.c.case_system.is_(None), outbox.c.case_system.not_in(sorted(known)))
    query = select(outbox).where(pending, lost).limit(most).with_for_update(skip_locked=True)
    for one in connection.execute(query).all():
        if one.case_system is None or one.attempts == 0:
            _set(connection, pending, one.id, case_system=choose(one.body))
        else:
            said = f"its case system, {one.case_system}, is not configured any more, and may have it"
            _set(connection, pending, one.id, state=DeliveryState.DEAD, last_error=said)


def claim(connection: Connection, now: datetime, lease: timedelta, case_system: str | None = None) -> Delivery | None:
    """Return the delivery that is due longest, this attempt counted; of one case system alone where one is named.

    It is leased: a sender that dies gives it back when the lease ends. One that is due later than any wait lasts
    (`FARTHEST`) was written down while the clock was ahead: it is due now. One that was enqueued in what is the future
    by now waits as long as it was to wait, from now on.
    """
    ahead = outbox.c.created_at > now + TOLERANCE, outbox.c.next_attempt_at > now
    pending = outbox.c.state == DeliveryState.PENDING
    if case_system is not None:
        pending = and_(pending, outbox.c.case_system == case_system)
    for early in connection.execute(select(outbox).where(pending, *ahead)).all():
        wait = min(max(early.next_attempt_at - early.created_at, timedelta(0)), FARTHEST)
        _set(connection, pending, early.id, created_at=now, next_attempt_at=now + wait)
    due = (
        select(outbox)
        .where(pending)
        .where((outbox.c.next_attempt_at <= now) | (outbox.c.next_attempt_at > now + FARTHEST))
        .order_by(outbox.c.next_attempt_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(due).one_or_none()
    if row is None:
        return None
    claimed = replace(_from_row(row), attempts=row.attempts + 1, next_attempt_at=now + lease)
    values = {"attempts": claimed.attempts, "next_attempt_at": claimed.next_attempt_at}
    connection.execute(update(outbox).where(outbox.c.id == claimed.id).values(**values))
    return claimed


def delivered(connection: Connection, key: UUID, now: datetime, status: int, reference: str | None) -> None:
    """Record that the case API has accepted it; that it has holds, whatever other attempts were answered."""
    values = {"state": DeliveryState.DELIVERED, "delivered_at": now, "http_status": status, "reference": reference}
    _set(connection, outbox.c.state != DeliveryState.DELIVERED, key, **values, last_error=None)


def postpone(connection: Connection, due: Delivery, until: datetime, status: int | None, error: str) -> bool:
    """Record that the attempt that `claim` gave out failed, and when to try again; False where it is out of date."""
    return _set(connection, _is_attempt(due), due.id, next_attempt_at=until, http_status=status, last_error=error[:500])


def give_up(connection: Connection, due: Delivery, status: int | None, error: str) -> bool:
    """Record that it will never be accepted as it is; a person must act. False where the attempt is out of date."""
    return _set(
        connection, _is_attempt(due), due.id, state=DeliveryState.DEAD, http_status=status, last_error=error[:500]
    )


def _is_attempt(due: Delivery) -> ColumnElement[bool]:
    """Return the condition that no later attempt was begun, and that no other one came through.

    A sender that was held up may speak long after its lease has ended.
    """
    return and_(outbox.c.state == DeliveryState.PENDING, outbox.c.attempts == due.attempts)


def revive(scope: Scope, connection: Connection, key: UUID, now: datetime) -> bool:
    """Send a dead one again, same key and body; False where it is not dead."""
    changed = connection.execute(
        update(outbox)
        .where(outbox.c.id == key, outbox.c.state == DeliveryState.DEAD, _seen_by(scope))
        .values(state=DeliveryState.PENDING, next_attempt_at=now)
    )
    return changed.rowcount == 1


def lock(scope: Scope, connection: Connection, key: UUID) -> Delivery | None:
    """Lock the delivery with this idempotency key until the transaction ends, and return it.

    What is read of its case after that holds: whoever moves a case locks it first. SQLite has one writer anyway.
    """
    row = connection.execute(select(outbox).where(outbox.c.id == key, _seen_by(scope)).with_for_update()).one_or_none()
    return _from_row(row) if row else None


def find(scope: Scope, connection: Connection, key: UUID) -> Delivery | None:
    """Return the delivery with this idempotency key."""
    row = connection.execute(select(outbox).where(outbox.c.id == key, _seen_by(scope))).one_or_none()
    return _from_row(row) if row else None


def page(
    scope: Scope,
    connection: Connection,
    state: DeliveryState | None,
    cursor: str | None,
    limit: int,
    also: Iterable[ColumnElement[bool]] = (),
) -> Page[Delivery]:
    """Deliveries, latest first; those alone that the conditions of `also` hold for. Raises CursorInvalid."""
    conditions = [_seen_by(scope), *([outbox.c.state == state] if state is not None else []), *also]
    return page_by_time(connection, outbox.c.created_at, _from_row, cursor, limit, where=conditions)


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return scope.sees_parent(outbox.c.candidate_id, "candidates")


def _set(connection: Connection, if_: ColumnElement[bool], key: UUID, **values: object) -> bool:
    return connection.execute(update(outbox).where(outbox.c.id == key, if_).values(**values)).rowcount == 1


def _from_row(row: Row[tuple[object, ...]]) -> Delivery:
    values = dict(row._mapping)
    return Delivery(**values | {"state": DeliveryState(values["state"])})
