"""The JSON of verdicts as a reviewer sends them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.verdicts import Correction, RejectReason
from api.pages.classes import CLASS_PATTERN

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
