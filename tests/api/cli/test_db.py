"""`streetwarden db upgrade`, and what every other command says of a database of another version."""

from pathlib import Path

import pytest
from sqlalchemy import text

from api.db.database import VERSIONS, Database
from api.settings import Settings
from tests.api.cli.conftest import Typed


def test_upgrading_makes_the_tables_once(streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "var"))
    first = streetwarden("db", "upgrade")
    assert (first.code, first.out) == (0, f"version {VERSIONS[-1]}, upgraded from nothing\n")
    again = streetwarden("db", "upgrade", "--json")
    assert again.records == [{"version": VERSIONS[-1], "before": VERSIONS[-1]}]


COMMANDS = (
    ("worker", "--until-idle"),
    ("sweep",),
    ("cameras", "list"),
    ("cameras", "check"),
    ("cameras", "import", "samples/cameras.yaml", "--loopback"),
)


def test_a_service_refuses_a_newer_database_and_leaves_it_alone(
    settings: Settings, streetwarden: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("STREETWARDEN_PORT", "0")
    database = Database(settings.engine_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    printed = streetwarden("serve", "--for", "1s")
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "9999 is newer than this program's" in printed.err
    assert database.version() == "9999"
    database.close()


@pytest.mark.parametrize("version", ["0001", "9999"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_of_another_version_is_refused_in_one_line(
    settings: Settings, streetwarden: Typed, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], version: str
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    settings.footage_dir.mkdir()
    database = Database(settings.engine_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    printed = streetwarden(*command)
    assert (printed.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert f"its version {version} is {'newer' if version == '9999' else 'older'} than this program's" in printed.err
    assert ("streetwarden db upgrade" in printed.err) is (version == "0001")
    assert database.version() == version
    database.close()
