"""The JSON of `/api/v1`: times RFC 3339 with offset, positions WGS-84, boxes half-open pixels."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.repository import State, StoredCandidate
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.evidence.repository import EvidenceFile, EvidenceKind
from detector.rules.ruling import Outcome
from detector.vision.detections import Box


def evidence_path(candidate_id: UUID, kind: EvidenceKind) -> str:
    """Return the path under which a picture of a candidate is served."""
    return f"/api/v1/candidates/{candidate_id}/evidence/{kind}"


class EvidenceOut(BaseModel):
    """One picture of the evidence."""

    kind: EvidenceKind
    url: str
    sha256: str
    captured_at: datetime
    width: int
    height: int

    @classmethod
    def of(cls, candidate_id: UUID, file: EvidenceFile) -> Self:
        return cls(
            kind=file.kind,
            url=evidence_path(candidate_id, file.kind),
            sha256=file.sha256,
            captured_at=file.captured_at,
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
    """One candidate; `dwell` in seconds, `ce90` in metres, `lat`/`lon`/`ce90` null where the position is unknown."""

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
    first_seen: datetime
    last_seen: datetime
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
            first_seen=item.first_seen,
            last_seen=item.last_seen,
            dwell=item.dwell.total_seconds(),
            frames=item.frames,
            found_by=item.found_by,
            models=list(item.models),
            created_at=item.created_at,
            updated_at=item.updated_at,
            evidence=[EvidenceOut.of(item.id, file) for file in files],
            verdict=verdict,
        )
