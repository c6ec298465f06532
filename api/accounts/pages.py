"""The pages to sign in and out, and those that one-time links lead to."""

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Path, Query, status
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts import oidc, sign_in
from api.accounts.dependencies import FormFields, FromBrowser, Hasher
from api.accounts.guard import cookie_name
from api.accounts.messages import ACCOUNT_FAULTS, ROLES
from api.accounts.sessions import LONGEST
from api.dependencies import AppSettings, Db, MayView, Now
from api.errors import AccountInvalid, IdentityRefused, LoginRefused, Problem, TooManyAttempts
from api.pages.base import Render, Renderer
from api.pages.i18n import register_names
from api.settings import Settings

router = APIRouter(include_in_schema=False)
register_names("role", ROLES)
register_names("account_fault", ACCOUNT_FAULTS)
Link = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]
HOME: Final = "/review"
STATE: Final = "oidc_state"
log = logging.getLogger(__name__)


@router.get("/login")
def login_page(render: Render, settings: AppSettings, next_: Annotated[str, Query(alias="next")] = "") -> HTMLResponse:
    """Show the form to sign in."""
    return _login(render, settings, next_)


@router.post("/login")
def login(
    database: Db,
    settings: AppSettings,
    hasher: Hasher,
    now: Now,
    render: Render,
    browser: FromBrowser,
    form: FormFields,
) -> Response:
    """Sign in, then show what was asked for."""
    given, wanted = form.get("login", ""), form.get("next", "")
    try:
        token = sign_in.sign_in(database, hasher, given, form.get("password", ""), browser, now)
    except (LoginRefused, TooManyAttempts) as error:
        return _login(render, settings, wanted, error, given[:64])
    return _entered(token, settings, local_path(wanted))


@router.get("/login/oidc")
def login_elsewhere(
    database: Db, settings: AppSettings, now: Now, render: Render, next_: Annotated[str, Query(alias="next")] = ""
) -> Response:
    """Send the browser to the identity provider."""
    try:
        begun = oidc.start(database, settings, local_path(next_), now)
    except IdentityRefused as error:
        log.warning("%s", error)
        return _login(render, settings, next_, error)
    answer = RedirectResponse(begun.address, status.HTTP_303_SEE_OTHER)
    seconds = int(oidc.LASTS.total_seconds())
    answer.set_cookie(
        STATE, begun.state, max_age=seconds, path="/login", secure=settings.https, httponly=True, samesite="lax"
    )
    return answer


@router.get("/login/oidc/callback")
def come_back(
    database: Db,
    settings: AppSettings,
    now: Now,
    render: Render,
    browser: FromBrowser,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    remembered: Annotated[str, Cookie(alias=STATE)] = "",
) -> Response:
    """Sign in with what the identity provider says."""
    try:
        token, wanted = oidc.finish(database, settings, state, remembered, code, browser, now)
    except IdentityRefused as error:
        log.warning("%s", error)
        return _login(render, settings, "", error)
    answer = _entered(token, settings, wanted)
    answer.delete_cookie(STATE, path="/login", secure=settings.https, httponly=True, samesite="lax")
    return answer


@router.post("/logout", dependencies=[MayView])
def logout(database: Db, settings: AppSettings, now: Now, browser: FromBrowser) -> Response:
    """End this browser's session, and let it forget the pictures it has kept."""
    sign_in.sign_out(database, browser, now)
    answer = RedirectResponse("/login", status.HTTP_303_SEE_OTHER, {"Clear-Site-Data": '"cache"'})
    answer.delete_cookie(cookie_name(settings.https), secure=settings.https, httponly=True, samesite="lax")
    return answer


@router.get("/welcome/{link}")
def welcome_page(database: Db, now: Now, render: Render, link: Link) -> HTMLResponse:
    """Show whose one-time link this is; it is used up when its form is sent, not before."""
    try:
        user, purpose = sign_in.linked(database, link, now)
    except LoginRefused as error:
        page = render.page("welcome.html", active="login", user=None, purpose=None, fault="link-used")
        page.status_code = error.status
        return page
    return render.page("welcome.html", active="login", user=user, purpose=purpose, fault=None)


@router.post("/welcome/{link}")
def welcome(
    database: Db,
    settings: AppSettings,
    hasher: Hasher,
    now: Now,
    render: Render,
    browser: FromBrowser,
    form: FormFields,
    link: Link,
) -> Response:
    """Set the password that a link is for, and sign in."""
    fault, user, purpose = "link-used", None, None
    try:
        user, purpose = sign_in.linked(database, link, now)
        if form.get("password", "") != form.get("again", ""):
            raise AccountInvalid("password: the two are not the same")
        return _entered(sign_in.enter(database, hasher, link, form.get("password"), browser, now), settings, HOME)
    except AccountInvalid as error:
        fault = "password-differs" if "same" in str(error) else "password-weak"
    except LoginRefused:
        user, purpose = None, None
    page = render.page("welcome.html", active="login", user=user, purpose=purpose, fault=fault)
    page.status_code = 422 if user else 403
    return page


def _login(
    render: Renderer, settings: Settings, next_: str, error: Problem | None = None, login: str = ""
) -> HTMLResponse:
    elsewhere = settings.oidc_issuer is not None
    fault = error.name if error else None
    page = render.page("login.html", active="login", next=next_, fault=fault, login=login, elsewhere=elsewhere)
    page.status_code = error.status if error else status.HTTP_200_OK
    return page


def local_path(wanted: str) -> str:
    """Return a path of this service to go to; the first page for anything else."""
    fine = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if fine else HOME


def _entered(token: str, settings: Settings, path: str) -> RedirectResponse:
    answer = RedirectResponse(path, status.HTTP_303_SEE_OTHER)
    answer.set_cookie(
        cookie_name(settings.https),
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )
    return answer
