"""What every page needs: the reader's language, the frame around it, scripts and styles."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Cookie, Depends, Header, Query, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope as AsgiScope

from api.db.scope import Scope
from api.dependencies import PRINCIPAL, AppSettings, Principal, provided
from api.pages import i18n
from api.pages.classes import ClassNames
from api.pages.i18n import Language
from api.pages.rulings import ruling_sentence
from detector.reason import Reason

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600
ROWS = 50


class Assets(StaticFiles):
    """Scripts and styles: kept by the browser, asked about each time (a new version counts at once)."""

    async def get_response(self, path: str, scope: AsgiScope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders templates for one reader, in their language; `scope` is None for who has not signed in."""

    language: Language
    scope: Scope | None = None
    class_names: ClassNames = field(default_factory=ClassNames)

    def page(self, template: str, **values: object) -> HTMLResponse:
        """Return a whole page; the browser is asked to remember its language."""
        text = self.language.render(template, scope=self.scope, class_names=self.class_names, **values)
        code = self.language.code
        response = HTMLResponse(text, headers={"Content-Language": i18n.HTML_LANG[code], "Vary": "Accept-Language"})
        response.set_cookie("language", code, max_age=YEAR, samesite="lax", httponly=True)
        return response

    def fragment(self, template: str, **values: object) -> str:
        """Return a part of a page."""
        return self.language.render(template, scope=self.scope, class_names=self.class_names, **values)

    def ruling_sentence(self, reason: Reason) -> str:
        """Return a reason of a ruling as a sentence for this reader."""
        return ruling_sentence(reason, self.language.code, self.class_names)

    def class_word(self, name: str) -> str:
        """Return what a class is called for this reader."""
        return self.class_names.word(name, self.language.code, self.language.translate)


def renderer(
    request: Request,
    settings: AppSettings,
    class_names: Annotated[ClassNames, Depends(provided(ClassNames))],
    lang: Annotated[str | None, Query(max_length=8)] = None,
    language: Annotated[str | None, Cookie()] = None,
    accept_language: Annotated[str, Header()] = "",
) -> Renderer:
    """Return the renderer for the client's language."""
    chosen = i18n.language(i18n.choose_language(lang, language, accept_language, settings.language))
    principal = request.scope.get(PRINCIPAL)
    return Renderer(chosen, principal.scope if isinstance(principal, Principal) else None, class_names)


Render = Annotated[Renderer, Depends(renderer)]
