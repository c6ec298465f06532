"""Lists in pages: a cursor is the place of the last row given, so rows that come and go never shift a page."""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Self, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Row, and_, func, or_, select

from api.errors import CursorInvalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a row stands in a list that is sorted by time, then by id."""

    at: datetime
    id: UUID

    @property
    def cursor(self) -> str:
        text = f"{self.at.astimezone(UTC).isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Return the place that a cursor names. Raises CursorInvalid."""
        try:
            text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
            at, _, row_id = text.partition("|")
            moment, identity = datetime.fromisoformat(at), UUID(row_id)
            if moment.tzinfo is None:
                raise ValueError("no zone")
            return cls(moment.astimezone(UTC), identity)
        except (ValueError, binascii.Error, OverflowError):
            raise CursorInvalid("cursor: take it unchanged from `next` of the page before") from None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, how many there are in all, and the cursor of the next page (None: this was the last)."""

    items: tuple[T, ...]
    total: int
    next: str | None


def page_by_time(
    connection: Connection,
    at: Column[datetime],
    from_row: Callable[[Row[tuple[object, ...]]], T],
    cursor: str | None,
    limit: int,
    *,
    where: Iterable[ColumnElement[bool]] = (),
    oldest_first: bool = False,
) -> Page[T]:
    """Return a page of a table's rows, sorted by the column `at` and then by `id`; latest first unless told otherwise.

    Raises CursorInvalid.
    """
    table, row_id = at.table, at.table.c.id
    conditions = list(where)
    total = connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
    if cursor is not None:
        last = Cursor.from_cursor(cursor)
        beyond = (at > last.at, row_id > last.id) if oldest_first else (at < last.at, row_id < last.id)
        conditions.append(or_(beyond[0], and_(at == last.at, beyond[1])))
    order = (at, row_id) if oldest_first else (at.desc(), row_id.desc())
    query = select(table).where(*conditions).order_by(*order).limit(limit + 1)
    rows = connection.execute(query).all()
    kept = rows[:limit]  # the one too many says that there is a next page
    more = len(rows) > limit and bool(kept)
    following = Cursor(kept[-1]._mapping[at], kept[-1]._mapping[row_id]).cursor if more else None
    return Page(tuple(from_row(row) for row in kept), total, following)


def encode_name(name: str) -> str:
    """Return the cursor of a list that is sorted by name."""
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def decode_name(cursor: str) -> str:
    """Return the name that a cursor stands for. Raises CursorInvalid."""
    try:
        name = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        name = "\0"
    if "\0" in name:  # which PostgreSQL could not even compare
        raise CursorInvalid("cursor: take it unchanged from `next` of the page before")
    return name
