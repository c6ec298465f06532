"""Signing in and out. Whoever signs in has no scope yet: what they send is judged here and nowhere else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.accounts import attempts, sessions, users
from api.accounts.passwords import Passwords
from api.accounts.sessions import Purpose
from api.accounts.users import User
from api.audit import repository as audit
from api.audit.acts import Act
from api.db.database import Database
from api.db.scope import Scope
from api.errors import LoginRefused, TooManyAttempts

LONGEST_LOGIN: Final = 64


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from; `session` is the token of the session so far, which ends with it."""

    address: str
    agent: str
    session: str | None = None


def sign_in(
    database: Database, passwords: Passwords, login: str, password: str, browser: Browser, now: datetime
) -> str:
    """Return the token of a new session. Raises LoginRefused or TooManyAttempts."""
    login = login.strip().lower()[:LONGEST_LOGIN]
    with database.write() as connection:
        attempt = attempts.begin(connection, login, browser.address, now)
        user = users.by_login(connection, login)
    if attempt is None:
        raise TooManyAttempts("too many attempts failed; try again in 15 minutes")
    fits = passwords.verify(user.password if user else None, password)  # outside: it takes a third of a second
    with database.write() as connection:
        user = users.by_login(connection, login)  # again: they may have been disabled meanwhile
        if user is not None and fits and user.disabled_at is None:
            attempts.succeeded(connection, attempt)
            return begin_session(connection, user, browser, now)
        audit.record(Scope(address=browser.address), connection, Act.LOGIN_REFUSED, _shown(login), now)
    raise LoginRefused("login and password do not belong together")


def linked(database: Database, link: str, now: datetime) -> tuple[User, Purpose]:
    """Return whose one-time link this is, and what for. Raises LoginRefused."""
    with database.read() as connection:
        found = sessions.find_link(connection, link, now)
    if found is None:
        raise LoginRefused("this link was used already, or has expired; ask your administrator for a new one")
    return found


def enter(
    database: Database, passwords: Passwords, link: str, password: str | None, browser: Browser, now: datetime
) -> str:
    """Use a one-time link: set the password where it is for that; the token of a new session.

    Raises LoginRefused or AccountInvalid; the link then can still be used.
    """
    user, purpose = linked(database, link, now)
    hashed = passwords.hash(password or "", user.login) if purpose is Purpose.PASSWORD else None
    with database.write() as connection:
        if not sessions.use_link(connection, link):
            raise LoginRefused("this link was used a moment ago")
        if hashed is not None:
            users.set_password(connection, user.id, hashed)
            users.forget(connection, user.id)
        return begin_session(connection, user, browser, now)


def begin_session(connection: Connection, user: User, browser: Browser, now: datetime) -> str:
    """Begin a session with a token of its own; whatever the browser brought along ends."""
    sessions.sweep(connection, now)
    if browser.session is not None:
        sessions.end(connection, browser.session)
    token = sessions.begin(connection, user.id, now, browser.address, browser.agent)
    audit.record(user.scope(browser.address), connection, Act.LOGIN, user.id, now, details={"login": user.login})
    return token


def sign_out(database: Database, browser: Browser, now: datetime) -> None:
    """End the session of this browser."""
    with database.write() as connection:
        found = sessions.find(connection, browser.session, now) if browser.session is not None else None
        if found is not None and browser.session is not None:
            sessions.end(connection, browser.session)
            audit.record(found[1].scope(browser.address), connection, Act.LOGOUT, found[1].id, now)


def _shown(login: str) -> str:
    """Return what was typed as a login, without what cannot be shown."""
    return "".join(letter for letter in login if letter.isprintable())
