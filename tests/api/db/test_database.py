"""Migrations, transactions and times, on each engine."""

import re
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError

from api.accounts import repository as accounts
from api.cases import outbox
from api.db.columns import UtcTime
from api.db.database import MIGRATIONS, VERSIONS, Database
from api.db.metadata import metadata
from api.db.scope import EVERYWHERE
from api.errors import DatabaseUnavailable, DatabaseVersionMismatch
from api.surveys.tables import SurveyState
from tests.api.cameras.registered import LI_WEI
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


def test_a_reader_sees_one_moment(database: Database) -> None:
    count = text("SELECT count(*) FROM actors")
    with database.read() as reader:
        before = reader.execute(count).scalar_one()
        with database.write() as writer:
            accounts.keep(writer, LI_WEI)
        assert reader.execute(count).scalar_one() == before
    with database.read() as reader:
        assert reader.execute(count).scalar_one() == before + 1


def test_to_check_that_it_takes_writes_changes_nothing(database: Database) -> None:
    with database.read() as reader:  # which must not hold it up
        reader.execute(text("SELECT version_num FROM alembic_version"))
        database.check_writable()
    for version, words in (("0001", "older"), ("9999", "newer")):
        with database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        with pytest.raises(DatabaseVersionMismatch, match=words):
            database.check_writable()
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": VERSIONS[-1]})
    database.check_writable()


def one_line(caught: pytest.ExceptionInfo[DatabaseUnavailable], words: str) -> bool:
    return words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("harm", "words"),
    [("unlink", "is gone"), ("replace", "was replaced"), ("empty", "was emptied"), ("junk", "was emptied")],
)
def test_a_file_that_is_gone_takes_nothing_more(tmp_path: Path, sqlite_template: Path, harm: str, words: str) -> None:
    path = tmp_path / "store.sqlite3"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        accounts.keep(connection, LI_WEI)
    if harm in ("empty", "junk"):
        path.write_bytes(b"" if harm == "empty" else b"no database")
    else:
        path.unlink()
        if harm == "replace":
            shutil.copy(sqlite_template, path)
    for attempt in (database.write, database.read):
        with pytest.raises(DatabaseUnavailable) as caught, attempt():
            pass
        assert one_line(caught, words)
    with pytest.raises(DatabaseUnavailable) as caught:
        database.check_writable()
    assert one_line(caught, words)
    database.engine.dispose()  # a new connection would make a new file
    with pytest.raises(DatabaseUnavailable):
        database.check_writable()
    assert path.exists() == (harm != "unlink")
    database.close()


def test_a_file_that_goes_while_something_is_written_is_told_before_the_commit(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "store.sqlite3"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")

    def write_and_remove() -> None:
        with database.write() as connection:
            accounts.keep(connection, LI_WEI)
            path.unlink()

    with pytest.raises(DatabaseUnavailable, match="is gone"):
        write_and_remove()
    database.close()


def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "junk.sqlite3").write_bytes(b"no database at all" * 1000)
    torn = tmp_path / "torn.sqlite3"
    content = sqlite_template.read_bytes()
    torn.write_bytes(content[:4096] + bytes(len(content) - 4096))
    for path in (tmp_path / "junk.sqlite3", torn):
        database = Database(f"sqlite:///{path}")
        with pytest.raises(DatabaseUnavailable) as caught:
            database.migrate()
        assert one_line(caught, str(path))
        database.close()


def test_a_database_that_only_reads_is_no_place_for_verdicts(database: Database) -> None:
    @event.listens_for(database.engine, "checkout")
    def only_reads(raw: DBAPIConnection, *_: object) -> None:
        cursor = raw.cursor()
        cursor.execute("PRAGMA query_only=ON" if database.is_sqlite else "SET default_transaction_read_only = on")
        cursor.close()
        raw.commit()

    with pytest.raises(DatabaseUnavailable) as caught:
        database.check_writable()
    assert "\n" not in str(caught.value)
    with pytest.raises(DatabaseUnavailable), database.write() as connection:
        accounts.keep(connection, LI_WEI)


def test_tables_that_are_gone_are_a_fault_of_the_database(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="no_such_thing"), database.read() as connection:
        connection.execute(text("SELECT * FROM no_such_thing"))
    with pytest.raises(IntegrityError), database.write() as connection:  # this one is the caller's
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
        database.check_writable()
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
