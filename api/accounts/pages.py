"""The pages to sign in and out, and those that one-time links lead to."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, status
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts import sign_in
from api.accounts.dependencies import FormFields, FromBrowser, Hasher
from api.accounts.guard import cookie_name
from api.accounts.messages import ACCOUNT_FAULTS, ROLES
from api.accounts.sessions import LONGEST
from api.dependencies import AppSettings, Db, MayView, Now
from api.errors import AccountInvalid, LoginRefused, TooManyAttempts
from api.pages.base import Render
from api.pages.i18n import register_names
from api.settings import Settings

router = APIRouter(include_in_schema=False)
register_names("role", ROLES)
register_names("account_fault", ACCOUNT_FAULTS)
Link = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]
HOME: Final = "/review"


@router.get("/login")
def login_page(render: Render, settings: AppSettings, next_: Annotated[str, Query(alias="next")] = "") -> HTMLResponse:
    """Show the form to sign in."""
    return render.page("login.html", active="login", next=next_, fault=None, login="")


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
        page = render.page("login.html", active="login", next=wanted, fault=error.name, login=given[:64])
        page.status_code = error.status
        return page
    return _entered(token, settings, local_path(wanted))


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
