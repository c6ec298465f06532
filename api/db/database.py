"""One database, two engines: SQLite when nothing is configured, PostgreSQL for a city."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from api.errors import DatabaseUnavailable, DatabaseVersionMismatch

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))
"""All migrations, oldest first: a file begins with its revision. To check one needs no Alembic, which loads slowly."""

SMALLEST = 512  # bytes of a file that holds anything: the smallest page that SQLite knows
BROKEN = (DatabaseError, InterfaceError, InternalError, OperationalError)
"""What drivers raise where the database is at fault; of `DatabaseError` itself, not of the classes below it."""

NOT_OURS = frozenset({"42P01", "42703", "42501"})
"""SQLSTATEs of PostgreSQL: no such table, no such column, no right to it. The database is not the one that it was."""

LOCK_WAIT = "2s"  # for a row that every check of readiness touches

MIGRATION_LOCK = 0x57524454  # any constant that nothing else in the database uses


class Database:
    """Transactions on one database.

    A unit of work is one `with database.write() as connection:`; it is committed whole when the block ends, and leaves
    no trace when the block raises. Readers never wait for writers.
    """

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
            address.get_dialect().import_dbapi()
        except (ArgumentError, NoSuchModuleError, ValueError, ImportError) as error:
            # The address is not shown: one that cannot be read cannot be masked, and it may hold a password.
            raise DatabaseUnavailable(
                "STREETWARDEN_DATABASE_URL is no address of a database; write postgresql+psycopg://user@host/name"
            ) from error
        self.is_sqlite = address.get_backend_name() == "sqlite"
        named = address.database or ""
        is_file = self.is_sqlite and named not in ("", ":memory:") and not named.startswith("file:")
        self._file = Path(named) if is_file else None
        # Without its query: `?password=` is a way of libpq to give one.
        self._shown = address.set(query={}).render_as_string(hide_password=True)
        self.engine: Engine = create_engine(address, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._opened: tuple[int, int] | None = None  # which file it was, of SQLite,
        self._held_tables = False  # and whether it held anything: a new one is empty at first
        if self._file is not None:
            event.listen(self.engine, "do_connect", self._before_opening)
            event.listen(self.engine, "connect", self._after_opening)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may change things. Raises DatabaseUnavailable."""
        with self._named_errors():
            self._check_file()
            with self.engine.begin() as connection:
                yield connection
                self._check_file()  # SQLite would go on writing to a file that has no name any more

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the database; whatever it changes is rolled back. Raises DatabaseUnavailable.

        All that is read is of one moment: on PostgreSQL that is REPEATABLE READ, SQLite knows nothing else.
        """
        with self._named_errors():
            self._check_file()
            with self.engine.connect() as connection:
                connection.execution_options(read_only=True)
                if not self.is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                work = connection.begin()
                yield connection
                work.rollback()

    def migrate(self) -> None:
        """Bring the tables to this version of the code; two services that start at once do it once.

        Raises DatabaseUnavailable, or DatabaseVersionMismatch where the database is newer than the code.
        """
        with self._rebuilding() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            found = _version_of(connection)
            if found is not None:
                self._refuse_unknown(found)
            if found != VERSIONS[-1]:
                _run_migrations(connection)

    @contextmanager
    def _rebuilding(self) -> Iterator[Connection]:
        """One transaction in which a table that others refer to may be replaced.

        SQLite replaces a table to change it, and would take its removal for that of all its rows. So references are
        checked at the end instead.
        """
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with self._named_errors(), self.engine.connect() as connection:
            raw = connection.connection.driver_connection  # within a transaction the pragma does nothing
            if not isinstance(raw, SqliteConnection):
                raise TypeError(f"expected a sqlite3 connection, got {type(raw).__name__}")
            raw.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise DatabaseUnavailable(f"database {self._shown}: a row of {broken[0]} refers to nothing")
            finally:
                raw.execute("PRAGMA foreign_keys=ON")

    def version(self) -> str | None:
        """Return the last migration that was run, None where there are no tables. Raises DatabaseUnavailable."""
        if self._file is not None and not self._file.exists():  # to open it would make it
            return None
        with self.read() as connection:
            return _version_of(connection)

    def check_version(self) -> None:
        """Refuse a database of another version than this program's.

        Raises DatabaseVersionMismatch with what to do, or DatabaseUnavailable.
        """
        found = self.version()
        if found is None:
            raise DatabaseVersionMismatch(
                f"database {self._shown}: there are no tables yet; run: streetwarden db upgrade"
            )
        self._check_found(found)

    def _check_found(self, found: str) -> None:
        self._refuse_unknown(found)
        if found != VERSIONS[-1]:
            raise DatabaseVersionMismatch(
                f"database {self._shown}: its version {found} is older than this program's, {VERSIONS[-1]}; "
                "run: streetwarden db upgrade"
            )

    def _refuse_unknown(self, found: str) -> None:
        if found not in VERSIONS:
            raise DatabaseVersionMismatch(
                f"database {self._shown}: its version {found} is newer than this program's, {VERSIONS[-1]}; "
                "install the version of streetwarden that upgraded it"
            )

    def check_writable(self) -> None:
        """Try whether the database is still this program's and takes what is written; leaves no trace.

        Raises DatabaseUnavailable, or DatabaseVersionMismatch where another program has changed its tables.
        """
        with self._named_errors():
            self._check_file()
            with self.engine.begin() as connection:
                if not self.is_sqlite:
                    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"))
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
                connection.rollback()
        if len(found) != 1:
            raise DatabaseUnavailable(f"database {self._shown}: it does not say of which version it is")
        self._check_found(found[0])

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise DatabaseUnavailable(f"database {self._shown}: no connection was free in time") from error
        except DBAPIError as error:
            if type(error) not in BROKEN and getattr(error.orig, "sqlstate", None) not in NOT_OURS:
                raise
            cause = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error).__name__
            raise DatabaseUnavailable(f"database {self._shown}: {cause}") from error

    def _before_opening(self, *_: object) -> None:
        """Refuse to open another file than before: SQLite would make a new one where it is gone."""
        self._check_file()

    def _after_opening(self, *_: object) -> None:
        if self._opened is None and self._file is not None:
            stat = self._file.stat()
            self._opened = stat.st_dev, stat.st_ino

    def _check_file(self) -> None:
        """Refuse to go on where the file of SQLite was removed, replaced or emptied meanwhile.

        SQLite keeps a file open and much of it in memory: it would take what is written, and lose it with the process.
        Raises DatabaseUnavailable.
        """
        if self._file is None or self._opened is None:
            return
        try:
            # Only asked about, never opened: to close it again would end every lock that SQLite holds on it.
            found = self._file.stat()
        except OSError as error:
            raise DatabaseUnavailable(
                f"database {self._shown}: the file is gone ({error.strerror}); stop the service, put the file back, "
                "and start it again"
            ) from error
        if (found.st_dev, found.st_ino) != self._opened:
            raise DatabaseUnavailable(
                f"database {self._shown}: the file was replaced while it was open; start the service again"
            )
        if found.st_size >= SMALLEST:
            self._held_tables = True
        elif self._held_tables:
            raise DatabaseUnavailable(
                f"database {self._shown}: the file was emptied while it was open; stop the service, put a copy in its "
                "place, and start it again"
            )

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _run_migrations(connection: Connection) -> None:
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # else it lists its own parts
    from alembic import command  # loaded to migrate alone: it takes as long as all else that a small command loads
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return ", ".join(sorted(found)) or None  # several are no version that any program knows


def _prepare_sqlite(raw: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The sqlite3 module would begin transactions late and without a lock; we begin them ourselves, below.
    if not isinstance(raw, SqliteConnection):
        raise TypeError(f"expected a sqlite3 connection, got {type(raw).__name__}")
    raw.isolation_level = None
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A write that starts as a read cannot wait for the lock (SQLITE_BUSY at once), so writers take it at the start.
    read_only = bool(connection.get_execution_options().get("read_only"))
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
