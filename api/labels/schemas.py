"""The JSON of labels: frames with what is proposed and drawn in them, and verdicts as labels; boxes in pixels."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.accounts.schemas import ActorOut
from api.candidates.verdicts import RejectReason
from api.labels.repository import LabelBox, LabelFrame, LabelSave
from api.labels.tables import FrameOrigin, FrameState
from api.labels.verdict_labels import LabelKind, VerdictLabel
from api.pages.classes import CLASS_PATTERN
from detector.vision.detections import Box
from models.card import ModelVersion

MOST_BOXES = 400

Edge = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class _Aliased(BaseModel):
    model_config = ConfigDict(from_attributes=True, populate_by_name=True, serialize_by_alias=True)


class LabelBoxIn(BaseModel):
    """One thing that was drawn: `box` is x1, y1, x2, y2 in pixels of the picture."""

    model_config = ConfigDict(extra="forbid")

    class_name: str = Field(alias="class", pattern=CLASS_PATTERN)
    box: tuple[Edge, Edge, Edge, Edge]

    @property
    def value(self) -> LabelBox:
        """Return it as the repository knows it."""
        return LabelBox(self.class_name, self.box)


class LabelsIn(BaseModel):
    """What is drawn on a frame, on top of which `version`; `complete` says that nothing is missing."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=0, le=2**31 - 1)
    complete: bool = False
    boxes: list[LabelBoxIn] = Field(max_length=MOST_BOXES)


class LabelBoxOut(_Aliased):
    """One thing that was drawn."""

    class_name: str = Field(alias="class")
    box: Box


class ProposedBoxOut(LabelBoxOut):
    """One thing that was proposed, by which finder or model; `verdict` is what a reviewer's verdict makes of it."""

    confidence: float
    by: str
    candidate_id: UUID | None
    verdict: LabelKind | None = None


class LabelFrameOut(_Aliased):
    """A frame to label. `boxes` is what was drawn last, in version `version`; nothing was drawn in version 0.

    `captured_at` is null where the footage does not say when it was taken.
    """

    id: UUID
    state: FrameState
    version: int
    source: str
    camera_id: str | None
    survey_id: UUID | None
    captured_at: datetime | None
    origin: FrameOrigin
    score: float
    sha256: str
    width: int
    height: int
    picture: str
    boxes: list[LabelBoxOut]
    saved_by: ActorOut | None
    saved_at: datetime | None
    proposals: list[ProposedBoxOut]

    @classmethod
    def of(cls, frame: LabelFrame, saved: LabelSave | None, proposals: list[ProposedBoxOut]) -> Self:
        return cls(
            id=frame.id,
            state=frame.state,
            version=frame.version,
            source=frame.source,
            camera_id=frame.camera_id,
            survey_id=frame.survey_id,
            captured_at=frame.captured_at if frame.timed else None,
            origin=frame.origin,
            score=frame.score,
            sha256=frame.sha256,
            width=frame.width,
            height=frame.height,
            picture=f"/api/v1/labels/frames/{frame.id}/picture",
            boxes=[LabelBoxOut.model_validate(one) for one in saved.boxes] if saved else [],
            saved_by=ActorOut.model_validate(saved.actor) if saved else None,
            saved_at=saved.saved_at if saved else None,
            proposals=proposals,
        )


class VerdictLabelOut(_Aliased):
    """A verdict as a label: what holds (`class`, `box`), what was proposed, by which models, in which picture.

    `kind`: `confirmed`; `corrected` (the reviewer gave another box or class); `present` (rejected, yet it is there: it
    has a permit, was reported before, or passes by); `negative` (rejected as none: a hard negative); `unsure` (the
    reason says nothing of the picture).
    """

    candidate_id: UUID
    verdict_id: UUID
    kind: LabelKind
    reason: RejectReason | None
    class_name: str = Field(alias="class")
    box: Box
    proposed_class: str
    proposed_box: Box
    models: list[ModelVersion]
    sha256: str
    width: int
    height: int
    source: str
    captured_at: datetime | None
    actor: ActorOut
    decided_at: datetime

    @classmethod
    def of(cls, label: VerdictLabel) -> Self:
        said, seen, scene = label.verdict, label.candidate, label.scene
        return cls(
            candidate_id=seen.id,
            verdict_id=said.id,
            kind=label.kind,
            reason=said.reason,
            class_name=label.class_name,
            box=label.box,
            proposed_class=seen.class_name,
            proposed_box=seen.box,
            models=list(seen.models),
            sha256=scene.sha256,
            width=scene.width,
            height=scene.height,
            source=seen.source,
            captured_at=seen.frame_at if seen.timed else None,
            actor=ActorOut.model_validate(said.actor),
            decided_at=said.decided_at,
        )


class BringIn(BaseModel):
    """Which candidate's scene is to be labelled."""

    model_config = ConfigDict(extra="forbid")

    candidate_id: UUID
