"""API keys of machines: of each only the hash, and what it begins with. Queries only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, insert, select, update

from api.accounts import repository as actors
from api.accounts.sessions import hash_of, new_token
from api.accounts.tables import api_keys
from api.accounts.users import Grant, columns_of, grant_of
from api.actor import Actor, ActorKind
from api.db.scope import Scope

PREFIX: Final = "sw_"  # so that scanners for leaked secrets find keys
SHOWN: Final = 8  # letters of a key that lists show
USED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key; `prefix` is what may be shown of it."""

    id: UUID
    name: str
    prefix: str
    grant: Grant
    created_by: UUID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def scope(self, address: str = "") -> Scope:
        """Return what this key may do and see."""
        actor = Actor(self.id, self.name, ActorKind.SERVICE)
        return Scope(self.grant.districts, self.grant.grade, self.grant.role, actor, address)


def add(scope: Scope, connection: Connection, name: str, grant: Grant, now: datetime, lasts: timedelta) -> str:
    """Make a key, and return it: it is shown once and never again."""
    key = PREFIX + new_token()
    connection.execute(
        insert(api_keys).values(
            id=uuid4(),
            name=name,
            prefix=shown(key),
            secret=hash_of(key),
            created_by=actors.keep(connection, scope.actor),
            created_at=now,
            expires_at=now + lasts,
            **columns_of(grant),
        )
    )
    return key


def shown(key: str) -> str:
    """Return what of a key may be shown."""
    return key[: len(PREFIX) + SHOWN]


def by_secret(connection: Connection, key: str, now: datetime) -> ApiKey | None:
    """Return a key that still holds, by its text."""
    holds = (api_keys.c.secret == hash_of(key), api_keys.c.revoked_at.is_(None), api_keys.c.expires_at > now)
    row = connection.execute(select(api_keys).where(*holds)).one_or_none()
    return _from_row(row) if row else None


def touch(connection: Connection, key_id: UUID, now: datetime) -> None:
    """Record that a key is in use."""
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(used_at=now))


def listed(scope: Scope, connection: Connection) -> tuple[ApiKey, ...]:
    """Return the keys that see no more than the scope, latest first."""
    query = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    found = (_from_row(row) for row in connection.execute(query))
    return tuple(key for key in found if scope.covers(key.scope()))


def revoke(scope: Scope, connection: Connection, key_id: UUID, now: datetime) -> ApiKey | None:
    """End a key for good, and return it; None where the scope sees none."""
    row = connection.execute(select(api_keys).where(api_keys.c.id == key_id).with_for_update()).one_or_none()
    key = _from_row(row) if row else None
    if key is None or not scope.covers(key.scope()):
        return None
    still = (api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    connection.execute(update(api_keys).where(*still).values(revoked_at=now))
    return key


def _from_row(row: Row[tuple[object, ...]]) -> ApiKey:
    values = row._mapping
    own = {name: values[name] for name in ApiKey.__dataclass_fields__ if name != "grant"}
    return ApiKey(grant=grant_of(row), **own)
