"""What went wrong, for a person in a browser: in their language, with a way back."""

from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.responses import Response

from api.dependencies import PRINCIPAL, Principal
from api.pages import i18n
from api.pages.base import Renderer
from api.pages.classes import ClassNames
from api.pages.messages import ERRORS, ERRORS_BY_NAME
from api.settings import Settings

INVALID: Final = 422
FAILED: Final = 500


def error_page(request: Request, status: int, kind: str, detail: str) -> Response:
    """Return the page of an error; `kind` is the last word of a problem's type, `detail` what a log would say."""
    provided = request.app.state.provided
    settings, names = provided[Settings], provided[ClassNames]
    known = (request.query_params.get("lang"), request.cookies.get("language"))
    chosen = i18n.choose_language(*known, request.headers.get("accept-language", ""), settings.language)
    principal = request.scope.get(PRINCIPAL)
    scope = principal.scope if isinstance(principal, Principal) else None
    title, advice = ERRORS_BY_NAME.get(kind) or ERRORS.get(status) or ERRORS[FAILED if status >= FAILED else INVALID]
    page = Renderer(i18n.language(chosen), scope, names).page(
        "error.html",
        active="error",
        status=status,
        title=i18n.translations(chosen).gettext(title),
        advice=i18n.translations(chosen).gettext(advice),
        detail=detail,
        back=_where_from(request),
        entry=f"/login?next={quote(_here(request), safe='')}" if status == 401 else None,
    )
    page.status_code = status
    page.headers["Vary"] = "Accept, Accept-Language"
    page.headers["Cache-Control"] = "no-store"
    return page


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _where_from(request: Request) -> str | None:
    """Return the page of ours from which the reader came, None where that is not known or is this one."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    if came.netloc != request.headers.get("host") or not came.path.startswith("/") or came.path.startswith("//"):
        return None
    path = came.path + (f"?{came.query}" if came.query else "")
    return path if path != _here(request) else None
