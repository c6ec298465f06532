"""`streetwarden worker`."""

import os
import signal
from pathlib import Path

import pytest

from api.actor import Actor
from api.bootstrap import open_store
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.rulebooks import repository as rulebooks
from api.settings import Settings
from api.surveys import repository as surveys
from api.surveys.jobs import chunks
from api.surveys.tables import SurveyState
from detector.rules.source import RulebookSource
from tests.api.cli.conftest import Typed
from tests.api.samples import NOON
from tests.api.surveys.jobs.flights import uploaded


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
    before = signal.getsignal(signal.SIGINT)
    assert streetwarden("worker", "--until-idle").code == 0
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    database.close()
    assert survey is not None
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert signal.getsignal(signal.SIGINT) is before


def test_a_worker_beside_another_data_folder_does_not_begin(
    streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path))
    printed = streetwarden("worker", "--until-idle")
    assert printed.code == 2
    assert printed.err.startswith(f"streetwarden: {tmp_path}/footage: not there")


def test_a_worker_with_an_engine_that_was_not_checked_does_not_begin(
    settings: Settings, streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("STREETWARDEN_ENGINE", "openvino")
    database = Database(settings.engine_url)
    (tmp_path / "DJI_0001.MP4").write_text("#EXTM3U")
    survey_id = uploaded(database, settings.data_dir, [tmp_path / "DJI_0001.MP4"])
    printed = streetwarden("worker", "--until-idle")
    assert (printed.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert "aerial-stalls cannot run on OpenVINO" in printed.err
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
        assert chunks.of_survey(EVERYWHERE, connection, survey_id) == ()
    database.close()
    assert survey is not None
    assert survey.state is SurveyState.READY


def test_a_worker_that_cannot_read_what_is_in_force_does_not_begin(
    settings: Settings, streetwarden: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    settings.footage_dir.mkdir()
    database, _ = open_store(settings, upgrade=True)
    with database.write() as connection:
        rulebooks.record(connection, RulebookSource.of("2", b"version: 2"), Actor.service(), NOON)
    database.close()
    printed = streetwarden("worker", "--until-idle")
    assert (printed.code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert "rulebook '2': line 1: 'timezone' is missing" in printed.err


def test_the_command_sweeps_and_says_what(
    settings: Settings, streetwarden: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(settings.data_dir))
    assert streetwarden("sweep").err == "there was nothing to remove\n"
    given_up = settings.footage_dir / "incoming" / "0b9a1c5e-0000-4000-8000-000000000000"
    for as_json in ((), ("--json",)):
        given_up.write_bytes(b"x" * 2_000_000)
        os.utime(given_up, (0, 0))
        printed = streetwarden("sweep", *as_json)
        assert (printed.code, printed.err) == (0, "removed: 1, 2.0 MB\n")
        assert not given_up.exists()
    assert printed.records == [{"removed": {"kind": "upload", "name": given_up.name, "bytes": 2_000_000}}]
