"""The JSON of `/api/v1`: times RFC 3339 with offset, positions WGS-84, boxes half-open pixels."""

from datetime import datetime, timedelta
from typing import Annotated, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.cases.body import CaseBody
from api.store.candidates import State, StoredCandidate
from api.store.cases import Case
from api.store.evidence import EvidenceFile, Kind
from api.store.outbox import Delivery, DeliveryState
from api.store.paging import Page
from api.store.verdicts import Decision, RejectReason, Verdict
from detector.detections import Box
from detector.rulings import Outcome

T = TypeVar("T", bound=BaseModel)
S = TypeVar("S")
# PostgreSQL stores no NUL; other control characters have no business in a note either.
Note = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]


class Listing(BaseModel, Generic[T]):
    """One page of a list: `next` is the cursor of the following page, null on the last; `total` counts all pages."""

    items: list[T]
    total: int
    next: str | None


class EvidenceOut(BaseModel):
    """One picture of the evidence."""

    kind: Kind
    url: str
    sha256: str
    captured_at: datetime | None
    width: int
    height: int

    @classmethod
    def of(cls, candidate_id: UUID, file: EvidenceFile, timed: bool = True) -> Self:
        return cls(
            kind=file.kind,
            url=f"/api/v1/candidates/{candidate_id}/evidence/{file.kind}",
            sha256=file.sha256,
            captured_at=file.captured_at if timed else None,
            width=file.width,
            height=file.height,
        )


class VerdictOut(BaseModel):
    """What a reviewer said, and until when it can be taken back."""

    id: UUID
    candidate_id: UUID
    reviewer: str
    decision: Decision
    reason: RejectReason | None
    note: str
    decided_at: datetime
    undo_until: datetime

    @classmethod
    def of(cls, verdict: Verdict, undo_window: timedelta) -> Self:
        return cls(
            id=verdict.id,
            candidate_id=verdict.candidate_id,
            reviewer=verdict.reviewer,
            decision=verdict.decision,
            reason=verdict.reason,
            note=verdict.note,
            decided_at=verdict.decided_at,
            undo_until=verdict.decided_at + undo_window,
        )


class CandidateOut(BaseModel):
    """One candidate; `dwell` in seconds, `ce90` in metres, `lat`/`lon`/`ce90` null where the position is unknown.

    Times are null where the footage does not say when it was taken.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: UUID
    state: State
    class_name: str = Field(alias="class")
    source: str
    ruling: Outcome
    reasons: list[str]
    reasons_zh: list[str]
    code: str | None
    rule: str | None
    zone: str | None
    rulebook_version: str
    lat: float | None
    lon: float | None
    ce90: float | None
    box: Box
    confidence: float
    first_seen: datetime | None
    last_seen: datetime | None
    dwell: float
    frames: int
    found_by: str
    models: list[str]
    created_at: datetime
    updated_at: datetime
    evidence: list[EvidenceOut]
    verdict: VerdictOut | None

    @classmethod
    def of(cls, item: StoredCandidate, files: tuple[EvidenceFile, ...], verdict: VerdictOut | None) -> Self:
        return cls(
            id=item.id,
            state=item.state,
            class_name=item.class_name,
            source=item.source,
            ruling=item.outcome,
            reasons=list(item.reasons),
            reasons_zh=list(item.reasons_zh),
            code=item.code,
            rule=item.rule,
            zone=item.zone,
            rulebook_version=item.rulebook_version,
            lat=item.lat,
            lon=item.lon,
            ce90=item.ce90,
            box=item.box,
            confidence=item.confidence,
            first_seen=item.first_seen if item.timed else None,
            last_seen=item.last_seen if item.timed else None,
            dwell=item.dwell.total_seconds(),
            frames=item.frames,
            found_by=item.found_by,
            models=list(item.models),
            created_at=item.created_at,
            updated_at=item.updated_at,
            evidence=[EvidenceOut.of(item.id, file, item.timed) for file in files],
            verdict=verdict,
        )


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


class CaseOut(BaseModel):
    """One case of the built-in list, as it was received."""

    id: UUID
    idempotency_key: UUID
    received_at: datetime
    body: CaseBody

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(
            id=case.id,
            idempotency_key=case.idempotency_key,
            received_at=case.received_at,
            body=CaseBody.model_validate_json(case.body),
        )


class DeliveryOut(BaseModel):
    """One confirmed case on its way; `id` is its idempotency key."""

    id: UUID
    candidate_id: UUID
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    http_status: int | None
    reference: str | None
    last_error: str | None

    @classmethod
    def of(cls, item: Delivery) -> Self:
        return cls(
            id=item.id,
            candidate_id=item.candidate_id,
            state=item.state,
            attempts=item.attempts,
            created_at=item.created_at,
            next_attempt_at=item.next_attempt_at if item.state is DeliveryState.PENDING else None,
            delivered_at=item.delivered_at,
            http_status=item.http_status,
            reference=item.reference,
            last_error=item.last_error,
        )


def listing(page: Page[S], items: list[T]) -> Listing[T]:
    """A page with its rows turned into JSON shapes."""
    return Listing(items=items, total=page.total, next=page.next)
