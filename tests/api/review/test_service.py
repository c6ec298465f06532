"""A verdict, the state and the outbox change together or not at all."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, event, select, text

from api.actor import Actor
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.candidates import legal_review, verdicts
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import State
from api.candidates.verdicts import Decision, RejectReason, Verdict
from api.cases import outbox
from api.cases.outbox import Delivery
from api.cases.payload import CasePayload, write_payload
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import AlreadyDecided, NotConfirmable, NotFound, NotUndoable
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceKind
from api.evidence.tables import evidence as pictures
from api.review.service import BodyWriter, decide, undo
from detector.candidate import Origin
from detector.rules.source import RulebookSource
from streams.camera.config_file import LegalReview
from tests.api.cameras.registered import A_CHANGE, LI_WEI, a_camera
from tests.api.candidates.test_intake import only
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, VIOLATION, a_candidate

WINDOW = timedelta(seconds=20)
BODY: BodyWriter = partial(write_payload, base_url="https://review.example.org")
Confirm = Callable[..., Verdict]


@pytest.fixture
def candidate_id(database: Database, sink: StoreSink) -> UUID:
    sink.take(a_candidate())
    return only(database).id


def confirm(database: Database, files: EvidenceStore, candidate_id: UUID, write: BodyWriter = BODY) -> Verdict:
    return decide(
        EVERYWHERE, database, files, candidate_id,
        decision=Decision.CONFIRMED, reason=None, note="cart on the cycle lane",
        actor=LI_WEI, now=NOON, undo_window=WINDOW, write_body=write,
    )  # fmt: skip


def reject(database: Database, files: EvidenceStore, candidate_id: UUID) -> Verdict:
    return decide(
        EVERYWHERE, database, files, candidate_id,
        decision=Decision.REJECTED, reason=RejectReason.IN_SHOP, note="",
        actor=LI_WEI, now=NOON, undo_window=WINDOW, write_body=BODY,
    )  # fmt: skip


def deliveries(database: Database) -> tuple[Delivery, ...]:
    with database.read() as connection:
        return outbox.page(EVERYWHERE, connection, None, None, 50).items


def standing(database: Database, candidate_id: UUID) -> Verdict | None:
    with database.read() as connection:
        return verdicts.standing(EVERYWHERE, connection, [candidate_id]).get(candidate_id)


def test_confirming_records_who_and_enqueues_the_case(
    database: Database, files: EvidenceStore, candidate_id: UUID
) -> None:
    verdict = confirm(database, files, candidate_id)
    assert standing(database, candidate_id) == verdict
    assert only(database).state is State.CONFIRMED
    (delivery,) = deliveries(database)
    assert (delivery.id, delivery.attempts, delivery.next_attempt_at) == (verdict.id, 0, NOON + WINDOW)
    body = CasePayload.model_validate_json(delivery.body)
    assert (body.external_id, body.code, body.review.reviewer) == (verdict.id, "0501", "Li Wei")
    assert body.evidence[0].url == f"https://review.example.org/api/v1/candidates/{candidate_id}/evidence/scene"
    assert len({file.sha256 for file in body.evidence}) == 3


def test_rejecting_sends_nothing(database: Database, files: EvidenceStore, candidate_id: UUID) -> None:
    assert reject(database, files, candidate_id).reason is RejectReason.IN_SHOP
    assert only(database).state is State.REJECTED
    assert deliveries(database) == ()


def test_a_second_verdict_is_refused(database: Database, files: EvidenceStore, candidate_id: UUID) -> None:
    first = confirm(database, files, candidate_id)
    with pytest.raises(AlreadyDecided, match="decided elsewhere"):
        reject(database, files, candidate_id)
    assert standing(database, candidate_id) == first


def test_of_many_reviewers_at_once_one_decides(database: Database, files: EvidenceStore, candidate_id: UUID) -> None:
    def attempt(_: int) -> bool:
        try:
            confirm(database, files, candidate_id)
        except AlreadyDecided:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == [False] * 5 + [True]
    assert len(deliveries(database)) == 1


def test_there_is_no_verdict_on_nothing(database: Database, files: EvidenceStore) -> None:
    with pytest.raises(NotFound):
        confirm(database, files, uuid4())
    with pytest.raises(NotFound):
        undo(EVERYWHERE, database, uuid4(), actor=LI_WEI, now=NOON, undo_window=WINDOW)


def unchanged(database: Database, candidate_id: UUID) -> bool:
    return (
        only(database).state is State.OPEN and standing(database, candidate_id) is None and deliveries(database) == ()
    )


def test_a_commit_that_fails_changes_nothing(database: Database, files: EvidenceStore, candidate_id: UUID) -> None:
    def fail(_: object) -> None:
        raise OSError("the disk is gone")

    event.listen(database.engine, "commit", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        confirm(database, files, candidate_id)
    event.remove(database.engine, "commit", fail)
    assert unchanged(database, candidate_id)
    confirm(database, files, candidate_id)


def test_a_killed_process_between_verdict_and_outbox_changes_nothing(
    database: Database, files: EvidenceStore, candidate_id: UUID
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    database.close()  # a connection must not cross the fork

    def die(*_: object) -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    child = os.fork()
    if child == 0:
        confirm(Database(url), files, candidate_id, die)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert unchanged(database, candidate_id)
    confirm(database, files, candidate_id)


@pytest.mark.parametrize("say", [confirm, reject])
def test_a_verdict_can_be_taken_back_within_the_window(
    database: Database, files: EvidenceStore, candidate_id: UUID, clock: FakeClock, say: Confirm
) -> None:
    first = say(database, files, candidate_id)
    clock.pass_by(seconds=19.9)
    undo(EVERYWHERE, database, candidate_id, actor=Actor.person("Zhao Min"), now=clock(), undo_window=WINDOW)
    assert unchanged(database, candidate_id)
    with database.read() as connection:
        said = text("SELECT decided.name, undone.name FROM verdicts JOIN actors decided ON decided.id = actor_id "
                    "JOIN actors undone ON undone.id = undone_by")  # fmt: skip
        assert connection.execute(said).one() == ("Li Wei", "Zhao Min")
    second = confirm(database, files, candidate_id)
    assert second.id != first.id
    assert [delivery.id for delivery in deliveries(database)] == [second.id]


def test_an_old_verdict_stays(database: Database, files: EvidenceStore, candidate_id: UUID, clock: FakeClock) -> None:
    confirm(database, files, candidate_id)
    clock.pass_by(seconds=20)
    with pytest.raises(NotUndoable, match="older than 20 s"):
        undo(EVERYWHERE, database, candidate_id, actor=LI_WEI, now=clock(), undo_window=WINDOW)
    assert only(database).state is State.CONFIRMED


def test_what_may_have_left_cannot_be_taken_back(database: Database, files: EvidenceStore, candidate_id: UUID) -> None:
    confirm(database, files, candidate_id)
    with database.write() as connection:
        assert outbox.claim(connection, NOON + WINDOW, timedelta(minutes=1)) is not None
    with pytest.raises(NotUndoable, match="on its way"):
        undo(EVERYWHERE, database, candidate_id, actor=LI_WEI, now=NOON, undo_window=WINDOW)
    assert only(database).state is State.CONFIRMED
    assert len(deliveries(database)) == 1


def test_an_open_candidate_has_nothing_to_take_back(database: Database, candidate_id: UUID) -> None:
    with pytest.raises(NotUndoable, match="no verdict"):
        undo(EVERYWHERE, database, candidate_id, actor=LI_WEI, now=NOON, undo_window=WINDOW)


def test_pages_show_the_state_after_the_verdict(database: Database, files: EvidenceStore, candidate_id: UUID) -> None:
    confirm(database, files, candidate_id)
    with database.read() as connection:
        assert candidates.page(EVERYWHERE, connection, candidates.Filter(State.OPEN), None, 10).total == 0
        assert candidates.page(EVERYWHERE, connection, candidates.Filter(State.CONFIRMED), None, 10).total == 1


@pytest.mark.parametrize("harm", ["remove", "change", "no row", "pipe"])
def test_without_its_pictures_a_candidate_is_not_confirmed(
    database: Database, files: EvidenceStore, candidate_id: UUID, harm: str
) -> None:
    scene = (pictures.c.candidate_id == candidate_id, pictures.c.kind == EvidenceKind.SCENE)
    with database.write() as connection:
        path = files.folder / connection.execute(select(pictures.c.path).where(*scene)).scalar_one()
        if harm == "no row":
            connection.execute(delete(pictures).where(*scene))
    if harm in ("remove", "pipe"):
        path.unlink()
    if harm == "pipe":  # which nobody writes to
        os.mkfifo(path)
    if harm == "change":
        path.write_bytes(b"another picture")
    with pytest.raises(NotConfirmable, match="evidence"):
        confirm(database, files, candidate_id)
    assert unchanged(database, candidate_id)
    assert reject(database, files, candidate_id).decision is Decision.REJECTED


@pytest.mark.parametrize(
    ("last_day", "confirmable"), [(date(2026, 11, 20), True), (date(2026, 11, 19), False), (None, True)]
)
def test_what_a_camera_shows_after_its_legal_review_is_not_confirmed(
    database: Database, files: EvidenceStore, clock: FakeClock, last_day: date | None, confirmable: bool
) -> None:
    """The picture is of 00:30 in Zhengzhou on the 20th, when it was still the 19th in UTC."""
    camera = a_camera("cam-1")
    review = LegalReview("ZZCG-1", last_day) if last_day else None
    camera = replace(camera, config=replace(camera.config, legal_review=review))
    with database.write() as connection:
        version = cameras.replace(EVERYWHERE, connection, SecretBox.of(make_key()), [camera], A_CHANGE).version
    book = RulebookSource.of("7", b"version: '7'\ntimezone: Asia/Shanghai\n")
    shown = a_candidate(
        ruling=replace(VIOLATION, rulebook=book), origin=Origin(camera_id="cam-1", camera_version=version)
    )
    at = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)
    StoreSink(database, files, clock=clock).take(replace(shown, evidence=replace(shown.evidence, captured_at=at)))
    item = only(database)
    with database.read() as connection:
        expired = legal_review.expired(EVERYWHERE, connection, [item])
    if confirmable:
        assert expired == {}
        assert confirm(database, files, item.id).decision is Decision.CONFIRMED
    else:
        assert expired == {item.id: last_day}
        with pytest.raises(NotConfirmable, match="legal review of camera cam-1 ended on 2026-11-19"):
            confirm(database, files, item.id)
        assert unchanged(database, item.id)
