"""What is done to accounts: users are made and changed, sign in and out; keys are made and revoked."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.accounts import keys, sessions, users
from api.accounts.passwords import Passwords
from api.accounts.sessions import Purpose
from api.accounts.users import Grant, User
from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Detail
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.errors import AccountInvalid, LoginRefused, NotFound
from api.roles import Role

LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
FIRST: Final = "admin"
LONGEST_KEY: Final = timedelta(days=366)


def first_link(database: Database, now: datetime) -> str | None:
    """Return a one-time link's token for the first administrator while nobody can sign in; None afterwards."""
    with database.write() as connection:
        if users.count(connection) == 0:
            users.add(connection, new_user(FIRST, "Administrator", Grant(Role.ADMINISTRATOR, None, 3), now))
        first = users.by_login(connection, FIRST)
        if first is None or first.password is not None or users.count(connection) > 1 or first.disabled_at is not None:
            return None
        return sessions.add_link(connection, first.id, Purpose.PASSWORD, now)


def new_user(login: str, name: str, grant: Grant, now: datetime) -> User:
    """Return a user who has no password yet. Raises AccountInvalid."""
    if not LOGIN.fullmatch(login):
        raise AccountInvalid("login: use small letters, digits and ._@-, at most 64, and begin with a letter or digit")
    return User(uuid4(), login, _shown(name, "name"), None, None, _checked(grant), now)


def add_user(scope: Scope, database: Database, login: str, name: str, grant: Grant, now: datetime) -> tuple[User, str]:
    """Store a user, and return them with the token of the one-time link that sets the password.

    Raises AccountInvalid where the login is taken, or the grant is more than the scope has.
    """
    user = new_user(login, name, grant, now)
    _within(scope, grant)
    try:
        with database.write() as connection:
            users.add(connection, user)
            link = sessions.add_link(connection, user.id, Purpose.PASSWORD, now)
            told = {"login": user.login} | _told(grant)
            audit.record(scope, connection, Act.USER_ADDED, user.id, now, after=told, details=told)
    except IntegrityError as error:
        raise AccountInvalid(f"login: {login!r} is taken") from error
    return user, link


def change_grant(scope: Scope, database: Database, user_id: UUID, grant: Grant, now: datetime) -> None:
    """Replace what a user may do and see; it counts at once. Raises NotFound or AccountInvalid."""
    _within(scope, _checked(grant))
    with database.write() as connection:
        user = _other(scope, connection, user_id)
        users.set_grant(connection, user.id, grant)
        before, after = _told(user.grant), _told(grant)
        audit.record(scope, connection, Act.USER_CHANGED, user.id, now, before=before, after=after, details=after)


def reset(scope: Scope, database: Database, user_id: UUID, now: datetime) -> str:
    """End a user's sessions and password, and return the token of a new one-time link. Raises NotFound."""
    with database.write() as connection:
        user = _known(users.find(scope, connection, user_id))
        users.set_password(connection, user.id, None)
        users.forget(connection, user.id)
        link = sessions.add_link(connection, user.id, Purpose.PASSWORD, now)
        audit.record(scope, connection, Act.USER_RESET, user.id, now, details={"login": user.login})
        return link


def set_disabled(scope: Scope, database: Database, user_id: UUID, now: datetime, *, disabled: bool) -> None:
    """Let a user in no more (their sessions end at once), or in again. Raises NotFound or AccountInvalid."""
    with database.write() as connection:
        user = _other(scope, connection, user_id)
        users.disable(connection, user.id, now if disabled else None)
        act = Act.USER_DISABLED if disabled else Act.USER_ENABLED
        audit.record(scope, connection, act, user.id, now, details={"login": user.login})


def change_password(
    scope: Scope, database: Database, passwords: Passwords, session_id: UUID, old: str, new: str
) -> None:
    """Replace one's own password; all other sessions end. Raises LoginRefused or AccountInvalid."""
    with database.read() as connection:
        user = _known(users.find(scope, connection, scope.actor.id))
    if not passwords.verify(user.password, old):
        raise LoginRefused("the password so far is another")
    hashed = passwords.hash(new, user.login)
    with database.write() as connection:
        users.set_password(connection, user.id, hashed)
        sessions.end_others(connection, user.id, session_id)
        audit.record(scope, connection, Act.PASSWORD_CHANGED, user.id)


def end_session(scope: Scope, database: Database, session_id: UUID) -> None:
    """End one of one's own sessions. Raises NotFound."""
    with database.write() as connection:
        if not sessions.end_one(connection, scope.actor.id, session_id):
            raise NotFound(f"there is no session {session_id}")
        audit.record(scope, connection, Act.SESSION_ENDED, session_id)


def add_key(scope: Scope, database: Database, name: str, grant: Grant, now: datetime, lasts: timedelta) -> str:
    """Make an API key and return it; it is never shown again. Raises AccountInvalid."""
    if not timedelta(0) < lasts <= LONGEST_KEY:
        raise AccountInvalid("expires: a key lasts at most a year")
    _within(scope, _checked(grant))
    with database.write() as connection:
        key = keys.add(scope, connection, _shown(name, "name"), grant, now, lasts)
        told: dict[str, Detail] = {"name": name[:100], "days": lasts.days, **_told(grant)}
        audit.record(scope, connection, Act.KEY_ADDED, keys.shown(key), now, after=told, details=told)
        return key


def revoke_key(scope: Scope, database: Database, key_id: UUID, now: datetime) -> None:
    """End an API key. Raises NotFound."""
    with database.write() as connection:
        key = keys.revoke(scope, connection, key_id, now)
        if key is None:
            raise NotFound(f"there is no key {key_id}")
        audit.record(scope, connection, Act.KEY_REVOKED, key.prefix, now, details={"name": key.name})


def _told(grant: Grant) -> dict[str, Detail]:
    """Return a grant as the audit log keeps it."""
    districts = "all" if grant.districts is None else ", ".join(sorted(grant.districts))
    return {"role": grant.role.value, "districts": districts, "grade": grant.grade}


def _within(scope: Scope, grant: Grant) -> None:
    wanted = replace(EVERYWHERE, districts=grant.districts, grade=grant.grade)
    if not scope.covers(wanted):
        raise AccountInvalid("districts and grade: nobody can give more than they have")


def _other(scope: Scope, connection: Connection, user_id: UUID) -> User:
    if user_id == scope.actor.id:
        raise AccountInvalid("user: somebody else must change your own account")
    return _known(users.find(scope, connection, user_id))


def _known(user: User | None) -> User:
    if user is None:
        raise NotFound("there is no such user")
    return user


def _checked(grant: Grant) -> Grant:
    if grant.grade not in (1, 2, 3):
        raise AccountInvalid("grade: one of 1, 2 and 3")
    for district in grant.districts or ():
        _shown(district, "districts")
    return grant


def _shown(text: str, field: str) -> str:
    """Return a text without spaces around it. Raises AccountInvalid where it is empty, long or cannot be shown."""
    shown = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(shown) <= 100 or any(unicodedata.category(letter).startswith("C") for letter in shown):
        raise AccountInvalid(f"{field}: use 1 to 100 characters that can be read")
    return shown
