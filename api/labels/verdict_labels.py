"""Verdicts as labels: what a reviewer's decision says about the picture that it was given on.

A rejected candidate is not always background: what has a permit, was reported before, or passes by is still a stall. So
the reason decides whether a rejection teaches "none of it is here", "it is here", or nothing. Where the city refused
the case of what was confirmed, its reason counts instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import StoredCandidate
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.cases import progress
from api.db.paging import Page
from api.db.scope import Scope
from api.evidence import repository as evidence
from api.evidence.repository import EvidenceFile, EvidenceKind
from detector.vision.boxes import iou
from detector.vision.detections import Box


class LabelKind(StrEnum):
    """What a verdict teaches. `unsure` teaches nothing; `contradicted` is one of two that cannot both be right."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    PRESENT = "present"
    NEGATIVE = "negative"
    UNSURE = "unsure"
    CONTRADICTED = "contradicted"


BY_REASON: Final = {
    RejectReason.PERMITTED: LabelKind.PRESENT,
    RejectReason.DUPLICATE: LabelKind.PRESENT,
    RejectReason.MOVING_VENDOR: LabelKind.PRESENT,
    RejectReason.NOT_A_STALL: LabelKind.NEGATIVE,
    RejectReason.VEHICLE: LabelKind.NEGATIVE,
    RejectReason.IN_SHOP: LabelKind.UNSURE,
    RejectReason.BAD_POSITION: LabelKind.UNSURE,
    RejectReason.BAD_PICTURE: LabelKind.UNSURE,
    RejectReason.OTHER: LabelKind.UNSURE,
}
POSITIVE: Final = (LabelKind.CONFIRMED, LabelKind.CORRECTED, LabelKind.PRESENT)
SAME_PLACE: Final = 0.5
"""Overlap (intersection over union) from which on two boxes of one source are of one place."""
SAME_TIME: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class VerdictLabel:
    """A verdict with what it was given on: the picture, the box and class that hold, and what had proposed it."""

    candidate: StoredCandidate
    verdict: Verdict
    scene: EvidenceFile
    kind: LabelKind
    contradicts: UUID | None = None

    @property
    def class_name(self) -> str:
        """Return the class that holds: the corrected one where the reviewer gave one."""
        return self.verdict.class_name or self.candidate.class_name

    @property
    def box(self) -> Box:
        """Return the box that holds, in pixels of the scene."""
        return self.verdict.box or self.candidate.box


def kind_of(verdict: Verdict) -> LabelKind:
    """Return what a verdict alone teaches."""
    if verdict.decision is Decision.REJECTED:
        return _kind_by_reason(verdict.reason)
    return LabelKind.CORRECTED if verdict.box or verdict.class_name else LabelKind.CONFIRMED


def _kind_by_reason(reason: str | None) -> LabelKind:
    """Return what a rejection teaches, the reviewer's or that of the city which refused the case."""
    return BY_REASON[RejectReason(reason)] if reason in list(RejectReason) else LabelKind.UNSURE


def page(scope: Scope, connection: Connection, cursor: str | None, limit: int) -> Page[VerdictLabel]:
    """Labels of standing verdicts, latest first; contradictions are looked for in `every`. Raises CursorInvalid."""
    found = verdicts.page(scope, connection, cursor, limit)
    return Page(_labels(scope, connection, found.items), found.total, found.next)


def every(scope: Scope, connection: Connection) -> tuple[VerdictLabel, ...]:
    """Return the label of every standing verdict, those that contradict each other marked."""
    found: list[VerdictLabel] = []
    cursor: str | None = None
    while True:
        part = page(scope, connection, cursor, 200)
        found += part.items
        cursor = part.next
        if cursor is None:
            return mark_contradictions(found)


def mark_contradictions(labels: Iterable[VerdictLabel]) -> tuple[VerdictLabel, ...]:
    """Mark what cannot both be right: at one place, within half a day, two classes, or a thing and none.

    A place is one source and boxes that overlap. Whoever is right, neither of the two trains.
    """
    by_source: dict[str, list[VerdictLabel]] = {}
    for one in labels:
        by_source.setdefault(one.candidate.source, []).append(one)
    marked: list[VerdictLabel] = []
    for group in by_source.values():
        group.sort(key=lambda one: one.candidate.frame_at)
        against: dict[UUID, UUID] = {}
        for number, one in enumerate(group):
            for other in group[number + 1 :]:
                if other.candidate.frame_at - one.candidate.frame_at > SAME_TIME:
                    break
                if _contradict(one, other):
                    against.setdefault(one.candidate.id, other.candidate.id)
                    against.setdefault(other.candidate.id, one.candidate.id)
        marked += (_marked(one, against) for one in group)
    return tuple(marked)


def _marked(one: VerdictLabel, against: Mapping[UUID, UUID]) -> VerdictLabel:
    other = against.get(one.candidate.id)
    return replace(one, kind=LabelKind.CONTRADICTED, contradicts=other) if other else one


def _contradict(one: VerdictLabel, other: VerdictLabel) -> bool:
    if LabelKind.UNSURE in (one.kind, other.kind):
        return False
    if one.scene.sha256 != other.scene.sha256 and one.candidate.survey_id is not None:
        return False  # what a drone sees at one place of its pictures are different places of the ground
    if iou(one.box, other.box) < SAME_PLACE:
        return False
    negatives = (one.kind is LabelKind.NEGATIVE) + (other.kind is LabelKind.NEGATIVE)
    if negatives == 2:
        return False
    if negatives == 0:
        return one.class_name != other.class_name
    return one.class_name == other.class_name


def _labels(scope: Scope, connection: Connection, said: Iterable[Verdict]) -> tuple[VerdictLabel, ...]:
    said = tuple(said)
    ids = [one.candidate_id for one in said]
    known = candidates.by_id(scope, connection, ids)
    files = evidence.of_candidates(scope, connection, ids)
    refused = progress.refused(scope, connection, ids)
    found = []
    for verdict in said:
        scene = next((one for one in files.get(verdict.candidate_id, ()) if one.kind is EvidenceKind.SCENE), None)
        if scene is not None:
            kind = kind_of(verdict)
            if verdict.candidate_id in refused and verdict.decision is Decision.CONFIRMED:
                kind = _kind_by_reason(refused[verdict.candidate_id])
            found.append(VerdictLabel(known[verdict.candidate_id], verdict, scene, kind))
    return tuple(found)
