"""What routes ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Query, Request

from api.context import Context
from api.web.pagination import MAX_PAGE


def context_of(request: Request) -> Context:
    """The context that `create_app` made."""
    context = request.app.state.context
    if not isinstance(context, Context):
        raise TypeError("the application was not made by create_app")
    return context


Service = Annotated[Context, Depends(context_of)]
CursorQuery = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows in a page.")]
