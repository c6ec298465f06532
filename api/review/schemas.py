"""The JSON of verdicts as a reviewer sends them."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.actor import Actor
from api.candidates.verdicts import Correction, RejectReason
from api.pages.classes import CLASS_PATTERN
from api.review.deferrals import Deferral, DeferralKind

# PostgreSQL stores no NUL; other control characters have no business in a note either.
Note = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]


Edge = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class Confirm(BaseModel):
    """The violation is real: a case is opened.

    `class` and `box` (x1, y1, x2, y2 in pixels of the scene picture) say what it is and where, where the candidate has
    it wrong; training learns from them.
    """

    model_config = ConfigDict(extra="forbid")

    decision: Literal["confirmed"]
    reason: None = None
    note: Note = ""
    class_name: Annotated[str | None, Field(alias="class", pattern=CLASS_PATTERN)] = None
    box: tuple[Edge, Edge, Edge, Edge] | None = None

    @property
    def correction(self) -> Correction:
        """Return what the reviewer corrected."""
        return Correction(self.class_name, self.box)


class Reject(BaseModel):
    """It is none, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["rejected"]
    reason: RejectReason
    note: Note = ""

    @property
    def correction(self) -> Correction:
        """Return that nothing is corrected: what is none has no class and no box."""
        return Correction()


VerdictIn = Annotated[Confirm | Reject, Field(discriminator="decision")]


class ReviewLeaseOut(BaseModel):
    """Until when a candidate is kept for who looks at it, unless they renew it before."""

    expires_at: datetime


class Park(BaseModel):
    """Put off for some hours: nobody is shown it until then, unless they ask for what is parked."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["parked"]
    hours: Annotated[int, Field(ge=1, le=168)]
    note: Note = ""


class Escalate(BaseModel):
    """For a supervisor to decide."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["escalated"]
    note: Note = ""


DeferralIn = Annotated[Park | Escalate, Field(discriminator="kind")]


class DeferralOut(BaseModel):
    """How a candidate was put off; `until` where it was parked."""

    kind: DeferralKind
    until: datetime | None


def deferral_of(said: Park | Escalate, candidate_id: UUID, actor: Actor, now: datetime) -> Deferral:
    """Return what a reviewer asks for, as it is stored."""
    until = now + timedelta(hours=said.hours) if isinstance(said, Park) else None
    return Deferral(candidate_id, DeferralKind(said.kind), actor, said.note, now, until)
