"""Rulebooks are kept once, byte for byte, and the service says which one it goes by."""

from datetime import timedelta

from sqlalchemy import text

from api.actor import Actor
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.rulebooks import repository as rulebooks
from api.rulebooks.repository import StoredRulebook
from detector.rules.source import RulebookSource
from tests.api.samples import NOON, RULEBOOK

OTHER = RulebookSource.of("2026-12-01", "version: 2026-12-01 # 市容\n".encode())
LATER = NOON + timedelta(hours=1)


def test_a_rulebook_is_kept_once_and_read_back(database: Database) -> None:
    with database.write() as connection:
        for now in (NOON, LATER):
            assert rulebooks.keep(connection, RULEBOOK, now) == RULEBOOK.sha256
        rulebooks.keep(connection, OTHER, LATER)
    with database.read() as connection:
        assert rulebooks.find(EVERYWHERE, connection, RULEBOOK.sha256) == StoredRulebook(RULEBOOK, NOON)
        assert rulebooks.find(EVERYWHERE, connection, OTHER.sha256) == StoredRulebook(OTHER, LATER)
        assert rulebooks.find(EVERYWHERE, connection, "0" * 64) is None
        assert rulebooks.current(connection) is None


def test_the_service_says_by_which_it_goes(database: Database) -> None:
    for number, source in enumerate((RULEBOOK, RULEBOOK, OTHER, RULEBOOK)):
        with database.write() as connection:
            rulebooks.record(connection, source, Actor.service(), NOON + timedelta(hours=number))
            assert rulebooks.current(connection) == source.sha256
    with database.read() as connection:
        rows = connection.execute(text("SELECT number, rulebook_hash FROM rulebook_changes ORDER BY number")).all()
    assert [tuple(row) for row in rows] == [(1, RULEBOOK.sha256), (2, OTHER.sha256), (3, RULEBOOK.sha256)]
