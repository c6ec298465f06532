"""A form with one photograph, as a browser sends it: read piece by piece, never more than a limit."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.cases.photographs import MOST_BYTES

MOST_FIELDS: Final = 5
MOST_TEXT: Final = 16 * 1024
ENVELOPE: Final = 64 * 1024
"""What boundaries, names and texts may take beside the photograph."""


@dataclass(frozen=True, slots=True)
class PhotographForm:
    """The photograph and the texts of a form; `fault` says why it could not be read, None where it could."""

    photograph: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)
    fault: str | None = None


class _TooLong(Exception):
    """More came than a form may have."""


async def photograph_form(request: Request) -> PhotographForm:
    """Return the form of a request; what is wrong with it is said in it, so that what is not there stays a 404."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return PhotographForm(fault="send a form with a photograph (multipart/form-data)")
    parser = MultiPartParser(
        request.headers, _limited(request), max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_TEXT
    )
    try:
        form = await parser.parse()
    except _TooLong:
        return PhotographForm(fault=f"a photograph may have {MOST_BYTES // 2**20} MB at most")
    except (MultiPartException, FormParserError, ClientDisconnect, UnicodeDecodeError, KeyError):
        return PhotographForm(fault="the form cannot be read")  # a part without a name is a KeyError of the parser
    try:
        sent = form.get("photograph")
        content = await sent.read() if isinstance(sent, UploadFile) else b""
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
    finally:
        await form.close()
    return PhotographForm(content, texts, None if content else "choose a photograph")


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        if came > MOST_BYTES + ENVELOPE:
            raise _TooLong
        yield chunk


SentPhotograph = Annotated[PhotographForm, Depends(photograph_form)]
