"""One database, two engines: SQLite when nothing is configured, PostgreSQL for a city."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from api.errors import DatabaseUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
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
        # Without its query: `?password=` is a way of libpq to give one.
        self._shown = address.set(query={}).render_as_string(hide_password=True)
        self.engine: Engine = create_engine(address, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may change things. Raises DatabaseUnavailable."""
        with self._named_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the database; whatever it changes is rolled back. Raises DatabaseUnavailable."""
        with self._named_errors(), self.engine.connect() as connection:
            work = connection.execution_options(read_only=True).begin()
            yield connection
            work.rollback()

    def migrate(self) -> None:
        """Bring the tables to this version of the code; two services that start at once do it once.

        Raises DatabaseUnavailable.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def ping(self) -> None:
        """Ask the database for something. Raises DatabaseUnavailable where it does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            cause = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
            raise DatabaseUnavailable(f"database {self._shown}: {cause}") from error

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


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
