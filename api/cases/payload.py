"""The document that a case system receives: written once, at the verdict, and never changed after."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.candidates.repository import StoredCandidate
from api.candidates.schemas import CandidateFacts, ProvenanceOut, evidence_path
from api.candidates.verdicts import Decision, Verdict
from api.cases.picture_links import PictureLinks
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.pages.classes import ClassNames
from api.pages.i18n import CATALOGUES, translations
from api.pages.rulings import ruling_sentence
from detector.reason import Param, Reason


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class CaseEvidence(_Frozen):
    """One picture: a link, until when it opens without signing in (null: not at all), and the hash it must have."""

    kind: EvidenceKind
    url: str
    sha256: str
    captured_at: datetime | None
    masked: bool = False
    expires_at: datetime | None = None


class CaseReview(_Frozen):
    """The person's verdict, without which nothing leaves."""

    reviewer: str
    decided_at: datetime
    decision: Decision
    note: str


class CaseReason(_Frozen):
    """One reason: a code with its parameters, and the sentence in each language of the service."""

    code: str
    params: dict[str, Param]
    text: dict[str, str]

    @classmethod
    def of(cls, reason: Reason) -> "CaseReason":
        said = {code: ruling_sentence(reason, code) for code in CATALOGUES}
        return cls(code=reason.code, params=dict(reason.params), text=said)


class CasePayload(CandidateFacts):
    """One confirmed candidate, its fields called as in `/api/v1`. Codes are strings (leading zeros).

    `external_id` is also the idempotency key; `ce90` is the radius in metres that holds the true position nine times in
    ten. Times are null where the footage does not say when it was taken. `class_names` are the words of the class.
    """

    external_id: UUID
    candidate_id: UUID
    class_names: dict[str, str] = Field(default_factory=dict)
    datum: Literal["WGS-84"] = "WGS-84"
    reasons: tuple[CaseReason, ...]
    provenance: ProvenanceOut
    evidence: tuple[CaseEvidence, ...]
    review: CaseReview


def write_payload(
    candidate: StoredCandidate,
    files: tuple[EvidenceFile, ...],
    verdict: Verdict,
    *,
    base_url: str,
    links: PictureLinks | None = None,
    names: ClassNames = ClassNames(),
) -> bytes:
    """Return the bytes to deliver: UTF-8 JSON. With `links` its pictures open without signing in, for a while."""
    expires = links.expires(verdict.decided_at) if links else None
    body = CasePayload(
        **dict(CandidateFacts.model_validate(candidate)),
        class_names={code: names.word(candidate.class_name, code, translations(code).gettext) for code in CATALOGUES},
        external_id=verdict.id,
        candidate_id=candidate.id,
        reasons=tuple(CaseReason.of(reason) for reason in candidate.reasons),
        provenance=ProvenanceOut.model_validate(candidate),
        evidence=tuple(
            CaseEvidence(
                kind=file.kind,
                url=links.url(candidate.id, file.kind, verdict.decided_at)
                if links
                else base_url + evidence_path(candidate.id, file.kind),
                expires_at=expires,
                sha256=file.sha256,
                captured_at=file.captured_at if candidate.timed else None,
            )
            for file in files
            if file.kind is not EvidenceKind.FILM and file.kind.finder is None  # what a finder saw is for the reviewer
        ),
        review=CaseReview(
            reviewer=verdict.actor.name, decided_at=verdict.decided_at, decision=verdict.decision, note=verdict.note
        ),
    )
    return body.model_dump_json().encode()
