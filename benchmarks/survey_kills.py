"""Workers killed with signal 9 at random moments of a survey: is everything there, and nothing twice?

    python benchmarks/survey_kills.py [--kills 7] [--rounds 3] [--seed 1] [--database-url postgresql+psycopg://...]

Each round uploads the sample flight anew and cuts it into spans of three seconds. One worker process after the other is
killed up to two seconds after so many chunks were done, numbers drawn at random, each at most twice (a chunk that takes
three workers with it is set aside, as it should be); the last worker may end its work. The database is SQLite if none
is named. Frames, places and candidates are compared with those of a survey that nobody disturbed. Ends with 1 where
they differ.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pydantic import SecretStr
from sqlalchemy import select

from api.app import open_store
from api.jobs import planning, worker
from api.jobs.process import desk_for
from api.settings import Settings
from api.store import Database, chunks, places, surveys
from api.store.chunks import ChunkState
from api.store.job_tables import survey_chunks, survey_frames
from api.store.tables import candidates
from tests.api.jobs.flights import uploaded

REPO = Path(__file__).resolve().parents[1]
LEASE = timedelta(seconds=2)
CHUNKS = 6  # a probe, four spans, and the one that links


def work(settings: Settings) -> None:
    """What a killed process does: work until nothing is left."""
    setattr(planning, "SPAN", 3.0)  # noqa: B010  # final in the product
    setattr(worker, "IDLE", 0.2)  # noqa: B010
    database, files = open_store(settings)
    worker.run(replace(desk_for(settings, database, files, threading.Event()), lease=LEASE), until_idle=True)


def start(folder: Path, url: str | None) -> subprocess.Popen[bytes]:
    """A worker process over this data folder."""
    command = [sys.executable, __file__, "--work", str(folder), *(["--database-url", url] if url else [])]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=REPO)


def results(database: Database, survey_id: UUID) -> tuple[list[object], list[object], list[object]]:
    """Frames, places and candidates of a survey, without its ids."""
    with database.read() as connection:
        table = survey_frames.c
        query = select(table.frame_index, table.detections).where(table.survey_id == survey_id)
        frames: list[object] = [tuple(row) for row in connection.execute(query.order_by(table.frame_index))]
        found: list[object] = [
            (one.lat, one.lon, one.ce90, one.frames, one.box) for one in places.of_survey(connection, survey_id)
        ]
        mine = candidates.c.source == places.source_of(survey_id)
        queued: list[object] = list(connection.execute(select(candidates.c.lat).where(mine)).scalars())
    return frames, sorted(found, key=str), sorted(queued, key=str)


def disturbed(
    database: Database, settings: Settings, url: str | None, moments: list[tuple[int, float]]
) -> tuple[UUID, float]:
    """A survey whose workers are killed so many seconds after so many chunks are done; its id, and how long it took."""
    survey_id, began = uploaded(database, settings.data_dir), time.monotonic()
    for count, after in moments:
        process = start(settings.data_dir, url)
        while done(database, survey_id) < count:
            time.sleep(0.02)
        time.sleep(after)
        process.kill()
        process.wait()
    assert start(settings.data_dir, url).wait(300) == 0
    return survey_id, time.monotonic() - began


def done(database: Database, survey_id: UUID) -> int:
    """How many chunks of a survey are done."""
    with database.read() as connection:
        return sum(chunk.state is ChunkState.DONE for chunk in chunks.of_survey(connection, survey_id))


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
        work(settings)
        return 0
    database, _ = open_store(settings)
    whole, seconds = disturbed(database, settings, said.database_url, [])
    expected = results(database, whole)
    print(
        f"undisturbed: {seconds:.0f} s, {len(expected[0])} frames, {len(expected[1])} places, {len(expected[2])} cand."
    )
    rng, same = random.Random(said.seed), True
    for number in range(1, said.rounds + 1):
        counts = sorted(rng.sample(list(range(CHUNKS)) * 2, said.kills))
        moments = [(count, rng.uniform(0.0, 2.0)) for count in counts]
        survey_id, took = disturbed(database, settings, said.database_url, moments)
        with database.read() as connection:
            tried = connection.execute(select(survey_chunks.c.attempts).where(survey_chunks.c.survey_id == survey_id))
            again = sum(attempts > 1 for attempts in tried.scalars())
            survey = surveys.find(connection, survey_id)
        got = results(database, survey_id)
        equal = got == expected
        same = same and equal
        sizes = ", ".join(str(len(part)) for part in got)
        print(f"round {number}: {said.kills} kills, {took:.0f} s, {again} chunks taken up again, {sizes}: "
              f"{survey.state if survey else '?'}, {'equal' if equal else 'NOT EQUAL'}")  # fmt: skip
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
