"""The page of one's own account: password and sessions."""

from uuid import UUID

from fastapi import APIRouter, status
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts import service, sessions
from api.accounts.dependencies import FormFields, Hasher
from api.db.database import Database
from api.dependencies import CurrentPrincipal, Db, MayView, Now, Principal
from api.errors import AccountInvalid, LoginRefused, NotFound
from api.pages.base import Render

router = APIRouter(include_in_schema=False)


@router.get("/account")
def account_page(principal: CurrentPrincipal, database: Db, now: Now, render: Render) -> HTMLResponse:
    """Show who one is, what one may do, and where one is signed in."""
    return _account(principal, database, now, render)


@router.post("/account/password", dependencies=[MayView])
def change_password(
    principal: CurrentPrincipal, database: Db, hasher: Hasher, now: Now, render: Render, form: FormFields
) -> Response:
    """Change one's own password; one's other sessions end."""
    try:
        if form.get("password", "") != form.get("again", ""):
            return _account(principal, database, now, render, "password-differs")
        session_id = _session(principal)
        old, new = form.get("old", ""), form.get("password", "")
        service.change_password(principal.scope, database, hasher, session_id, old, new)
    except LoginRefused:
        return _account(principal, database, now, render, "password-wrong")
    except AccountInvalid:
        return _account(principal, database, now, render, "password-weak")
    return _account(principal, database, now, render, done=True)


@router.post("/account/sessions/{session_id}/end", dependencies=[MayView])
def end_session(principal: CurrentPrincipal, database: Db, session_id: UUID) -> RedirectResponse:
    """End one of one's own sessions."""
    service.end_session(principal.scope, database, session_id)
    return RedirectResponse("/account", status.HTTP_303_SEE_OTHER)


def _session(principal: Principal) -> UUID:
    if principal.session_id is None:
        raise NotFound("an API key has no password and no sessions")
    return principal.session_id


def _account(
    principal: Principal, database: Database, now: Now, render: Render, fault: str | None = None, *, done: bool = False
) -> HTMLResponse:
    own = _session(principal)
    with database.read() as connection:
        found = sessions.of_user(connection, principal.scope.actor.id, now)
    page = render.page("account.html", active="account", sessions=found, own=own, fault=fault, done=done)
    page.status_code = 422 if fault else 200
    return page
