"""Users of the tests, signed in: a session is put into the database as a sign-in would, without the password."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from argon2 import PasswordHasher

from api.accounts import keys, sessions, users
from api.accounts.guard import cookie_name
from api.accounts.passwords import Passwords
from api.accounts.users import Grant, User
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.roles import Role

CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Hashes in no time: what a test of passwords gives the service."""
COOKIE = cookie_name(https=False)
ADMINISTRATOR = Grant(Role.ADMINISTRATOR, None, 3)


def a_user(login: str = "li.wei", name: str = "Li Wei", grant: Grant = ADMINISTRATOR, **fields: object) -> User:
    """A user, always of the same id for the same login."""
    known: dict[str, object] = {"password": None, "oidc_subject": None, "created_at": datetime.now(UTC)}
    values = known | fields
    return User(id=uuid5(NAMESPACE_URL, login), login=login, name=name, grant=grant, **values)  # type: ignore[arg-type]  # the test's


def sign_in(database: Database, user: User | None = None) -> str:
    """Store a user, by default Li Wei who may do everything, and return the token of a session of theirs."""
    user = user or a_user()
    with database.write() as connection:
        if users.by_login(connection, user.login) is None:
            users.add(connection, user)
        return sessions.begin(connection, user.id, datetime.now(UTC), "127.0.0.1", "tests")


def make_key(database: Database, grant: Grant = ADMINISTRATOR) -> str:
    """Make an API key for a machine."""
    with database.write() as connection:
        return keys.add(EVERYWHERE, connection, "tests", grant, datetime.now(UTC), timedelta(days=1))


def bearer(key: str) -> dict[str, str]:
    """Return the header that carries an API key."""
    return {"Authorization": f"Bearer {key}"}
