"""Migrations, transactions and times, on each engine."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, inspect, make_url, text
from sqlalchemy.exc import IntegrityError

from api.cases import outbox
from api.db.columns import UtcTime
from api.db.database import MIGRATIONS, VERSIONS, Database
from api.db.metadata import metadata
from api.db.scope import EVERYWHERE
from api.errors import DatabaseUnavailable, DatabaseVersionMismatch
from api.surveys.tables import SurveyState
from tests.api.samples import NOON


def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_migrations_allow_exactly_the_values_of_the_code(database: Database) -> None:
    """A state that the code has and the database does not know would fail in production alone."""
    found, wanted = {}, {}
    for table in metadata.sorted_tables:
        for check in inspect(database.engine).get_check_constraints(table.name):
            found[check["name"]] = set(re.findall(r"'([^']*)'", check["sqltext"]))
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                wanted[constraint.name] = set(re.findall(r"'([^']*)'", str(constraint.sqltext)))
    assert found == wanted
    assert wanted["ck_surveys_state"] == set(SurveyState)


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_version_is_that_of_alembic() -> None:
    """The check reads names of files, so that a command need not load Alembic."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_current_head() == VERSIONS[-1]
    assert sorted(script.revision for script in scripts.walk_revisions()) == list(VERSIONS)


def test_only_the_version_of_the_program_is_taken(database: Database) -> None:
    database.check_version()
    for version, words in (("0001", "older.*streetwarden db upgrade"), ("9999", "newer.*install the version")):
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        with pytest.raises(DatabaseVersionMismatch, match=words) as caught:
            database.check_version()
        assert "\n" not in str(caught.value)
    with pytest.raises(DatabaseVersionMismatch, match="9999 is newer"):
        database.migrate()
    with database.write() as connection:  # PostgreSQL's is one database for all tests
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": VERSIONS[-1]})


def test_a_database_that_is_not_there_is_not_made_by_asking(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    with pytest.raises(DatabaseVersionMismatch, match="no tables yet"):
        database.check_version()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new.sqlite3").touch()
    with pytest.raises(DatabaseVersionMismatch, match="no tables yet"):
        database.check_version()
    database.close()


def test_what_a_reader_changes_is_rolled_back(database: Database) -> None:
    with database.read() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_a_delivery_of_no_candidate_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        outbox.add(EVERYWHERE, connection, uuid4(), uuid4(), b"{}", NOON, NOON)


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.write() as writer:
        writer.execute(text("DELETE FROM alembic_version"))
        with database.read() as reader:
            assert reader.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
        writer.rollback()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "a-folder"
    folder.mkdir()
    with pytest.raises(DatabaseUnavailable, match="a-folder"):
        Database(f"sqlite:///{folder}").migrate()


@pytest.mark.parametrize("user", ["me:s3cret@", "me@"])
def test_a_server_that_is_away_is_named_without_its_password(user: str) -> None:
    pytest.importorskip("psycopg")
    database = Database(f"postgresql+psycopg://{user}127.0.0.1:1/x?connect_timeout=2&password=s3cret")
    with pytest.raises(DatabaseUnavailable, match=r"@127.0.0.1:1/x") as caught:
        database.ping()
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


SQLITE, POSTGRESQL = (make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+psycopg"))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=zones))  # noqa: DTZ001  # zones are drawn
def test_a_moment_survives_the_trip_through_either_engine(moment: datetime) -> None:
    column = UtcTime()
    for dialect in (SQLITE, POSTGRESQL):
        back = column.process_result_value(column.process_bind_param(moment, dialect), dialect)
        assert back == moment
        assert back is not None
        assert back.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        UtcTime().process_bind_param(datetime(2026, 11, 20, 12), SQLITE)  # noqa: DTZ001
