"""`streetwarden users …`: who may sign in, and what each may do and see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import AsJson, print_error, print_json
from api.roles import Role

if TYPE_CHECKING:
    from api.accounts.users import Grant, User
    from api.db.database import Database
    from api.db.scope import Scope
    from api.settings import Settings

Login = Annotated[str, typer.Argument(help="What the user signs in with: small letters, digits and ._@-.")]
RoleOption = Annotated[Role, typer.Option(help="What they may do.")]
Districts = Annotated[
    list[str] | None, typer.Option("--district", help="A district that they see; again for more. All when absent.")
]
GradeOption = Annotated[int, typer.Option(min=1, max=3, help="The highest data grade that they see.")]

app = typer.Typer(help="Users: who may sign in.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="The person's name: it signs what they decide.")],
    role: RoleOption = Role.REVIEWER,
    district: Districts = None,
    grade: GradeOption = 2,
    as_json: AsJson = False,
) -> None:
    """Add a user, and print the one-time link by which they set their password.

    Example: streetwarden users add li.wei --name 'Li Wei' --role reviewer --district erqi
    """
    from api.accounts.service import add_user
    from api.clock import wall_clock

    with accounts() as (settings, database, scope):
        user, link = add_user(scope, database, login, name, grant_of(role, district, grade), wall_clock())
    _tell_link(settings, user.login, link, as_json)


@app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List the users with their roles, districts and grades.

    Example: streetwarden users list
    """
    from api.accounts import users

    with accounts() as (_, database, scope), database.read() as connection:
        found = users.listed(scope, connection)
    if not found:
        print_error("no users: add one with 'streetwarden users add', or start the service")
    for user in found:
        print_json(_record(user), _line(user), as_json)


@app.command()
def disable(login: Login) -> None:
    """Let a user in no more; their sessions end at once, what they decided stays.

    Example: streetwarden users disable li.wei
    """
    _switch(login, disabled=True)


@app.command()
def enable(login: Login) -> None:
    """Let a disabled user in again.

    Example: streetwarden users enable li.wei
    """
    _switch(login, disabled=False)


@app.command()
def reset(login: Login, as_json: AsJson = False) -> None:
    """End a user's password and sessions, and print a new one-time link.

    Example: streetwarden users reset li.wei
    """
    from api.accounts import service
    from api.clock import wall_clock

    with accounts() as (settings, database, scope):
        link = service.reset(scope, database, _named(database, login).id, wall_clock())
    _tell_link(settings, login, link, as_json)


@contextmanager
def accounts() -> Iterator[tuple[Settings, Database, Scope]]:
    """Open the database; what is done is signed by the account of the operating system."""
    from api.bootstrap import open_database
    from api.cli.options import operator_scope
    from api.settings import load_settings

    settings = load_settings()
    database = open_database(settings)
    try:
        yield settings, database, operator_scope()
    finally:
        database.close()


def grant_of(role: Role, districts: list[str] | None, grade: int) -> Grant:
    """Return what the options of a command line give."""
    from api.accounts.users import Grant

    return Grant(role, frozenset(districts) if districts else None, grade)


def grant_record(grant: Grant) -> dict[str, object]:
    """Return a grant for JSON output."""
    districts = None if grant.districts is None else sorted(grant.districts)
    return {"role": grant.role.value, "districts": districts, "grade": grant.grade}


def grant_line(grant: Grant) -> str:
    """Return a grant for a person to read."""
    where = "all districts" if grant.districts is None else ", ".join(sorted(grant.districts)) or "no district"
    return f"{grant.role.value}, {where}, grade {grant.grade}"


def _switch(login: str, *, disabled: bool) -> None:
    from api.accounts.service import set_disabled
    from api.clock import wall_clock

    with accounts() as (_, database, scope):
        set_disabled(scope, database, _named(database, login).id, wall_clock(), disabled=disabled)


def _named(database: Database, login: str) -> User:
    from api.accounts import users
    from api.errors import NotFound

    with database.read() as connection:
        user = users.by_login(connection, login)
    if user is None:
        raise NotFound(f"there is no user {login!r}; 'streetwarden users list' names them")
    return user


def _tell_link(settings: Settings, login: str, link: str, as_json: bool) -> None:
    address = f"{settings.base_url}/welcome/{link}"
    print_json({"login": login, "link": address}, f"{login} sets the password once, within a day: {address}", as_json)


def _record(user: User) -> dict[str, object]:
    state = "disabled" if user.disabled_at else "active" if user.password or user.oidc_subject else "invited"
    return {"login": user.login, "name": user.name, "state": state} | grant_record(user.grant)


def _line(user: User) -> str:
    return f"{user.login}  {user.name}  {grant_line(user.grant)}{'  (disabled)' if user.disabled_at else ''}"
