"""Pages neither lose nor repeat a row while others come in."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING, Filter, State
from api.db.database import Database
from api.db.paging import Cursor, decode_name, encode_name
from api.db.scope import EVERYWHERE
from api.errors import CursorInvalid
from detector.rules.ruling import Outcome
from tests.api.conftest import FakeClock
from tests.api.samples import a_candidate, ruled

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001  # zones are drawn


@given(at=moments, identity=st.uuids())
def test_a_cursor_gives_its_place_back(at: datetime, identity: UUID) -> None:
    assert Cursor.from_cursor(Cursor(at, identity).cursor) == Cursor(at, identity)


@settings(max_examples=200)
@given(garbage=st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda raw: raw.hex())))
def test_garbage_is_no_cursor(garbage: str) -> None:
    with pytest.raises(CursorInvalid, match="cursor"):
        Cursor.from_cursor(garbage)


def test_a_walk_through_the_pages_meets_each_row_once(database: Database, sink: StoreSink, clock: FakeClock) -> None:
    for number in range(7):
        sink.take(a_candidate(f"place-{number}"))
        clock.pass_by(seconds=number % 2)  # some in the same instant: the id decides their order
    met, cursor = [], None
    while True:
        with database.read() as connection:
            page = candidates.page(EVERYWHERE, connection, EVERYTHING, cursor, 3)
        assert page.total >= 7
        met += [item.key for item in page.items]
        if page.next is None:
            break
        cursor = page.next
        sink.take(a_candidate(f"new-{len(met)}"))  # comes in at the end
    assert len(met) == len(set(met)) == page.total
    assert set(met) >= {f"place-{number}" for number in range(7)}


def test_filters_narrow_the_list(database: Database, sink: StoreSink) -> None:
    sink.take(a_candidate("a"))
    sink.take(a_candidate("b", class_name="banner"))
    sink.take(a_candidate("c", ruling=ruled(Outcome.UNKNOWN)))

    def keys(wanted: Filter) -> set[str]:
        with database.read() as connection:
            return {item.key for item in candidates.page(EVERYWHERE, connection, wanted, None, 10).items}

    assert keys(Filter(class_name="stall")) == {"a", "c"}
    assert keys(Filter(outcome=Outcome.VIOLATION)) == {"a", "b"}
    assert keys(Filter(State.OPEN, "stall", Outcome.UNKNOWN)) == {"c"}
    assert keys(Filter(State.REJECTED)) == set()


def test_a_page_that_is_exactly_full_is_the_last(database: Database, sink: StoreSink, clock: FakeClock) -> None:
    for number in range(3):
        sink.take(a_candidate(f"place-{number}"))
        clock.pass_by(seconds=1)
    with database.read() as connection:
        assert candidates.page(EVERYWHERE, connection, EVERYTHING, None, 3).next is None


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_a_name_is_a_cursor_and_comes_back(name: str) -> None:
    cursor = encode_name(name)
    assert cursor.isascii()
    assert "=" not in cursor
    assert decode_name(cursor) == name


@pytest.mark.parametrize("garbage", ["*", "a", "_w", encode_name("a\0b"), "é", "YQ==="])
def test_garbage_is_no_name(garbage: str) -> None:
    with pytest.raises(CursorInvalid):
        decode_name(garbage)
