"""Users: who may sign in, and what each may do and see. Queries only."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from api.accounts.tables import one_time_links, sessions, users
from api.actor import Actor, ActorKind
from api.db.scope import Scope
from api.roles import Role


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user or an API key may do and see; `districts` None means every district."""

    role: Role
    districts: frozenset[str] | None = None
    grade: int = 2


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; `password` is the Argon2 hash, None until the one-time link was used."""

    id: UUID
    login: str
    name: str
    password: str | None
    oidc_subject: str | None
    grant: Grant
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """Return who signs what this user does."""
        return Actor(self.id, self.name, ActorKind.PERSON)

    def scope(self, address: str = "") -> Scope:
        """Return what this user may do and see."""
        return Scope(self.grant.districts, self.grant.grade, self.grant.role, self.actor, address)


def add(connection: Connection, user: User) -> None:
    """Store a user. Raises IntegrityError where the login is taken."""
    connection.execute(
        insert(users).values(
            id=user.id,
            login=user.login,
            name=user.name,
            password=user.password,
            oidc_subject=user.oidc_subject,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
            **columns_of(user.grant),
        )
    )


def columns_of(grant: Grant) -> dict[str, object]:
    """Return a grant as the columns that hold it."""
    districts = None if grant.districts is None else sorted(grant.districts)
    return {"role": grant.role, "districts": districts, "grade": grant.grade}


def grant_of(row: Row[tuple[object, ...]]) -> Grant:
    """Return the grant that a row holds."""
    values = row._mapping
    districts = None if values["districts"] is None else frozenset(values["districts"])
    return Grant(Role(values["role"]), districts, int(values["grade"]))


def count(connection: Connection) -> int:
    """Return how many users there are, disabled ones too."""
    return int(connection.execute(select(func.count()).select_from(users)).scalar_one())


def listed(scope: Scope, connection: Connection) -> tuple[User, ...]:
    """Return the users that see no more than the scope, by login."""
    found = (user_of(row) for row in connection.execute(select(users).order_by(users.c.login)))
    return tuple(user for user in found if scope.covers(user.scope()))


def find(scope: Scope, connection: Connection, user_id: UUID) -> User | None:
    """Return the user with this id, if they see no more than the scope; locked until the transaction ends."""
    row = connection.execute(select(users).where(users.c.id == user_id).with_for_update()).one_or_none()
    user = user_of(row) if row else None
    return user if user is not None and scope.covers(user.scope()) else None


def by_login(connection: Connection, login: str) -> User | None:
    """Return the user of this login, disabled or not."""
    row = connection.execute(select(users).where(users.c.login == login)).one_or_none()
    return user_of(row) if row else None


def by_subject(connection: Connection, subject: str) -> User | None:
    """Return the user of this subject of the identity provider."""
    row = connection.execute(select(users).where(users.c.oidc_subject == subject)).one_or_none()
    return user_of(row) if row else None


def set_password(connection: Connection, user_id: UUID, password: str | None) -> None:
    """Replace the password's hash; None lets nobody in until a one-time link is used."""
    connection.execute(update(users).where(users.c.id == user_id).values(password=password))


def set_subject(connection: Connection, user_id: UUID, subject: str) -> None:
    """Record which subject of the identity provider a user is."""
    connection.execute(update(users).where(users.c.id == user_id).values(oidc_subject=subject))


def set_grant(connection: Connection, user_id: UUID, grant: Grant) -> None:
    """Replace what a user may do and see; it counts from their next request on."""
    connection.execute(update(users).where(users.c.id == user_id).values(**columns_of(grant)))


def disable(connection: Connection, user_id: UUID, now: datetime | None) -> None:
    """Let a user sign in no more, and end all that is open of theirs; None lets them in again."""
    connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=now))
    forget(connection, user_id)


def forget(connection: Connection, user_id: UUID) -> None:
    """End a user's sessions and one-time links."""
    connection.execute(sessions.delete().where(sessions.c.user_id == user_id))
    connection.execute(one_time_links.delete().where(one_time_links.c.user_id == user_id))


def user_of(row: Row[tuple[object, ...]]) -> User:
    """Return the user that a row holds."""
    values = row._mapping
    return User(
        id=values["id"],
        login=values["login"],
        name=values["name"],
        password=values["password"],
        oidc_subject=values["oidc_subject"],
        grant=grant_of(row),
        created_at=values["created_at"],
        disabled_at=values["disabled_at"],
    )
