"""`streetwarden serve` over a database that is none: one line, before anything starts."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import run


@pytest.fixture
def store(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the service of this test has its database."""
    path = tmp_path / "var" / "streetwarden.sqlite3"
    path.parent.mkdir()
    shutil.copy(sqlite_template, path)
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(path.parent))
    monkeypatch.setenv("STREETWARDEN_PORT", "0")
    return path


def refused(capsys: pytest.CaptureFixture[str], words: str) -> bool:
    assert run(["serve", "--for", "1s"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    lines = [line for line in said if line.startswith("streetwarden: ")]
    return len(lines) == 1 and words in lines[0] and "Traceback" not in str(said)


@pytest.mark.parametrize("version", ["9999", "0001, 0002"])
def test_a_database_of_another_program(store: Path, capsys: pytest.CaptureFixture[str], version: str) -> None:
    with closing(sqlite3.connect(store)) as raw:
        if "," in version:  # two rows: of no version at all
            raw.execute("INSERT INTO alembic_version VALUES ('0001')")
        else:
            raw.execute("UPDATE alembic_version SET version_num = ?", (version,))
        raw.commit()
    assert refused(capsys, "is newer than this program's")


@pytest.mark.parametrize("content", [b"no database at all" * 1000, None])
def test_a_damaged_database(store: Path, capsys: pytest.CaptureFixture[str], content: bytes | None) -> None:
    kept = store.read_bytes()
    store.write_bytes(content or kept[:4096] + bytes(len(kept) - 4096))
    assert refused(capsys, str(store))


def test_a_database_that_only_reads(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(store)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
    monkeypatch.setenv("STREETWARDEN_DATABASE_URL", f"sqlite:///file:{store}?mode=ro&uri=true")
    assert refused(capsys, "readonly")
