"""How pictures of evidence are answered."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, status
from starlette.responses import Response

from api.web.problems import Responses

IfNoneMatch = Annotated[str, Header(include_in_schema=False)]
PICTURE: Responses = {
    200: {"description": "The picture.", "content": {"image/jpeg": {"schema": {"type": "string"}}}},
    304: {"description": "The picture is what the browser has."},
}


def picture_response(sha256: str, if_none_match: str, read: Callable[[], bytes]) -> Response:
    """Return a picture, or that the browser has it already.

    What has this hash never changes, but who may see it does: a browser may keep it, and asks each time.
    """
    headers = {"Cache-Control": "private, no-cache", "ETag": f'"{sha256}"'}
    if f'"{sha256}"' in if_none_match:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(read(), headers=headers, media_type="image/jpeg")
