"""The JSON of verdicts as a reviewer sends them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.verdicts import RejectReason

# PostgreSQL stores no NUL; other control characters have no business in a note either.
Note = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]


class Confirm(BaseModel):
    """The violation is real: a case is opened."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["confirmed"]
    reason: None = None
    note: Note = ""


class Reject(BaseModel):
    """It is none, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["rejected"]
    reason: RejectReason
    note: Note = ""


VerdictIn = Annotated[Confirm | Reject, Field(discriminator="decision")]
