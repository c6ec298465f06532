"""A PostgreSQL server of the test's own, in a temporary folder, reachable through a socket file alone."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from api.db.database import Database
from api.db.metadata import metadata


class PostgresServer:
    """One server with one migrated database."""

    def __init__(self, folder: Path, user: str) -> None:
        self._url = f"postgresql+psycopg://{user}@/postgres?host={folder}"
        first = Database(self._url)
        first.migrate()
        first.close()

    def fresh_database(self) -> Database:
        """The database, emptied."""
        database = Database(self._url)
        names = ", ".join(table.name for table in metadata.sorted_tables)
        with database.write() as connection:
            connection.execute(text(f"TRUNCATE {names}"))
        return database

    def empty_database(self) -> Database:
        """A new database without any table."""
        name = f"empty_{uuid4().hex}"
        database = Database(self._url)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        database.close()
        return Database(self._url.replace("/postgres?", f"/{name}?"))


@contextmanager
def start_postgres() -> Iterator[PostgresServer]:
    """Start a server, or skip where the machine has none."""
    pytest.importorskip("psycopg", reason="PostgreSQL tests need psycopg: pip install 'streetwarden[postgres]'")
    programs = _programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="streetwarden-pg-"))
    shutil.chown(folder, user)
    data = folder / "data"
    try:
        _as(user, programs / "initdb", "-D", data, "-A", "trust", "--no-sync", "-E", "UTF8", "--no-locale")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        _as(user, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield PostgresServer(folder, user)
        finally:
            _as(user, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not packaged:
        pytest.skip("no PostgreSQL server on this machine: apt-get install postgresql")
    return packaged[-1].parent


def _user() -> str:
    """PostgreSQL refuses to run as root; its package brings an account."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("PostgreSQL will not run as root and there is no account 'postgres'")


def _as(user: str, program: Path, *arguments: object) -> None:
    command = [str(program), *map(str, arguments)]
    if os.geteuid() == 0:
        # Not everybody's PATH names the folder where Debian keeps it.
        runuser = shutil.which("runuser", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
        assert runuser is not None, "runuser (util-linux) is needed to run PostgreSQL's programs as another user"
        command = [runuser, "-u", user, "--", *command]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", timeout=60)
    assert done.returncode == 0, f"{program.name}: {done.stderr or done.stdout}"
