"""Who sends what, and when, on each engine."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from api.candidates.intake import StoreSink
from api.cases import outbox
from api.cases import repository as cases
from api.cases.outbox import Delivery
from api.cases.tables import DeliveryState
from api.db.database import Database
from api.db.scope import EVERYWHERE
from tests.api.candidates.test_intake import only
from tests.api.samples import NOON, a_candidate

LEASE = timedelta(minutes=1)


@pytest.fixture
def candidate_id(database: Database, sink: StoreSink) -> UUID:
    sink.take(a_candidate())
    return only(database).id


def enqueue(database: Database, candidate_id: UUID, seconds: float = 0) -> UUID:
    key = uuid4()
    with database.write() as connection:
        outbox.add(EVERYWHERE, connection, key, candidate_id, b'{"case": 1}', NOON, NOON + timedelta(seconds=seconds))
    return key


def find(connection: Connection, key: UUID) -> Delivery:
    found = outbox.find(EVERYWHERE, connection, key)
    assert found is not None
    return found


def claim(database: Database, after: timedelta = timedelta(0)) -> Delivery | None:
    with database.write() as connection:
        return outbox.claim(connection, NOON + after, LEASE)


def test_the_one_due_longest_goes_first_and_only_once(database: Database, candidate_id: UUID) -> None:
    later, sooner = enqueue(database, candidate_id, -1), enqueue(database, candidate_id, -2)
    enqueue(database, candidate_id, 30)
    taken = [claim(database), claim(database), claim(database)]
    assert [delivery.id if delivery else None for delivery in taken] == [sooner, later, None]


def test_two_senders_never_hold_the_same(database: Database, candidate_id: UUID) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite lets one writer in at a time; there is no second sender to skip a row")
    first, second = enqueue(database, candidate_id, -2), enqueue(database, candidate_id, -1)
    with database.write() as one, database.write() as other:
        mine, theirs = outbox.claim(one, NOON, LEASE), outbox.claim(other, NOON, LEASE)
    assert mine is not None
    assert theirs is not None
    assert (mine.id, theirs.id) == (first, second)


def test_a_sender_that_died_gives_its_delivery_back(database: Database, candidate_id: UUID) -> None:
    key = enqueue(database, candidate_id)
    claim(database)
    assert claim(database, LEASE - timedelta(seconds=1)) is None
    again = claim(database, LEASE)
    assert again is not None
    assert (again.id, again.attempts, again.body) == (key, 2, b'{"case": 1}')


def test_what_is_delivered_or_dead_is_not_sent_again(database: Database, candidate_id: UUID) -> None:
    done, dead = enqueue(database, candidate_id), enqueue(database, candidate_id)
    with database.write() as connection:
        outbox.delivered(connection, done, NOON, 201, "case 7")
        assert outbox.give_up(connection, find(connection, dead), 422, "answered 422")
    assert claim(database, timedelta(days=9)) is None
    with database.read() as connection:
        assert outbox.page(EVERYWHERE, connection, DeliveryState.DEAD, None, 10).items[0].last_error == "answered 422"
        found = outbox.find(EVERYWHERE, connection, done)
    assert found is not None
    assert (found.state, found.reference, found.delivered_at) == (DeliveryState.DELIVERED, "case 7", NOON)


def test_what_an_attempt_says_too_late_changes_nothing(database: Database, candidate_id: UUID) -> None:
    """A sender that was held up beyond its lease, and speaks when another one has come through."""
    key = enqueue(database, candidate_id)
    slow, fast = claim(database), claim(database, LEASE)
    assert slow is not None
    assert fast is not None
    with database.write() as connection:
        assert not outbox.give_up(connection, slow, 422, "answered 422")
        assert not outbox.postpone(connection, slow, NOON, 503, "answered 503")
        assert find(connection, key).next_attempt_at == NOON + LEASE + LEASE
        outbox.delivered(connection, key, NOON, 201, "case 7")
        assert not outbox.give_up(connection, fast, 422, "answered 422")
        assert not outbox.postpone(connection, fast, NOON, 503, "answered 503")
        one = find(connection, key)
    assert (one.state, one.http_status, one.reference) == (DeliveryState.DELIVERED, 201, "case 7")
    assert claim(database, timedelta(days=9)) is None


def test_a_case_that_was_taken_after_all_is_delivered(database: Database, candidate_id: UUID) -> None:
    key = enqueue(database, candidate_id)
    slow, fast = claim(database), claim(database, LEASE)
    assert slow is not None
    assert fast is not None
    with database.write() as connection:
        assert outbox.give_up(connection, fast, 422, "answered 422")
        outbox.delivered(connection, slow.id, NOON, 201, "case 7")
        one = find(connection, key)
    assert (one.state, one.last_error) == (DeliveryState.DELIVERED, None)


def test_a_dead_one_can_be_revived_with_the_same_key(database: Database, candidate_id: UUID) -> None:
    key = enqueue(database, candidate_id)
    with database.write() as connection:
        assert not outbox.revive(EVERYWHERE, connection, key, NOON)
        assert outbox.give_up(connection, find(connection, key), 422, "answered 422")
        assert outbox.revive(EVERYWHERE, connection, key, NOON)
    again = claim(database)
    assert again is not None
    assert again.id == key


def test_a_delivery_is_withdrawn_only_before_its_first_attempt(database: Database, candidate_id: UUID) -> None:
    first, second = enqueue(database, candidate_id, -1), enqueue(database, candidate_id)
    claim(database)
    with database.write() as connection:
        assert not outbox.withdraw(EVERYWHERE, connection, first)
        assert outbox.withdraw(EVERYWHERE, connection, second)


def test_pages_go_from_the_latest_to_the_oldest(database: Database, candidate_id: UUID) -> None:
    keys = {enqueue(database, candidate_id) for _ in range(5)}
    with database.read() as connection:
        first = outbox.page(EVERYWHERE, connection, None, None, 3)
        second = outbox.page(EVERYWHERE, connection, None, first.next, 3)
    assert {item.id for item in first.items + second.items} == keys
    assert (len(first.items), second.next) == (3, None)


def test_the_case_list_takes_a_key_once(database: Database) -> None:
    key = uuid4()
    with database.write() as connection:
        case, new = cases.receive(connection, key, b"{}", NOON)
        again, new_again = cases.receive(connection, key, b"{}", NOON + timedelta(hours=1))
    assert (new, new_again) == (True, False)
    assert again == case
    with database.read() as connection:
        assert cases.find(EVERYWHERE, connection, case.id) == case
        assert cases.find(EVERYWHERE, connection, key) is None


def test_a_verdict_given_while_the_clock_was_a_year_ahead_waits_for_its_undo_window_alone(
    database: Database, candidate_id: UUID
) -> None:
    key, year, window = uuid4(), timedelta(days=365), timedelta(seconds=20)
    with database.write() as connection:
        outbox.add(EVERYWHERE, connection, key, candidate_id, b"{}", NOON + year, NOON + year + window)
    assert claim(database) is None  # the clock is right again, and the verdict can be undone for a while
    assert claim(database, window - timedelta(seconds=1)) is None
    taken = claim(database, window)
    assert taken is not None
    assert taken.id == key


def test_an_attempt_put_off_while_the_clock_was_a_year_ahead_is_made_now(
    database: Database, candidate_id: UUID
) -> None:
    enqueue(database, candidate_id)
    due = claim(database)
    assert due is not None
    with database.write() as connection:
        assert outbox.postpone(connection, due, NOON + timedelta(days=365, minutes=5), 503, "away")
    again = claim(database)
    assert again is not None
    assert again.attempts == 2
