"""What verdicts teach, and which of them cannot both be right."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from api.actor import Actor
from api.candidates import repository as candidates
from api.candidates import verdicts
from api.candidates.repository import State, StoredCandidate
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.cases import outbox, progress
from api.cases.progress import Said
from api.cases.tables import CaseStatus, EventSource
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.labels.verdict_labels import BY_REASON, LabelKind, VerdictLabel, every, kind_of, mark_contradictions
from detector.vision.detections import Box
from tests.api.samples import NOON, STALL, a_candidate


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


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("not_a_stall", LabelKind.NEGATIVE),
        ("permitted", LabelKind.PRESENT),
        ("bad_picture", LabelKind.UNSURE),
        (None, LabelKind.UNSURE),
    ],
)
def test_what_the_city_refused_teaches_what_its_reason_says(
    database: Database, files: EvidenceStore, reason: str | None, kind: LabelKind
) -> None:
    """Confirmed here and refused there: the city has been to the place."""
    key = uuid4()
    with database.write() as connection:
        item = candidates.add(connection, a_candidate(), NOON)
        evidence.add(connection, item, files.keep(a_candidate()))
        verdict = Verdict(key, item, Actor.person("Li Wei"), Decision.CONFIRMED, None, "", NOON)
        candidates.move(EVERYWHERE, connection, item, State.OPEN, State.CONFIRMED, NOON)
        verdicts.add(EVERYWHERE, connection, verdict)
        outbox.add(EVERYWHERE, connection, key, item, b"{}", NOON, NOON)
        outbox.delivered(connection, key, NOON, 201, "r-1")
    with database.write() as connection:
        assert [one.kind for one in every(EVERYWHERE, connection)] == [LabelKind.CONFIRMED]
        delivery = outbox.find(EVERYWHERE, connection, key)
        assert delivery is not None
        said = Said("m1", EventSource.CALLBACK, CaseStatus.REFUSED, NOON, reason=reason)
        progress.apply(EVERYWHERE, connection, delivery, "city", said, NOON)
        assert [one.kind for one in every(EVERYWHERE, connection)] == [kind]
