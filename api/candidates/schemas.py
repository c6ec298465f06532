"""The JSON of `/api/v1`: times RFC 3339 with offset, positions WGS-84, boxes half-open pixels."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from api.accounts.schemas import ActorOut
from api.candidates.conditions import Conditions
from api.candidates.repository import State, StoredCandidate
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.evidence.repository import EvidenceFile, EvidenceKind
from detector.places.place_evidence import FinderSummary
from detector.reason import Param, Reason
from detector.rules.ruling import Outcome
from detector.vision.detections import Box
from models.card import ModelVersion


def _seconds(value: object) -> object:
    return value.total_seconds() if isinstance(value, timedelta) else value


Seconds = Annotated[float, BeforeValidator(_seconds)]


class ReasonOut(BaseModel):
    """Why something is so: `code` and its `params` for programs, `text` for the reader, in their language.

    The name of a parameter says what it is: `*_s` seconds, `*_m` metres, `at` a time. The code `legacy` has nothing but
    the sentence of an early version.
    """

    code: str
    params: dict[str, Param]
    text: str

    @classmethod
    def of(cls, reason: Reason, text: str) -> Self:
        return cls(code=reason.code, params=dict(reason.params), text=text)


def evidence_path(candidate_id: UUID, kind: EvidenceKind, number: int = 0) -> str:
    """Return the path under which a picture of a candidate is served."""
    which = f"?number={number}" if number else ""
    return f"/api/v1/candidates/{candidate_id}/evidence/{kind}{which}"


class EvidenceOut(BaseModel):
    """One picture of the evidence; `number` tells those of one kind apart.

    `breach` was taken at or after the moment at which the rule was broken; `empty` is computed.
    """

    kind: EvidenceKind
    number: int
    url: str
    sha256: str
    captured_at: datetime | None
    width: int
    height: int

    @classmethod
    def of(cls, candidate_id: UUID, file: EvidenceFile, timed: bool = True) -> Self:
        return cls(
            kind=file.kind,
            number=file.number,
            url=evidence_path(candidate_id, file.kind, file.number),
            sha256=file.sha256,
            captured_at=file.captured_at if timed else None,
            width=file.width,
            height=file.height,
        )


class VerdictOut(BaseModel):
    """A verdict, and until when it can be taken back; `class` and `box` are what the reviewer corrected, else null."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: UUID
    candidate_id: UUID
    actor: ActorOut
    decision: Decision
    reason: RejectReason | None
    note: str
    decided_at: datetime
    undo_until: datetime
    class_name: str | None = Field(serialization_alias="class")
    box: Box | None

    @classmethod
    def of(cls, verdict: Verdict, undo_window: timedelta) -> Self:
        return cls(
            id=verdict.id,
            candidate_id=verdict.candidate_id,
            actor=ActorOut.model_validate(verdict.actor),
            decision=verdict.decision,
            reason=verdict.reason,
            note=verdict.note,
            decided_at=verdict.decided_at,
            undo_until=verdict.decided_at + undo_window,
            class_name=verdict.class_name,
            box=verdict.box,
        )


def _if_timed(at: datetime | None, info: ValidationInfo) -> datetime | None:
    return at if info.data.get("timed", True) else None


Moment = Annotated[datetime | None, AfterValidator(_if_timed)]
"""A time, null where the footage does not say when it was taken."""


class _Timed(BaseModel):
    """What has `Moment`s; `timed` is not shown: that they are null says it."""

    model_config = ConfigDict(from_attributes=True)

    timed: bool = Field(default=True, exclude=True)


class ProvenanceOut(_Timed):
    """What judged a candidate; null is what is not known.

    `rulebook_hash` is the SHA-256 by which `/api/v1/rulebooks` gives the rulebook, `camera_version` the version of the
    camera registry that brought the camera's configuration, `calibration` the SHA-256 of its control points,
    `file_sha256` that of the footage; `frame_at` is when the frame was taken that shows it best.
    """

    models: list[ModelVersion]
    rulebook_version: str
    rulebook_hash: str | None
    camera_version: int | None
    calibration: str | None
    file_sha256: str | None
    frame_at: Moment


class CandidateFacts(_Timed):
    """What is known of a candidate, for `/api/v1` and the case system alike.

    `dwell` in seconds, `ce90` in metres, `lat`/`lon`/`ce90` null where the position is unknown. `camera_id` or
    `survey_id` is what its pictures come from; both are null for a source that is not registered. Times are null where
    the footage does not say when it was taken.
    """

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, serialize_by_alias=True)

    class_name: str = Field(alias="class")
    source: str
    camera_id: str | None
    survey_id: UUID | None
    district: str | None
    ruling: Outcome = Field(validation_alias="outcome")
    code: str | None
    rule: str | None
    zone: str | None
    lat: float | None
    lon: float | None
    ce90: float | None
    box: Box
    confidence: float
    first_seen: Moment
    last_seen: Moment
    dwell: Seconds
    frames: int
    found_by: str


class CandidateCounts(BaseModel):
    """How many candidates of each state there are."""

    open: int
    confirmed: int
    rejected: int
    expired: int


class CandidateOut(CandidateFacts):
    """One candidate with its reasons, what judged it, what each finder said, its pictures and the verdict that counts.

    `finders`: in how many of the looks in which it was asked each saw the thing (`seen` of `looks`), its scores (0 to
    1), what they come to in log odds, and when it first and last saw it; empty where that was not recorded.

    `legal_review_expired` is the last day of the camera's legal review where the picture was taken after it: such a
    candidate can be rejected, not confirmed. Else null. `conditions` are those under which its pictures were taken.
    """

    id: UUID
    state: State
    created_at: datetime
    updated_at: datetime
    reasons: list[ReasonOut]
    provenance: ProvenanceOut
    finders: list[FinderSummary]
    conditions: Conditions | None
    evidence: list[EvidenceOut]
    verdict: VerdictOut | None
    legal_review_expired: date | None

    @classmethod
    def of(
        cls,
        item: StoredCandidate,
        files: tuple[EvidenceFile, ...],
        verdict: VerdictOut | None,
        expired: date | None,
        say: Callable[[Reason], str],
    ) -> Self:
        """Return a candidate with its reasons as `say` gives them."""
        return cls(
            **dict(CandidateFacts.model_validate(item)),
            id=item.id,
            state=item.state,
            created_at=item.created_at,
            updated_at=item.updated_at,
            reasons=[ReasonOut.of(reason, say(reason)) for reason in item.reasons],
            provenance=ProvenanceOut.model_validate(item),
            finders=list(item.finders),
            conditions=item.conditions,
            evidence=[EvidenceOut.of(item.id, file, item.timed) for file in files],
            verdict=verdict,
            legal_review_expired=expired,
        )
