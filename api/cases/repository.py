"""The built-in case list: where confirmed cases go while no case API is configured."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true

from api.cases.tables import cases, outbox
from api.db.paging import Page, page_by_time
from api.db.scope import Scope


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it was received: `body` is the JSON document that was delivered."""

    id: UUID
    idempotency_key: UUID
    body: bytes
    received_at: datetime


def receive(connection: Connection, key: UUID, body: bytes, now: datetime) -> tuple[Case, bool]:
    """Take a case once, however often it is sent; True where it is new."""
    row = connection.execute(select(cases).where(cases.c.idempotency_key == key)).one_or_none()
    if row is not None:
        return _from_row(row), False
    case = Case(uuid4(), key, body, now)
    connection.execute(insert(cases).values(id=case.id, idempotency_key=key, body=body, received_at=now))
    return case, True


def find(scope: Scope, connection: Connection, case_id: UUID) -> Case | None:
    """Return the case with this id."""
    row = connection.execute(select(cases).where(cases.c.id == case_id, _seen_by(scope))).one_or_none()
    return _from_row(row) if row else None


def page(scope: Scope, connection: Connection, cursor: str | None, limit: int) -> Page[Case]:
    """Cases, latest first. Raises CursorInvalid."""
    return page_by_time(connection, cases.c.received_at, _from_row, cursor, limit, where=[_seen_by(scope)])


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a reader sees the confirmed candidate, and so its case; its key is the delivery's."""
    if scope.unrestricted:
        return true()
    seen = select(outbox.c.id).where(scope.sees_parent(outbox.c.candidate_id, "candidates"))
    return cases.c.idempotency_key.in_(seen)


def _from_row(row: Row[tuple[object, ...]]) -> Case:
    values = dict(row._mapping)
    return Case(**values)
