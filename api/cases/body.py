"""The document that a case system receives: written once, at the verdict, and never changed after."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from api.store.candidates import StoredCandidate
from api.store.evidence import EvidenceFile, Kind
from api.store.verdicts import Decision, Verdict
from detector.rulings import Outcome


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class CasePosition(_Frozen):
    """Where it stands; `accuracy_m` is the radius that holds the true position nine times in ten."""

    lat: float
    lon: float
    datum: Literal["WGS-84"] = "WGS-84"
    accuracy_m: float | None


class CaseEvidence(_Frozen):
    """One picture: a link (which gives nothing away by itself) and the hash it must have."""

    kind: Kind
    url: str
    sha256: str
    captured_at: datetime | None
    masked: bool = False


class CaseReview(_Frozen):
    """The person's verdict, without which nothing leaves."""

    reviewer: str
    decided_at: datetime
    decision: Decision
    note: str


class CaseBody(_Frozen):
    """One confirmed candidate. `external_id` is also the idempotency key; codes are strings (leading zeros).

    Times are null where the footage does not say when it was taken.
    """

    external_id: UUID
    candidate_id: UUID
    category_code: str | None
    class_name: str
    ruling: Outcome
    reasons: tuple[str, ...]
    reasons_zh: tuple[str, ...]
    rule_id: str | None
    rule_version: str
    zone_id: str | None
    camera_id: str
    position: CasePosition | None
    first_seen: datetime | None
    last_seen: datetime | None
    dwell_s: float
    confidence: float
    found_by: str
    models: tuple[str, ...]
    evidence: tuple[CaseEvidence, ...]
    review: CaseReview


def evidence_url(base_url: str, candidate_id: UUID, kind: Kind) -> str:
    """Where a picture of a candidate is served."""
    return f"{base_url}/api/v1/candidates/{candidate_id}/evidence/{kind}"


def write_body(
    candidate: StoredCandidate, files: tuple[EvidenceFile, ...], verdict: Verdict, *, base_url: str
) -> bytes:
    """The bytes to deliver: UTF-8 JSON."""
    position = None
    if candidate.lat is not None and candidate.lon is not None:
        position = CasePosition(lat=candidate.lat, lon=candidate.lon, accuracy_m=candidate.ce90)
    body = CaseBody(
        external_id=verdict.id,
        candidate_id=candidate.id,
        category_code=candidate.code,
        class_name=candidate.class_name,
        ruling=candidate.outcome,
        reasons=candidate.reasons,
        reasons_zh=candidate.reasons_zh,
        rule_id=candidate.rule,
        rule_version=candidate.rulebook_version,
        zone_id=candidate.zone,
        camera_id=candidate.source,
        position=position,
        first_seen=candidate.first_seen if candidate.timed else None,
        last_seen=candidate.last_seen if candidate.timed else None,
        dwell_s=candidate.dwell.total_seconds(),
        confidence=candidate.confidence,
        found_by=candidate.found_by,
        models=candidate.models,
        evidence=tuple(
            CaseEvidence(
                kind=file.kind,
                url=evidence_url(base_url, candidate.id, file.kind),
                sha256=file.sha256,
                captured_at=file.captured_at if candidate.timed else None,
            )
            for file in files
        ),
        review=CaseReview(
            reviewer=verdict.reviewer, decided_at=verdict.decided_at, decision=verdict.decision, note=verdict.note
        ),
    )
    return body.model_dump_json().encode()
