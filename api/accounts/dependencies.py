"""What the pages of accounts ask for in their signatures."""

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from api.accounts.guard import session_token
from api.accounts.passwords import Passwords
from api.accounts.sign_in import Browser
from api.dependencies import AppSettings, provided
from api.errors import AccountInvalid

Hasher = Annotated[Passwords, Depends(provided(Passwords))]
MOST_FIELDS: Final = 50


async def form_fields(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent, the last of each name. Raises AccountInvalid."""
    try:
        text = (await request.body()).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError as error:  # no UTF-8, or too many fields
        raise AccountInvalid("the form cannot be read") from error


def browser_of(request: Request, settings: AppSettings) -> Browser:
    """Return where a sign-in comes from."""
    address = request.client.host if request.client else ""
    return Browser(address, request.headers.get("user-agent", ""), session_token(request.headers, settings.https))


FormFields = Annotated[dict[str, str], Depends(form_fields)]
FromBrowser = Annotated[Browser, Depends(browser_of)]
