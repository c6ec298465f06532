"""The JSON of actors."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from api.actor import ActorKind


class ActorOut(BaseModel):
    """Who did something: a person, or the service itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    kind: ActorKind
