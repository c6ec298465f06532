"""What verdicts teach, and which of them cannot both be right."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from api.actor import Actor
from api.candidates.repository import StoredCandidate
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.labels.verdict_labels import BY_REASON, LabelKind, VerdictLabel, kind_of, mark_contradictions
from detector.vision.detections import Box
from tests.api.samples import NOON, STALL


def label(
    reason: RejectReason | None = None,
    *,
    minutes: float = 0,
    box: Box = STALL,
    class_name: str = "stall",
    source: str = "cam-1",
    picture: str = "1",
    drone: bool = False,
) -> VerdictLabel:
    """Of a verdict on a candidate: confirmed without a reason, else rejected."""
    at = NOON + timedelta(minutes=minutes)
    candidate = StoredCandidate.__new__(StoredCandidate)
    values = {"id": uuid4(), "source": source, "class_name": class_name, "box": box, "frame_at": at}
    for name, value in (values | {"survey_id": uuid4() if drone else None}).items():
        object.__setattr__(candidate, name, value)
    decision = Decision.REJECTED if reason else Decision.CONFIRMED
    verdict = Verdict(uuid4(), candidate.id, Actor.person("Li Wei"), decision, reason, "", NOON)
    scene = EvidenceFile(EvidenceKind.SCENE, picture * 64, "1.jpg", at, 640, 360)
    return VerdictLabel(candidate, verdict, scene, kind_of(verdict))


def test_every_reason_says_what_it_teaches() -> None:
    assert set(BY_REASON) == set(RejectReason)
    assert label(RejectReason.PERMITTED).kind is LabelKind.PRESENT  # it has a permit, and is a stall
    assert label(RejectReason.BAD_PICTURE).kind is LabelKind.UNSURE
    corrected = replace(label().verdict, class_name="a_board")
    assert kind_of(corrected) is LabelKind.CORRECTED


NONE = RejectReason.NOT_A_STALL
BESIDE: Box = (400.0, 150.0, 500.0, 240.0)


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        (label(), label(NONE, minutes=60, picture="2"), True),
        (label(), label(class_name="a_board"), True),
        (label(RejectReason.PERMITTED), label(NONE), True),
        (label(), label(NONE, minutes=13 * 60, picture="2"), False),  # what stood there has left
        (label(), label(NONE, box=BESIDE), False),
        (label(), label(NONE, source="cam-2", picture="2"), False),
        (label(), label(RejectReason.IN_SHOP), False),
        (label(), label(NONE, class_name="signboard"), False),  # none of the one, and one of the other
        (label(drone=True), label(NONE, drone=True, picture="2"), False),  # other pictures show other ground
        (label(drone=True), label(NONE, drone=True), True),
    ],
)
def test_verdicts_at_one_place_that_contradict_are_both_marked(
    one: VerdictLabel, other: VerdictLabel, contradict: bool
) -> None:
    marked = {label.candidate.id: label for label in mark_contradictions([one, other])}
    assert {label.kind is LabelKind.CONTRADICTED for label in marked.values()} == {contradict}
    if contradict:
        assert marked[one.candidate.id].contradicts == other.candidate.id
