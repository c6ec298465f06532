"""The pages of users and API keys, for administrators."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, status
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.accounts import keys, service, users
from api.accounts.dependencies import FormFields
from api.accounts.users import Grant
from api.db.database import Database
from api.db.scope import Scope
from api.dependencies import AppSettings, CurrentScope, Db, MayManage, Now
from api.errors import AccountInvalid, NotFound
from api.pages.base import Render
from api.roles import Role

router = APIRouter(include_in_schema=False)
KEY_DAYS: Final = ("7", "30", "90", "366")


@router.get("/users", dependencies=[MayManage])
def users_page(scope: CurrentScope, database: Db, render: Render) -> HTMLResponse:
    """Show the users, and the form that adds one."""
    return _users(scope, database, render)


@router.post("/users", dependencies=[MayManage])
def add_user(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, render: Render, form: FormFields
) -> Response:
    """Add a user, and show the link by which they set their password: once, it is stored nowhere."""
    try:
        grant = _grant(form)
        user, link = service.add_user(scope, database, form.get("login", ""), form.get("name", ""), grant, now)
    except AccountInvalid as error:
        return _users(scope, database, render, fault=str(error), form=form)
    return _users(scope, database, render, invited=user.login, link=f"{settings.base_url}/welcome/{link}")


@router.get("/users/{user_id}", dependencies=[MayManage])
def user_page(scope: CurrentScope, database: Db, render: Render, user_id: UUID) -> HTMLResponse:
    """Show one user, and what can be changed of them."""
    return _user(scope, database, render, user_id)


@router.post("/users/{user_id}", dependencies=[MayManage])
def change_user(
    scope: CurrentScope, database: Db, now: Now, render: Render, form: FormFields, user_id: UUID
) -> Response:
    """Change what a user may do and see, then show them."""
    try:
        service.change_grant(scope, database, user_id, _grant(form), now)
    except AccountInvalid as error:
        return _user(scope, database, render, user_id, fault=str(error))
    return RedirectResponse(f"/users/{user_id}", status.HTTP_303_SEE_OTHER)


@router.post("/users/{user_id}/reset", dependencies=[MayManage])
def reset_user(
    scope: CurrentScope, database: Db, settings: AppSettings, now: Now, render: Render, user_id: UUID
) -> HTMLResponse:
    """End a user's password and sessions, and show the new link."""
    link = service.reset(scope, database, user_id, now)
    return _user(scope, database, render, user_id, link=f"{settings.base_url}/welcome/{link}")


@router.post("/users/{user_id}/disable", dependencies=[MayManage])
def disable_user(scope: CurrentScope, database: Db, now: Now, render: Render, user_id: UUID) -> Response:
    """Let a user in no more, then show them."""
    return _switch(scope, database, now, render, user_id, disabled=True)


@router.post("/users/{user_id}/enable", dependencies=[MayManage])
def enable_user(scope: CurrentScope, database: Db, now: Now, render: Render, user_id: UUID) -> Response:
    """Let a user in again, then show them."""
    return _switch(scope, database, now, render, user_id, disabled=False)


@router.get("/keys", dependencies=[MayManage])
def keys_page(scope: CurrentScope, database: Db, now: Now, render: Render) -> HTMLResponse:
    """Show the API keys, and the form that makes one."""
    return _keys(scope, database, now, render)


@router.post("/keys", dependencies=[MayManage])
def add_key(scope: CurrentScope, database: Db, now: Now, render: Render, form: FormFields) -> HTMLResponse:
    """Make an API key, and show it: once, it is stored nowhere."""
    try:
        days = form.get("days", "")
        if days not in KEY_DAYS:
            raise AccountInvalid("days: one of those that are offered")
        key = service.add_key(scope, database, form.get("name", ""), _grant(form), now, timedelta(days=int(days)))
    except AccountInvalid as error:
        return _keys(scope, database, now, render, fault=str(error), form=form)
    return _keys(scope, database, now, render, key=key)


@router.post("/keys/{key_id}/revoke", dependencies=[MayManage])
def revoke_key(scope: CurrentScope, database: Db, now: Now, key_id: UUID) -> RedirectResponse:
    """End an API key, then show those that there are."""
    service.revoke_key(scope, database, key_id, now)
    return RedirectResponse("/keys", status.HTTP_303_SEE_OTHER)


def _grant(form: dict[str, str]) -> Grant:
    """Return what a form gives; no district named means all of them. Raises AccountInvalid."""
    try:
        role, grade = Role(form.get("role", "")), int(form.get("grade", ""))
    except ValueError as error:
        raise AccountInvalid("role and grade: one of those that are offered") from error
    named = form.get("districts", "").replace("，", ",").replace("、", ",").split(",")
    districts = frozenset(part.strip() for part in named if part.strip())
    return Grant(role, districts or None, grade)


def _users(
    scope: Scope,
    database: Database,
    render: Render,
    *,
    fault: str | None = None,
    form: dict[str, str] | None = None,
    invited: str | None = None,
    link: str | None = None,
) -> HTMLResponse:
    with database.read() as connection:
        found = users.listed(scope, connection)
    shown = {"users": found, "roles": tuple(Role), "form": form or {}}
    page = render.page("users.html", active="users", fault=fault, invited=invited, link=link, **shown)
    page.status_code = 422 if fault else 200
    return page


def _user(
    scope: Scope,
    database: Database,
    render: Render,
    user_id: UUID,
    *,
    fault: str | None = None,
    link: str | None = None,
) -> HTMLResponse:
    with database.write() as connection:  # `find` locks
        user = users.find(scope, connection, user_id)
    if user is None:
        raise NotFound("there is no such user")
    page = render.page("user.html", active="users", user=user, roles=tuple(Role), fault=fault, link=link)
    page.status_code = 422 if fault else 200
    return page


def _switch(scope: Scope, database: Database, now: Now, render: Render, user_id: UUID, *, disabled: bool) -> Response:
    try:
        service.set_disabled(scope, database, user_id, now, disabled=disabled)
    except AccountInvalid as error:
        return _user(scope, database, render, user_id, fault=str(error))
    return RedirectResponse(f"/users/{user_id}", status.HTTP_303_SEE_OTHER)


def _keys(
    scope: Scope,
    database: Database,
    now: Now,
    render: Render,
    *,
    fault: str | None = None,
    form: dict[str, str] | None = None,
    key: str | None = None,
) -> HTMLResponse:
    with database.read() as connection:
        found = keys.listed(scope, connection)
    shown = {"keys": found, "roles": tuple(Role), "days": KEY_DAYS, "form": form or {}, "now": now}
    page = render.page("keys.html", active="users", fault=fault, key=key, **shown)
    page.status_code = 422 if fault else 200
    return page
