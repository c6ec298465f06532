"""What every page needs: the reader's language, the frame around it, scripts and styles."""

from pathlib import Path
from typing import Annotated

from fastapi import Cookie, Depends, Header, Query
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.context import Context
from api.dependencies import Service
from api.pages import i18n as words
from api.pages.i18n import Language

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600
ROWS = 50


class Assets(StaticFiles):
    """Scripts and styles: kept by the browser, asked about each time (a new version counts at once)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def page_language(
    service: Service,
    lang: Annotated[str | None, Query(max_length=8)] = None,
    language: Annotated[str | None, Cookie()] = None,
    accept_language: Annotated[str, Header()] = "",
) -> Language:
    """The language to answer in."""
    return words.language(words.choose_language(lang, language, accept_language, service.settings.language))


Speaks = Annotated[Language, Depends(page_language)]


def draw_page(service: Context, speaks: Language, template: str, **values: object) -> HTMLResponse:
    """A page in the reader's language, which the browser is asked to remember."""
    text = speaks.render(template, reviewer=service.settings.reviewer, **values)
    response = HTMLResponse(text, headers={"Content-Language": words.HTML_LANG[speaks.code], "Vary": "Accept-Language"})
    response.set_cookie("language", speaks.code, max_age=YEAR, samesite="lax", httponly=True)
    return response
