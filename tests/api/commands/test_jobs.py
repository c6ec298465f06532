"""`streetwarden worker`."""

import signal
from pathlib import Path

import pytest

from api.settings import Settings
from api.store import Database, surveys
from api.store.surveys import SurveyState
from tests.api.commands.conftest import Typed
from tests.api.jobs.flights import uploaded


def test_the_command_works_off_what_waits(
    settings: Settings,
    streetwarden: Typed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    database = Database(settings.engine_url)
    (tmp_path / "DJI_0001.MP4").write_text("#EXTM3U")
    survey_id = uploaded(database, settings.data_dir, [tmp_path / "DJI_0001.MP4"])
    assert streetwarden("worker", "--until-idle").code == 0
    with database.read() as connection:
        survey = surveys.find(connection, survey_id)
    database.close()
    assert survey is not None
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_worker_beside_another_data_folder_does_not_begin(
    streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path))
    printed = streetwarden("worker", "--until-idle")
    assert printed.code == 2
    assert printed.err.startswith(f"streetwarden: {tmp_path}/footage: not there")
