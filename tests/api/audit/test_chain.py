"""The chain of the audit log: appended to by many at once, and any change of any row found."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import String, cast, delete, insert, select, text, update

from api.actor import Actor
from api.audit import repository as audit
from api.audit.acts import Act
from api.audit.repository import Detail, Head, Search
from api.audit.tables import audit_events, audit_head
from api.audit.verify import verify
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.files import EvidenceStore
from tests.api.samples import NOON

LI_WEI = replace(EVERYWHERE, actor=Actor.person("Li Wei"), address="10.0.0.7")
TEXTS = [column.name for column in audit_events.c if column.name != "number"]


def fill(database: Database, count: int = 4) -> None:
    for number in range(count):
        with database.write() as connection:
            told: dict[str, Detail] = {"note": "占道 \u00e9", "n": number}
            audit.record(LI_WEI, connection, Act.EXPORTED, f"list-{number}", NOON, before=1, after=2, details=told)


def faults(database: Database, files: EvidenceStore, expected: Head | None = None) -> list[str]:
    with database.read() as connection:
        return verify(connection, files, (), expected).faults


def test_an_untouched_chain_has_no_fault_and_tells_its_end(database: Database, files: EvidenceStore) -> None:
    fill(database)
    with database.read() as connection:
        report = verify(connection, files, ())
        page = audit.page(EVERYWHERE, connection, Search(actor="Li Wei"), None, 3)
        rest = audit.page(EVERYWHERE, connection, Search(actor="Li Wei"), page.next, 3)
    assert (report.faults, report.events) == ([], 4)
    assert report.head == Head(4, page.items[0].hash)
    assert [event.number for event in (*page.items, *rest.items)] == [4, 3, 2, 1]
    assert (page.total, rest.next, page.items[0].told["n"], page.items[0].address) == (4, None, 3, "10.0.0.7")


def undecided(database: Database) -> float:
    with database.write() as connection:
        audit.record(LI_WEI, connection, Act.EXPORTED, "x", NOON)
        return 1 / 0


def test_a_change_that_fails_leaves_no_event(database: Database, files: EvidenceStore) -> None:
    fill(database, 1)
    with pytest.raises(ZeroDivisionError):
        undecided(database)
    fill(database, 1)
    assert faults(database, files) == []


def test_many_writers_make_one_chain(database: Database, files: EvidenceStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fill(database, 2), range(8)))
    assert faults(database, files) == []
    with database.read() as connection:
        head = audit.head(connection)
    assert head is not None
    assert head.number == 16


def test_any_bit_of_any_column_is_found(database: Database, files: EvidenceStore) -> None:
    fill(database, 3)
    for name in TEXTS:
        column = cast(audit_events.c[name], String)
        with database.read() as connection:
            content = connection.execute(select(column).where(audit_events.c.number == 2)).scalar_one().encode()
        for place, bit in ((0, 0), (len(content) // 2, 5), (-1, 7)):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            if set_bytes(database, name, bytes(flipped)):
                assert any("event 2" in fault for fault in faults(database, files)), (name, place, bit)
        set_bytes(database, name, content)
    assert faults(database, files) == []


def set_bytes(database: Database, name: str, content: bytes) -> bool:
    """Put these bytes into a column of event 2; PostgreSQL takes only those that are text."""
    with database.write() as connection:
        if database.is_sqlite:
            query = text(f"UPDATE audit_events SET {name} = CAST(:v AS TEXT) WHERE number = 2")
            connection.execute(query, {"v": content})
            return True
        try:
            shown = content.decode()
        except UnicodeDecodeError:
            return False
        if "\0" in shown:
            return False
        connection.execute(update(audit_events).where(audit_events.c.number == 2).values({name: shown}))
        return True


def removed(number: int) -> Callable[[Database], None]:
    def change(database: Database) -> None:
        with database.write() as connection:
            connection.execute(delete(audit_events).where(audit_events.c.number == number))

    return change


def added(database: Database) -> None:
    with database.write() as connection:
        last = connection.execute(select(audit_events).where(audit_events.c.number == 4)).one()
        connection.execute(insert(audit_events).values(dict(last._mapping) | {"number": 5}))


def swapped(database: Database) -> None:
    with database.write() as connection:
        for before, after in ((2, 9), (3, 2), (9, 3)):
            connection.execute(update(audit_events).where(audit_events.c.number == before).values(number=after))


def emptied(database: Database) -> None:
    with database.write() as connection:
        connection.execute(delete(audit_events))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (removed(1), "missing: event 1"),
        (removed(3), "missing: event 3"),
        (removed(4), "missing: event 4, at the end"),
        (added, "added: event 5, after the end that was recorded"),
        (swapped, "changed: event 2"),
        (emptied, "missing: events 1 to 4, at the end"),
    ],
)
def test_missing_added_and_moved_rows_are_named(
    database: Database, files: EvidenceStore, change: Callable[[Database], None], said: str
) -> None:
    fill(database)
    change(database)
    assert any(fault.startswith(said) for fault in faults(database, files))


def test_a_chain_made_anew_is_found_by_the_end_that_was_kept(database: Database, files: EvidenceStore) -> None:
    fill(database)
    with database.read() as connection:
        kept = audit.head(connection)
    assert kept is not None
    assert faults(database, files, kept) == []
    with database.write() as connection:
        connection.execute(delete(audit_events))
        connection.execute(delete(audit_head))
    fill(database, 5)
    assert faults(database, files) == []
    with database.write() as connection:
        audit.record(replace(LI_WEI, address="10.0.0.8"), connection, Act.EXPORTED, "x", NOON)
    assert faults(database, files, kept) == []  # the same events again are the same chain
    with database.write() as connection:
        connection.execute(delete(audit_events))
        connection.execute(delete(audit_head))
        audit.record(replace(LI_WEI, address="10.0.0.8"), connection, Act.EXPORTED, "x", NOON)
    fill(database, 5)
    assert faults(database, files) == []
    assert faults(database, files, kept) == ["event 4 is not the one whose hash was kept: the chain was made anew"]


@pytest.mark.parametrize("place", [0, 0.3, 0.999])
def test_any_bit_of_an_evidence_file_is_found(database: Database, files: EvidenceStore, place: float) -> None:
    digest, path = files.put(bytes(range(256)) * 4)
    with database.write() as connection:
        audit.record(LI_WEI, connection, Act.VERDICT_GIVEN, "x", NOON, details={"scene": digest})
    assert faults(database, files) == []
    target = files.folder / path
    content = bytearray(target.read_bytes())
    content[int(place * len(content))] ^= 1
    target.chmod(0o600)
    target.write_bytes(content)
    assert faults(database, files) == [f"changed: evidence {digest}"]
    target.unlink()
    assert faults(database, files) == [f"missing: evidence {digest} (No such file or directory)"]
    with database.read() as connection:
        assert verify(connection, files, ["a" * 64]).files == 2
