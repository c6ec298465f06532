"""Sessions and one-time links: opaque tokens of which only the hash is stored. Queries only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select, update

from api.accounts.tables import oidc_logins, one_time_links, sessions, users
from api.accounts.users import User, user_of

IDLE: Final = timedelta(hours=8)
"""Without a request for so long a session ends."""
LONGEST: Final = timedelta(hours=24)
"""So long after it began every session ends."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""A session's last use is written no more often than this: most requests only read."""
LINK_LASTS: Final = timedelta(hours=24)


class Purpose(StrEnum):
    """What a one-time link is for: to set a password, or to enter without one (the demo)."""

    PASSWORD = "password"  # noqa: S105  # the name of a purpose
    ENTER = "enter"


@dataclass(frozen=True, slots=True)
class UserSession:
    """One signed-in browser."""

    id: UUID
    user_id: UUID
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


def new_token() -> str:
    """Return 256 random bits as text that fits in a cookie and an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(connection: Connection, user_id: UUID, now: datetime, address: str, agent: str) -> str:
    """Begin a session, and return the token that only its browser gets to know."""
    token = new_token()
    connection.execute(
        insert(sessions).values(
            id=uuid4(),
            token=hash_of(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            address=address,
            agent=agent[:200],
        )
    )
    return token


def find(connection: Connection, token: str, now: datetime) -> tuple[UserSession, User] | None:
    """Return the session of this token and its user; None where it has ended, or the user may not sign in."""
    own = [sessions.c[name].label(f"session_{name}") for name in UserSession.__dataclass_fields__]
    query = (
        select(users, *own)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(
            sessions.c.token == hash_of(token),
            sessions.c.seen_at > now - IDLE,
            sessions.c.created_at > now - LONGEST,
            users.c.disabled_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return UserSession(*(row._mapping[column.name] for column in own)), user_of(row)


def touch(connection: Connection, session_id: UUID, now: datetime) -> None:
    """Record that a session is in use."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))


def of_user(connection: Connection, user_id: UUID, now: datetime) -> tuple[UserSession, ...]:
    """Return a user's sessions that have not ended, latest used first."""
    query = (
        select(*(sessions.c[name] for name in UserSession.__dataclass_fields__))
        .where(sessions.c.user_id == user_id, sessions.c.seen_at > now - IDLE, sessions.c.created_at > now - LONGEST)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id)
    )
    return tuple(UserSession(*row) for row in connection.execute(query))


def end(connection: Connection, token: str) -> bool:
    """End the session of this token; False where there is none."""
    return connection.execute(delete(sessions).where(sessions.c.token == hash_of(token))).rowcount == 1


def end_one(connection: Connection, user_id: UUID, session_id: UUID) -> bool:
    """End one session of a user; False where it is not theirs."""
    mine = (sessions.c.id == session_id, sessions.c.user_id == user_id)
    return connection.execute(delete(sessions).where(*mine)).rowcount == 1


def end_others(connection: Connection, user_id: UUID, kept: UUID) -> None:
    """End all sessions of a user but one."""
    connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id != kept))


def sweep(connection: Connection, now: datetime) -> None:
    """Remove what has ended."""
    connection.execute(delete(sessions).where(sessions.c.seen_at <= now - IDLE))
    connection.execute(delete(sessions).where(sessions.c.created_at <= now - LONGEST))
    connection.execute(delete(one_time_links).where(one_time_links.c.expires_at <= now))
    connection.execute(delete(oidc_logins).where(oidc_logins.c.expires_at <= now))


def add_link(connection: Connection, user_id: UUID, purpose: Purpose, now: datetime) -> str:
    """Return the token of a new one-time link; earlier ones of the user no longer work."""
    token = new_token()
    connection.execute(delete(one_time_links).where(one_time_links.c.user_id == user_id))
    row = {"token": hash_of(token), "user_id": user_id, "purpose": purpose, "expires_at": now + LINK_LASTS}
    connection.execute(insert(one_time_links).values(**row))
    return token


def find_link(connection: Connection, token: str, now: datetime) -> tuple[User, Purpose] | None:
    """Return whose link this is and what for; None where it was used or has expired. It is not used up by this."""
    query = (
        select(users, one_time_links.c.purpose)
        .join(one_time_links, one_time_links.c.user_id == users.c.id)
        .where(
            one_time_links.c.token == hash_of(token),
            one_time_links.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    return (user_of(row), Purpose(row.purpose)) if row else None


def use_link(connection: Connection, token: str) -> bool:
    """Use a link up; False where somebody was faster."""
    return connection.execute(delete(one_time_links).where(one_time_links.c.token == hash_of(token))).rowcount == 1
