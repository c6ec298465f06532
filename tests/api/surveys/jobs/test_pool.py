"""Workers as processes: what one held that died is free at once, three proved faults set its chunk aside, it is
replaced, and it is gone when its supervisor has gone."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import SpawnProcess
from pathlib import Path
from uuid import UUID

import pytest

from api import background
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.settings import Settings
from api.surveys import repository as surveys
from api.surveys.jobs import chunks, pool
from api.surveys.jobs import worker_process as process
from api.surveys.jobs.chunks import Chunk
from api.surveys.jobs.exit_diagnosis import CANNOT_WORK
from api.surveys.jobs.pool import WorkerPool
from api.surveys.jobs.tables import ChunkKind, ChunkState
from api.surveys.repository import Survey
from api.surveys.tables import SurveyState
from detector.reason import Reason
from tests.api.surveys.jobs.flights import drawn_flight, uploaded
from tests.api.surveys.jobs.killed import crashing_member, damaged_member, ending_member, standing_member
from tests.conftest import REPO


@pytest.fixture
def database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(pool, "RESTART", 0.1)
    settings.footage_dir.mkdir()
    store = Database(settings.engine_url)
    yield store
    store.close()


def soon(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def members() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


def probe_of(database: Database, survey_id: UUID) -> Chunk | None:
    with database.read() as connection:
        found = chunks.of_survey(EVERYWHERE, connection, survey_id)
    return found[0] if found else None


def is_held(database: Database, survey_id: UUID) -> bool:
    probe = probe_of(database, survey_id)
    return probe is not None and probe.state is ChunkState.RUNNING


def ended(database: Database, survey_id: UUID) -> Survey:
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    assert survey is not None
    return survey


def test_three_proved_faults_set_a_chunk_aside(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segmentation fault, an abort, an exception that nobody expected: nobody waits for a lease of 30 s."""
    monkeypatch.setattr(process, "run_member", crashing_member)
    survey_id = uploaded(database, settings.data_dir)
    before = members()
    with WorkerPool(settings, database, 1, until_idle=True) as working:
        soon(lambda: not working.at_work, 60)
    assert members() == before
    survey = ended(database, survey_id)
    assert survey.state is SurveyState.DONE_WITH_ERRORS
    assert survey.errors == (Reason("worker_exited", {"file": "flight.mp4", "exit_code": 1}),)
    with database.read() as connection:
        probe, link = chunks.of_survey(EVERYWHERE, connection, survey_id)
    assert (probe.state, probe.attempts, probe.strikes) == (ChunkState.DEAD, 3, 3)
    assert (link.kind, link.state, link.strikes) == (ChunkKind.LINK, ChunkState.DONE, 0)


def test_killed_from_outside_is_no_fault_of_the_chunk(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "run_member", standing_member)
    (settings.data_dir / "hold").touch()
    survey_id = uploaded(database, settings.data_dir, drawn_flight(tmp_path / "card"))
    before = members()
    with WorkerPool(settings, database, 1, until_idle=True) as working:
        for kill in range(1, 4):
            soon(lambda: is_held(database, survey_id))
            held = probe_of(database, survey_id)
            assert held is not None
            assert (held.attempts, held.strikes) == (kill, 0)
            (worker,) = members() - before
            os.kill(worker, signal.SIGKILL)
            soon(lambda: not is_held(database, survey_id), 5)  # its lease would last 30 s
        (settings.data_dir / "hold").unlink()
        soon(lambda: not working.at_work, 60)
    survey = ended(database, survey_id)
    assert (survey.state, survey.errors) == (SurveyState.DONE, ())
    with database.read() as connection:
        tried = [(chunk.attempts, chunk.strikes) for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id)]
    assert tried == [(4, 0), (1, 0), (1, 0)]


def test_a_worker_with_a_damaged_model_ends_and_no_chunk_is_condemned_for_it(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(process, "run_member", damaged_member)
    survey_id = uploaded(database, settings.data_dir)
    with WorkerPool(settings, database, 1, until_idle=True, give_up=True) as pool:
        soon(lambda: not pool.at_work, 60)
    assert pool.refused
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "ERROR" in line]
    assert "a survey worker cannot work" in line
    assert "aerial-stalls.onnx: sha256 is" in line
    with database.read() as connection:
        assert [(chunk.attempts, chunk.strikes) for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id)] in (
            [],
            [(0, 0)],
        )
    assert ended(database, survey_id).state is SurveyState.READY


def test_a_service_tries_such_a_worker_again_and_says_so_once(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started = []

    def refusing(self: WorkerPool, member: SpawnProcess, *_: object) -> int:
        member.join()
        started.append(member)
        return CANNOT_WORK

    monkeypatch.setattr(process, "run_member", ending_member)
    monkeypatch.setattr(WorkerPool, "_watch", refusing)
    with WorkerPool(settings, database, 1) as pool:
        soon(lambda: len(started) >= 2, 60)
        assert pool.at_work
        assert background.faults() == ()
    assert caplog.text.count("a survey worker cannot work") == 1


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_gives_its_chunk_back_and_goes_when_its_supervisor_goes(
    settings: Settings, database: Database, tmp_path: Path, sent: signal.Signals
) -> None:
    (settings.data_dir / "hold").touch()
    survey_id = uploaded(database, settings.data_dir)
    told = tmp_path / "settings.json"
    told.write_text(settings.model_dump_json())
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "tests.api.surveys.jobs.killed", "--alone", str(told)], cwd=REPO
    )
    try:
        soon(lambda: is_held(database, survey_id))
        (worker,) = children_of(supervisor.pid)
        supervisor.send_signal(sent)
        assert supervisor.wait(30) == (0 if sent is signal.SIGTERM else -sent)
        soon(lambda: not is_held(database, survey_id), 10)
        soon(lambda: not Path(f"/proc/{worker}/cmdline").exists(), 10)
    finally:
        supervisor.kill()
        supervisor.wait()
    probe = probe_of(database, survey_id)
    assert probe is not None
    assert (probe.state, probe.attempts, probe.strikes) == (ChunkState.WAITING, 0, 0)


def children_of(pid: int) -> list[int]:
    """Worker processes that a supervisor has started."""
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
        if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()
    ]
