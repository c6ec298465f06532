"""Workers killed with signal 9 at random moments of a survey: is everything there, and nothing twice?

    python benchmarks/survey_kills.py [--kills 7] [--rounds 3] [--seed 1] [--database-url postgresql+psycopg://...]

Each round uploads the sample flight anew, cuts it into spans of three seconds, and runs a worker with its supervisor as
`streetwarden worker` does, started again where it was killed. At moments drawn at random over the time that such a
survey takes, signal 9 ends the worker (so many rounds), its supervisor (so many), or both at once with all that they
started (so many); nothing keeps two kills from hitting the same chunk. A moment that comes when the survey is done hits
nothing: such a round is shown but not counted. The database is SQLite if none is named. Frames, places and candidates
are compared with those of a survey that nobody disturbed. Ends with 1 where they differ.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from api.db.scope import EVERYWHERE

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pydantic import SecretStr
from sqlalchemy import select

from api.bootstrap import open_store
from api.candidates.tables import candidates
from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.settings import Settings
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.jobs import planning, worker
from api.surveys.jobs import worker_process as process
from api.surveys.jobs.context import WorkerContext
from api.surveys.jobs.pool import work_alone
from api.surveys.jobs.tables import survey_chunks, survey_frames
from api.surveys.tables import SurveyState
from tests.api.surveys.jobs.flights import uploaded

REPO = Path(__file__).resolve().parents[1]
LEASE = timedelta(seconds=5)
VICTIMS = ("worker", "supervisor", "both")
OVER = (SurveyState.DONE, SurveyState.DONE_WITH_ERRORS)


@dataclass(frozen=True, slots=True)
class Round:
    """One survey: how long it took, and how many kills hit it."""

    survey_id: UUID
    seconds: float
    hits: int


def hurried(settings: Settings, name: str, until_idle: bool, rulebook: str | None) -> None:
    """Run a worker's process as in the product, but with shorter spans, pauses and leases."""
    setattr(planning, "SPAN", 3.0)  # noqa: B010  # final in the product
    setattr(worker, "IDLE", 0.2)  # noqa: B010
    usual = process.open_context

    def with_short_lease(
        settings: Settings,
        database: Database,
        files: EvidenceStore,
        stop: threading.Event,
        name: str,
        rulebook: str | None = None,
    ) -> WorkerContext:
        return replace(usual(settings, database, files, stop, name, rulebook), lease=LEASE)

    setattr(process, "open_context", with_short_lease)  # noqa: B010
    process.run_member(settings, name, until_idle, rulebook)


def start(folder: Path, url: str | None) -> subprocess.Popen[bytes]:
    """Return a worker with its supervisor over this data folder."""
    command = [sys.executable, __file__, "--work", str(folder), *(["--database-url", url] if url else [])]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=REPO, start_new_session=True)


def worker_of(supervisor: int) -> int | None:
    """Return the worker's process, where there is one just now."""
    try:
        for task in Path(f"/proc/{supervisor}/task").iterdir():
            for child in (task / "children").read_text().split():
                if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                    return int(child)
    except OSError:  # one of them has just gone
        return None
    return None


def results(database: Database, survey_id: UUID) -> tuple[list[object], list[object], list[object]]:
    """Frames, places and candidates of a survey, without its ids."""
    with database.read() as connection:
        table = survey_frames.c
        query = select(table.frame_index, table.detections).where(table.survey_id == survey_id)
        frames: list[object] = [tuple(row) for row in connection.execute(query.order_by(table.frame_index))]
        found: list[object] = [
            (one.lat, one.lon, one.ce90, one.frames, one.box)
            for one in places.of_survey(EVERYWHERE, connection, survey_id)
        ]
        mine = candidates.c.survey_id == survey_id
        queued: list[object] = list(connection.execute(select(candidates.c.lat).where(mine)).scalars())
    return frames, sorted(found, key=str), sorted(queued, key=str)


