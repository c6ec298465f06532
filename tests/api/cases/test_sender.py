"""From the outbox to the case system, through everything that goes wrong on the way."""

import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING
from api.candidates.verdicts import Decision
from api.cases import outbox
from api.cases import repository as cases
from api.cases.adapters import BuiltInCaseList, HttpCaseApi, Receipt
from api.cases.outbox import Delivery
from api.cases.payload import write_payload
from api.cases.sender import LONGEST_WAIT, PAUSE, OutboxSender, wait_before_retry
from api.cases.tables import DeliveryState
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.evidence.repository import EvidenceKind
from api.review.service import decide
from tests.api.cameras.registered import LI_WEI
from tests.api.cases.case_server import Answer, CaseServer, case_server
from tests.api.conftest import FakeClock
from tests.api.samples import NOON, a_candidate

LEASE = timedelta(minutes=2)


@pytest.fixture
def server() -> Iterator[CaseServer]:
    with case_server() as running:
        yield running


@pytest.fixture
def delivering(database: Database, files: EvidenceStore, server: CaseServer, clock: FakeClock) -> OutboxSender:
    return OutboxSender(database, files, HttpCaseApi(server.url, None, timedelta(seconds=5)), clock=clock, lease=LEASE)


def confirm(database: Database, files: EvidenceStore, sink: StoreSink, count: int = 1) -> list[UUID]:
    """Confirm `count` candidates; gives their idempotency keys."""
    for number in range(count):
        sink.take(a_candidate(f"place-{number}"))
    with database.read() as connection:
        found = candidates.page(EVERYWHERE, connection, EVERYTHING, None, count).items
    return [
        decide(
            EVERYWHERE, database, files, item.id,
            decision=Decision.CONFIRMED, reason=None, note="", actor=LI_WEI, now=NOON,
            undo_window=timedelta(0), write_body=partial(write_payload, base_url="https://review.example.org"),
        ).id
        for item in found
    ]  # fmt: skip


def row(database: Database, key: UUID) -> Delivery:
    with database.read() as connection:
        found = outbox.find(EVERYWHERE, connection, key)
    assert found is not None
    return found


def why_paused(delivering: OutboxSender) -> str:
    return delivering.paused.reason if delivering.paused else ""


def test_a_case_arrives_once_with_the_body_that_was_frozen(
    database: Database, files: EvidenceStore, sink: StoreSink, delivering: OutboxSender, server: CaseServer
) -> None:
    (key,) = confirm(database, files, sink)
    assert delivering.deliver_next()
    assert not delivering.deliver_next()
    sent = row(database, key)
    assert (sent.state, sent.http_status, sent.reference) == (DeliveryState.DELIVERED, 201, "case-0")
    assert server.cases == {str(key): sent.body}


def test_a_failing_case_system_is_asked_again_later(
    database: Database,
    files: EvidenceStore,
    sink: StoreSink,
    delivering: OutboxSender,
    server: CaseServer,
    clock: FakeClock,
) -> None:
    (key,) = confirm(database, files, sink)
    server.script = [Answer(503, headers={"Retry-After": "60"}), Answer(500)]
    assert delivering.deliver_next()
    waiting = row(database, key)
    assert waiting.next_attempt_at >= NOON + timedelta(seconds=60)
    assert (waiting.state, waiting.last_error) == (DeliveryState.PENDING, "answered 503 Service Unavailable")
    assert not delivering.deliver_next()
    for _ in range(2):
        clock.pass_by(minutes=31)
        assert delivering.deliver_next()
    assert (row(database, key).state, row(database, key).attempts) == (DeliveryState.DELIVERED, 3)


def test_a_reply_lost_after_the_case_was_taken_makes_no_second_case(
    database: Database,
    files: EvidenceStore,
    sink: StoreSink,
    delivering: OutboxSender,
    server: CaseServer,
    clock: FakeClock,
) -> None:
    (key,) = confirm(database, files, sink)
    server.script = [Answer(drop=True)]
    assert delivering.deliver_next()
    assert row(database, key).state is DeliveryState.PENDING
    clock.pass_by(minutes=31)
    assert delivering.deliver_next()
    assert [request.key for request in server.requests] == [str(key)] * 2
    assert len({request.body for request in server.requests}) == 1
    assert list(server.cases) == [str(key)]


def test_what_is_refused_for_good_waits_for_a_person_and_holds_nobody_up(
    database: Database,
    files: EvidenceStore,
    sink: StoreSink,
    delivering: OutboxSender,
    server: CaseServer,
    clock: FakeClock,
) -> None:
    keys = confirm(database, files, sink, 2)
    server.script = [Answer(422)]
    while delivering.deliver_next():
        pass
    states = {row(database, key).state for key in keys}
    assert states == {DeliveryState.DEAD, DeliveryState.DELIVERED}
    (dead,) = (key for key in keys if row(database, key).state is DeliveryState.DEAD)
    with database.write() as connection:
        outbox.revive(EVERYWHERE, connection, dead, clock())
    assert delivering.deliver_next()
    assert set(server.cases) == {str(key) for key in keys}


