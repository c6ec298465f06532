"""Actors: who changed something, a person or the service itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from uuid import UUID, uuid5

from sqlalchemy import Connection, select

from api.accounts.tables import actors
from api.db.inserts import insert_new

_NAMES: Final = UUID("6d1d6b1e-6a0e-5c39-9a63-0f7a0d6a4b1f")  # never changes: ids of actors are made from it


class ActorKind(StrEnum):
    """A person, or a program that acts by itself."""

    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program that changes something."""

    id: UUID
    name: str
    kind: ActorKind

    @classmethod
    def of(cls, name: str, kind: ActorKind) -> Self:
        """Return the actor of this name; the same name is the same actor, in every process."""
        return cls(uuid5(_NAMES, f"{kind.value} {name}"), name, kind)

    @classmethod
    def person(cls, name: str) -> Self:
        """Return the person of this name."""
        return cls.of(name, ActorKind.PERSON)

    @classmethod
    def service(cls, name: str = "streetwarden") -> Self:
        """Return the program of this name."""
        return cls.of(name, ActorKind.SERVICE)


def keep(connection: Connection, actor: Actor) -> UUID:
    """Return the id of an actor, who is stored from now on."""
    insert_new(connection, actors, [{"id": actor.id, "name": actor.name, "kind": actor.kind}], ["id"])
    return actor.id


def by_id(connection: Connection, ids: Iterable[UUID | None]) -> dict[UUID, Actor]:
    """Return the actors with these ids."""
    wanted = {one for one in ids if one is not None}
    found = connection.execute(select(actors).where(actors.c.id.in_(wanted)))
    return {row.id: Actor(row.id, row.name, ActorKind(row.kind)) for row in found}
