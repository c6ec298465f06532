"""Actors as they are stored: who changed something, a person or the service itself."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from api.accounts.tables import actors
from api.actor import Actor, ActorKind
from api.db.inserts import insert_new


def keep(connection: Connection, actor: Actor) -> UUID:
    """Return the id of an actor, who is stored from now on."""
    insert_new(connection, actors, [{"id": actor.id, "name": actor.name, "kind": actor.kind}], ["id"])
    return actor.id


def by_id(connection: Connection, ids: Iterable[UUID | None]) -> dict[UUID, Actor]:
    """Return the actors with these ids."""
    wanted = {one for one in ids if one is not None}
    found = connection.execute(select(actors).where(actors.c.id.in_(wanted)))
    return {row.id: Actor(row.id, row.name, ActorKind(row.kind)) for row in found}