def test_a_wrong_token_stops_everything_for_a_while(
    database: Database,
    files: EvidenceStore,
    sink: StoreSink,
    delivering: OutboxSender,
    server: CaseServer,
    clock: FakeClock,
) -> None:
    confirm(database, files, sink, 2)
    server.script = [Answer(401)]
    assert delivering.deliver_next()
    assert not delivering.deliver_next()
    assert "check the token" in why_paused(delivering)
    assert len(server.requests) == 1
    clock.pass_by(seconds=PAUSE.total_seconds())
    assert why_paused(delivering) == ""
    while delivering.deliver_next():
        pass
    assert len(server.cases) == 2


def test_the_thread_sends_what_is_due_and_ends_when_told(
    database: Database, files: EvidenceStore, sink: StoreSink, delivering: OutboxSender, server: CaseServer
) -> None:
    keys = confirm(database, files, sink, 3)
    server.script = [Answer(delay=0.05)]
    delivering.start()
    deadline = time.monotonic() + 10
    while len(server.cases) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    delivering.stop(timedelta(seconds=5))
    assert set(server.cases) == {str(key) for key in keys}
    assert all(row(database, key).state is DeliveryState.DELIVERED for key in keys)


def test_without_a_case_api_cases_go_to_the_built_in_list(
    database: Database, files: EvidenceStore, sink: StoreSink, clock: FakeClock
) -> None:
    (key,) = confirm(database, files, sink)
    delivering = OutboxSender(database, files, BuiltInCaseList(database, clock), clock=clock, lease=LEASE)
    assert delivering.deliver_next()
    with database.read() as connection:
        (case,) = cases.page(EVERYWHERE, connection, None, 10).items
    sent = row(database, key)
    assert (case.idempotency_key, case.body) == (key, sent.body)
    assert (sent.state, sent.reference) == (DeliveryState.DELIVERED, str(case.id))


@given(attempts=st.integers(1, 10_000), asked=st.none() | st.integers(0, 86_400).map(lambda s: timedelta(seconds=s)))
def test_the_wait_has_bounds_and_honours_what_was_asked(attempts: int, asked: timedelta | None) -> None:
    wait = wait_before_retry(attempts, asked)
    assert timedelta(seconds=1) <= wait <= max(LONGEST_WAIT, asked or LONGEST_WAIT)
    assert wait >= (asked or timedelta(0))


def test_waits_are_spread_so_that_many_do_not_come_back_at_once() -> None:
    waits = {wait_before_retry(8, None) for _ in range(50)}
    assert max(waits) - min(waits) > timedelta(minutes=1)


def test_a_case_that_is_answered_409_for_ever_is_left_to_a_person(
    database: Database,
    files: EvidenceStore,
    sink: StoreSink,
    server: CaseServer,
    delivering: OutboxSender,
    clock: FakeClock,
) -> None:
    (key,) = confirm(database, files, sink)
    server.script = [Answer(409, body=b"{}")] * 20
    for _ in range(12):
        delivering.deliver_next()
        clock.pass_by(minutes=31)
    one = row(database, key)
    assert (one.state, one.attempts, len(server.requests)) == (DeliveryState.DEAD, 10, 10)
    assert "409" in (one.last_error or "")
    assert "have the case already" in (one.last_error or "")


def test_an_unexpected_answer_leaves_its_error_and_the_next_case_goes_on(
    database: Database, files: EvidenceStore, sink: StoreSink, clock: FakeClock
) -> None:
    keys = confirm(database, files, sink, 2)

    class Surprising:
        def __init__(self) -> None:
            self.asked = 0

        def deliver(self, key: UUID, body: bytes) -> Receipt:
            self.asked += 1
            if self.asked == 1:
                raise RuntimeError("nobody foresaw this")
            return Receipt(201, "case 7")

    sending = OutboxSender(database, files, Surprising(), clock=clock, lease=LEASE)
    while sending.deliver_next():
        pass
    first, second = sorted((row(database, key) for key in keys), key=lambda one: one.state, reverse=True)
    assert (first.state, second.state) == (DeliveryState.PENDING, DeliveryState.DELIVERED)
    assert "RuntimeError" in (first.last_error or "")
    assert first.next_attempt_at > clock()


def test_a_case_whose_pictures_are_gone_does_not_leave(
    database: Database, files: EvidenceStore, sink: StoreSink, delivering: OutboxSender, server: CaseServer,
    clock: FakeClock,
) -> None:  # fmt: skip
    (key,) = confirm(database, files, sink)
    with database.read() as connection:
        (kept,) = evidence.of_candidates(EVERYWHERE, connection, [row(database, key).candidate_id]).values()
    scene = next(file for file in kept if file.kind is EvidenceKind.SCENE)
    picture = files.folder / scene.path
    content = picture.read_bytes()
    picture.unlink()
    assert delivering.deliver_next()
    one = row(database, key)
    assert (one.state, server.requests) == (DeliveryState.DEAD, [])
    assert scene.sha256 in (one.last_error or "")
    picture.write_bytes(content)  # from a copy
    with database.write() as connection:
        outbox.revive(EVERYWHERE, connection, key, clock())
    assert delivering.deliver_next()
    assert row(database, key).state is DeliveryState.DELIVERED
