"""A drill: a backup of a service that is in use becomes the same service elsewhere; one that was changed does not."""

from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from api.bootstrap import open_store
from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING
from api.cli import run
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import BackupFailed
from api.evidence import repository as evidence
from api.evidence.files import EvidenceStore
from api.operations.backup import LIST, back_up, restore
from api.settings import Settings
from tests.api.postgres import PostgresServer
from tests.api.samples import a_candidate


def stored(database: Database, files: EvidenceStore) -> dict[UUID, list[bytes]]:
    """Every candidate with its pictures, each checked against its hash."""
    with database.read() as connection:
        found = candidates.page(EVERYWHERE, connection, EVERYTHING, None, 50).items
        pictures = evidence.of_candidates(EVERYWHERE, connection, [one.id for one in found])
    return {one.id: [one.key.encode(), *(files.read(file) for file in pictures[one.id])] for one in found}


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> tuple[Settings, Settings]:
    """Settings of a service, and of an empty machine that it is to be restored on."""
    empty = settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    if request.param == "sqlite":
        return settings, empty
    server: PostgresServer = request.getfixturevalue("postgres")
    both = []
    for one in (settings, empty):
        database = server.empty_database()
        address = database.engine.url.render_as_string(hide_password=False)
        database.close()
        both.append(one.model_copy(update={"database_url": SecretStr(address)}))
    return both[0], both[1]


def test_the_drill(pair: tuple[Settings, Settings], tmp_path: Path) -> None:
    here, there = pair
    database, files = open_store(here, upgrade=True)
    sink = StoreSink(database, files)
    sink.take(a_candidate("place-0"))
    model = here.data_dir / "models" / "street" / "3" / "card.json"
    model.parent.mkdir(parents=True)
    model.write_text("{}")
    (here.data_dir / "secret.key").write_text("not for the backup")
    before = stored(database, files)

    made = back_up(here, tmp_path / "backup")
    sink.take(a_candidate("place-1", source="cam-2"))  # after the backup
    assert restore(there, tmp_path / "backup") == made
    database.close()

    database, files = open_store(there)
    assert stored(database, files) == before
    assert len(before) == 1
    assert (there.data_dir / "models" / "street" / "3" / "card.json").read_text() == "{}"
    assert not [path for path in (tmp_path / "backup").rglob("*") if path.name == "secret.key"]
    StoreSink(database, files).take(a_candidate("place-2", source="cam-3"))
    database.close()
    with pytest.raises(BackupFailed, match="not empty"):
        restore(there, tmp_path / "backup")


@pytest.fixture
def backup(settings: Settings, tmp_path: Path) -> Path:
    database, files = open_store(settings)
    StoreSink(database, files).take(a_candidate())
    database.close()
    back_up(settings, tmp_path / "backup")
    return tmp_path / "backup"


def test_what_was_changed_or_is_not_whole_restores_nothing(backup: Path, settings: Settings, tmp_path: Path) -> None:
    empty = settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    listed = (backup / LIST).read_text()
    for told, words in (
        (listed.replace("evidence/", "evidence/../../"), "does not belong"),
        (listed.replace("evidence/", "/etc/"), "does not belong"),
        ("{}", "no list of a backup"),
    ):
        (backup / LIST).write_text(told)
        with pytest.raises(BackupFailed, match=words):
            restore(empty, backup)
    (backup / LIST).write_text(listed)
    picture = next((backup / "evidence").rglob("*.jpg"))
    picture.write_bytes(picture.read_bytes() + b"0")
    with pytest.raises(BackupFailed, match="not what was backed up"):
        restore(empty, backup)
    (backup / LIST).unlink()
    with pytest.raises(BackupFailed, match="not whole"):
        restore(empty, backup)
    assert not (tmp_path / "elsewhere").exists()


def test_the_commands(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    assert run(["backup", str(tmp_path / "backup")]) == 0
    assert run(["backup", str(tmp_path / "backup")]) == 2
    assert "is not empty" in capsys.readouterr().err
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "elsewhere"))
    assert run(["restore", str(tmp_path / "backup")]) == 0
    assert (tmp_path / "elsewhere" / "streetwarden.sqlite3").is_file()
