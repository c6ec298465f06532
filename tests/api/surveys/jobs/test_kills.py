"""Workers killed with signal 9 at seven moments of one survey: everything is there, and nothing twice."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from api.bootstrap import open_store
from api.candidates.tables import candidates
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.evidence.tables import evidence
from api.settings import Settings
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.jobs import chunks
from api.surveys.jobs.tables import ChunkState, survey_chunks, survey_frames
from api.surveys.tables import SurveyState
from tests.api.surveys.jobs.flights import uploaded
from tests.api.surveys.jobs.killed import MOMENTS
from tests.conftest import REPO


def run_workers(settings: Settings, folder: Path, *moments: str) -> list[int]:
    """One worker after the other, each killed at its moment (empty: never); the signals that ended them."""
    told = folder / "settings.json"
    told.write_text(settings.model_dump_json())
    command = [sys.executable, "-m", "tests.api.surveys.jobs.killed", str(told), *moments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=REPO, timeout=180)
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.splitlines()]


def results(database: Database, survey_id: UUID) -> tuple[Sequence[object], Sequence[object], Sequence[object]]:
    """What a survey gave, without its ids."""
    with database.read() as connection:
        frames = connection.execute(
            select(survey_frames.c.clip, survey_frames.c.frame_index, survey_frames.c.detections)
            .where(survey_frames.c.survey_id == survey_id)
            .order_by(survey_frames.c.frame_index)
        ).all()
        found = places.of_survey(EVERYWHERE, connection, survey_id)
        queued = connection.execute(
            select(candidates.c.lat, candidates.c.frames, func.count(evidence.c.kind))
            .join(evidence)
            .where(candidates.c.survey_id == survey_id)
            .group_by(candidates.c.id)
            .order_by(candidates.c.lat)
        ).all()
    seen = sorted((one.lat, one.lon, one.ce90, one.frames, one.outcome, one.box) for one in found)
    return [tuple(row) for row in frames], seen, [tuple(row) for row in queued]


def test_seven_kills_cost_time_and_nothing_else(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "var", rulebook_file=REPO / "samples" / "rulebook.yaml")
    database, _ = open_store(settings, upgrade=True)
    whole = uploaded(database, settings.data_dir)
    assert run_workers(settings, tmp_path, "") == [0]
    killed = uploaded(database, settings.data_dir)
    assert run_workers(settings, tmp_path, *MOMENTS, "") == [signal.SIGKILL] * 7 + [0]

    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, killed)
        work = chunks.of_survey(EVERYWHERE, connection, killed)
        tried = connection.execute(
            select(survey_chunks.c.attempts).where(survey_chunks.c.survey_id == killed)
        ).scalars()
        # six of the kills cost an attempt each; the one behind the commit cost nothing
        assert sum(tried) == len(work) + 6
    assert survey is not None
    assert (survey.state, survey.errors) == (SurveyState.DONE, ())
    assert {chunk.state for chunk in work} == {ChunkState.DONE}
    frames, found, queued = results(database, killed)
    assert len(frames) >= 6
    assert len(found) == len(queued) == 6
    assert (frames, found, queued) == results(database, whole)
    database.close()
