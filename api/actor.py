"""Who changes something: a person, or a program that acts by itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from uuid import UUID, uuid5

_NAMES: Final = UUID("6d1d6b1e-6a0e-5c39-9a63-0f7a0d6a4b1f")  # never changes: ids of actors are made from it


class ActorKind(StrEnum):
    """A person, or a program that acts by itself."""

    PERSON = "person"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program that changes something. Of a user and of an API key the id is theirs, whatever the name."""

    id: UUID
    name: str
    kind: ActorKind

    @classmethod
    def of(cls, name: str, kind: ActorKind) -> Self:
        """Return the actor of this name that has no account; the same name is the same actor, in every process."""
        return cls(uuid5(_NAMES, f"{kind.value} {name}"), name, kind)

    @classmethod
    def person(cls, name: str) -> Self:
        """Return the person of this name."""
        return cls.of(name, ActorKind.PERSON)

    @classmethod
    def service(cls, name: str = "streetwarden") -> Self:
        """Return the program of this name."""
        return cls.of(name, ActorKind.SERVICE)
