"""Lists in pages, as a client asks for them and gets them."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from api.db.paging import Page

MAX_PAGE = 200
CursorQuery = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows in a page.")]
T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)


class Listing(BaseModel, Generic[ModelT]):
    """One page of a list: `next` is the cursor of the following page, null on the last; `total` counts all pages."""

    items: list[ModelT]
    total: int
    next: str | None


def listing(page: Page[T], items: list[ModelT]) -> Listing[ModelT]:
    """Return a page with its rows turned into JSON shapes."""
    return Listing(items=items, total=page.total, next=page.next)
