"""Lists in pages: a cursor is the place of the last row given, so rows that come and go never shift a page."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from api.errors import CursorInvalid

MAX_PAGE = 200
CursorQuery = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows in a page.")]
T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)


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
        """The place that a cursor names. Raises CursorInvalid."""
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


class Listing(BaseModel, Generic[ModelT]):
    """One page of a list: `next` is the cursor of the following page, null on the last; `total` counts all pages."""

    items: list[ModelT]
    total: int
    next: str | None


def listing(page: Page[T], items: list[ModelT]) -> Listing[ModelT]:
    """A page with its rows turned into JSON shapes."""
    return Listing(items=items, total=page.total, next=page.next)


def page_of(rows: Sequence[tuple[Cursor, T]], limit: int, total: int) -> Page[T]:
    """A page from up to `limit + 1` rows: the one too many says that there is a next page."""
    kept = rows[:limit]
    more = len(rows) > limit and bool(kept)
    return Page(tuple(item for _, item in kept), total, kept[-1][0].cursor if more else None)


def encode_name(name: str) -> str:
    """The cursor of a list that is sorted by name."""
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def decode_name(cursor: str) -> str:
    """The name that a cursor stands for. Raises CursorInvalid."""
    try:
        name = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        name = "\0"
    if "\0" in name:  # which PostgreSQL could not even compare
        raise CursorInvalid("cursor: take it unchanged from `next` of the page before")
    return name
