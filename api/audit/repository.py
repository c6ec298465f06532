"""The chain: events are appended to its end, read page by page, and never changed."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, LargeBinary, cast, func, insert, or_, select, update

from api.audit.tables import audit_events, audit_head
from api.clock import wall_clock
from api.db.inserts import insert_new
from api.db.paging import Page, decode_name, encode_name
from api.db.scope import Scope
from api.errors import CursorInvalid

BEGIN: Final = "0" * 64
"""What the first event follows."""
Detail = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is stored and hashed; `details` is JSON, `at` in UTC with microseconds."""

    number: int
    at: str
    actor_id: str
    actor: str
    actor_kind: str
    address: str
    act: str
    subject: str
    details: str
    before: str | None
    after: str | None
    previous: str
    hash: str = ""

    def digest(self) -> str:
        """Return the hash of all that the event says, the hash of the event before among it."""
        said = [getattr(self, field.name) for field in fields(self) if field.name != "hash"]
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def told(self) -> dict[str, Detail]:
        """Return the details."""
        read: dict[str, Detail] = json.loads(self.details)
        return read


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number and hash of its last event."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Search:
    """Which events are asked for; empty leaves that side open. `since` and `until` as `at` begins."""

    actor: str = ""
    act: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        table = audit_events.c
        if self.actor:
            yield or_(table.actor == self.actor, table.actor_id == self.actor)
        if self.act:
            yield table.act == self.act
        if self.subject:
            yield table.subject == self.subject
        if self.since:
            yield table.at >= self.since
        if self.until:
            yield table.at < self.until


def record(
    scope: Scope,
    connection: Connection,
    act: str,
    subject: object,
    at: datetime | None = None,
    *,
    before: object = None,
    after: object = None,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Append an event to the log, in the transaction of the change itself; call it last, it locks the chain's end.

    `before` and `after` are what was changed: only their hashes are kept. `details` are few, short and no secrets.
    """
    head = _locked(connection)
    moment = (at or wall_clock()).astimezone(UTC).isoformat(timespec="microseconds")
    event = Event(
        number=head.number + 1,
        at=moment,
        actor_id=str(scope.actor.id),
        actor=scope.actor.name,
        actor_kind=scope.actor.kind.value,
        address=scope.address,
        act=str(act),
        subject=str(subject),
        details=json.dumps(dict(details or {}), ensure_ascii=False, sort_keys=True),
        before=None if before is None else hash_of(before),
        after=None if after is None else hash_of(after),
        previous=head.hash,
    )
    row = {field.name: getattr(event, field.name) for field in fields(event)} | {"hash": event.digest()}
    connection.execute(insert(audit_events).values(**row))
    connection.execute(update(audit_head).values(number=event.number, hash=row["hash"]))


def hash_of(value: object) -> str:
    """Return the SHA-256 of a value as sorted JSON; what JSON does not know is written as text."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def head(connection: Connection) -> Head | None:
    """Return the end of the chain; None before the first event."""
    row = connection.execute(select(audit_head.c.number, audit_head.c.hash)).one_or_none()
    return Head(row.number, row.hash) if row else None


def page(scope: Scope, connection: Connection, search: Search, cursor: str | None, limit: int) -> Page[Event]:
    """Events, latest first; those of every district, for who may read the log. Raises CursorInvalid."""
    conditions = list(search.conditions())
    total = connection.execute(select(func.count()).select_from(audit_events).where(*conditions)).scalar_one()
    if cursor is not None:
        below = decode_name(cursor)
        if not below.isdigit() or len(below) > 12:
            raise CursorInvalid("cursor: take it unchanged from `next` of the page before")
        conditions.append(audit_events.c.number < int(below))
    query = select(audit_events).where(*conditions).order_by(audit_events.c.number.desc()).limit(limit + 1)
    rows = [Event(**dict(row._mapping)) for row in connection.execute(query)]
    more = encode_name(str(rows[limit - 1].number)) if len(rows) > limit else None
    return Page(tuple(rows[:limit]), int(total), more)


def everything(connection: Connection) -> Iterator[Event]:
    """Yield every event by number, its texts byte for byte as they are stored, whatever they have become."""
    columns = [_raw(connection, column) for column in audit_events.c]
    query = select(*columns).order_by(audit_events.c.number)
    for row in connection.execution_options(yield_per=500).execute(query):
        values = dict(row._mapping)
        texts: dict[str, Any] = {
            name: value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
            for name, value in values.items()
        }
        yield Event(**texts)


def _raw(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """Return a column as its bytes: SQLite keeps texts that are none, and would not read them as such."""
    if connection.dialect.name != "sqlite" or column.name == "number":
        return column
    return cast(column, LargeBinary).label(column.name)


def _locked(connection: Connection) -> Head:
    """Return the end of the chain, locked until the transaction ends."""
    query = select(audit_head.c.number, audit_head.c.hash).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        insert_new(connection, audit_head, [{"id": 1, "number": 0, "hash": BEGIN}], ["id"])
        row = connection.execute(query).one()
    return Head(row.number, row.hash)