def disturbed(database: Database, settings: Settings, url: str | None, victim: str, moments: Sequence[float]) -> Round:
    """Return a survey in which `victim` is killed at these moments, seconds since it began."""
    survey_id, began, hits = uploaded(database, settings.data_dir), time.monotonic(), 0
    supervisor = start(settings.data_dir, url)
    for moment in moments:
        while time.monotonic() - began < moment and not over(database, survey_id):
            time.sleep(0.02)
        while not (hit := kill(supervisor, victim)) and not over(database, survey_id):
            time.sleep(0.02)  # a worker that was killed has no successor yet
        hits += hit and not over(database, survey_id)
        if supervisor.poll() is not None and not over(database, survey_id):
            supervisor = start(settings.data_dir, url)
    while not over(database, survey_id):
        if supervisor.poll() is not None or time.monotonic() - began > 600:
            raise RuntimeError("the last worker did not end its work")
        time.sleep(0.02)
    seconds = time.monotonic() - began
    supervisor.wait(60)
    return Round(survey_id, seconds, hits)


def kill(supervisor: subprocess.Popen[bytes], victim: str) -> bool:
    """Signal 9; whether there was somebody to kill."""
    if supervisor.poll() is not None:
        return False
    if victim == "worker":
        found = worker_of(supervisor.pid)
        if found is not None:
            os.kill(found, signal.SIGKILL)
            time.sleep(0.1)  # until it has gone
        return found is not None
    if victim == "supervisor":
        supervisor.kill()
    else:
        os.killpg(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    return True


def over(database: Database, survey_id: UUID) -> bool:
    """Return whether a survey has ended."""
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    return survey is not None and survey.state in OVER


def told(database: Database, survey_id: UUID) -> tuple[str, int, int]:
    """How a survey ended, how often the chunk was claimed that was claimed most often, and strikes against any."""
    table = survey_chunks.c
    with database.read() as connection:
        query = select(table.attempts, table.strikes).where(table.survey_id == survey_id)
        counts = connection.execute(query).all()
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    state = survey.state if survey else "?"
    return state, max(row.attempts for row in counts), sum(row.strikes for row in counts)


def main() -> int:
    """Print a line a round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database-url")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    url = SecretStr(said.database_url) if said.database_url else None
    folder = said.work or Path(tempfile.mkdtemp(prefix="streetwarden-kills-"))
    settings = Settings(data_dir=folder, database_url=url, rulebook_file=REPO / "samples" / "rulebook.yaml")
    if said.work:
        setattr(process, "run_member", hurried)  # noqa: B010
        work_alone(settings, until_idle=True)
        return 0
    database, _ = open_store(settings, upgrade=True)
    whole = disturbed(database, settings, said.database_url, "worker", [])
    expected = results(database, whole.survey_id)
    sizes = [len(part) for part in expected]
    print(
        f"undisturbed: {whole.seconds:.0f} s, {sizes[0]} frames, {sizes[1]} places, {sizes[2]} candidates", flush=True
    )
    same = True
    for victim in VICTIMS:
        full, number, seconds = 0, 0, whole.seconds
        while full < said.rounds and same:
            number += 1
            rng = random.Random(f"{said.seed} {victim} {number}")
            moments = sorted(rng.uniform(0.0, seconds) for _ in range(said.kills))
            one = disturbed(database, settings, said.database_url, victim, moments)
            seconds = one.seconds  # the next round is killed over all of the time that this one took
            full += one.hits == said.kills
            state, most, strikes = told(database, one.survey_id)
            same = results(database, one.survey_id) == expected and state == SurveyState.DONE
            when = ", ".join(f"{moment:.1f}" for moment in moments)
            print(
                f"{victim} {number}: {one.hits} of {said.kills} kills hit (drawn: {when} s), {one.seconds:.0f} s, "
                f"a chunk claimed up to {most} times, {strikes} strikes: {state}, {'equal' if same else 'NOT EQUAL'}",
                flush=True,
            )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
