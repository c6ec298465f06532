"""`streetwarden doctor` says what is wrong in both languages, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from api.cameras import leases
from api.cameras import repository as cameras
from api.cameras.encryption import SecretBox, make_key
from api.cameras.lease_tables import camera_watchers
from api.cli import run
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.operations.doctor import Grade, examine
from api.operations.messages import FINDINGS
from api.settings import Settings
from tests.api.cameras.registered import A_CHANGE, a_camera


def codes(settings: Settings) -> dict[str, Grade]:
    found = {one.reason.code: one.grade for one in examine(settings)}
    assert set(found) <= set(FINDINGS)
    return found


def test_a_fresh_installation_lacks_cameras_and_a_service(settings: Settings) -> None:
    found = codes(settings)
    assert found["database"] is found["room"] is found["models"] is Grade.FINE
    assert found["no_cameras"] is found["no_service"] is Grade.WARNING
    assert Grade.FAILURE not in found.values()


def test_what_stops_work_is_a_failure(settings: Settings, tmp_path: Path) -> None:
    elsewhere = f"postgresql+psycopg://nobody@/none?host={tmp_path}"
    changed = {"min_free_mb": 10**9, "database_url": SecretStr(elsewhere)}
    found = codes(settings.model_copy(update=changed))
    assert found["no_room"] is found["database_away"] is Grade.FAILURE
    assert codes(settings.model_copy(update={"data_dir": tmp_path / "file"}))["folder_unwritable"] is Grade.FAILURE


def test_cameras_that_nobody_watches_and_another_key(settings: Settings) -> None:
    database = Database(settings.engine_url)
    with database.write() as connection:
        cameras.replace(EVERYWHERE, connection, SecretBox.of(make_key()), [a_camera("gate")], A_CHANGE)
        leases.claim(connection, leases.join(connection, "gone"), ["gate"])
        connection.execute(update(camera_watchers).values(beat_at=datetime.now(UTC) - timedelta(hours=1)))
    database.close()
    found = codes(settings)
    assert (found["nobody_watches"], found["secret_wrong"]) == (Grade.WARNING, Grade.FAILURE)


@pytest.mark.parametrize(("lang", "words"), [("en", "No cameras are registered."), ("zh", "尚未登记摄像机。")])
def test_the_command_in_both_languages(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str, words: str
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    assert run(["doctor", "--lang", lang]) == 0
    assert words in capsys.readouterr().out
    monkeypatch.setenv("STREETWARDEN_MIN_FREE_MB", "1000000000")
    assert run(["doctor", "--lang", lang]) == 1
