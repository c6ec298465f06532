"""Claims, leases and epochs, on both engines."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection

from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import LeaseLost
from api.surveys import repository as surveys
from api.surveys.jobs import chunks
from api.surveys.jobs.chunks import ATTEMPTS, Chunk, JobFault
from api.surveys.jobs.planning import cut_video, finalize, register
from api.surveys.jobs.tables import ChunkKind, ChunkState
from api.surveys.tables import SurveyState
from detector.reason import Reason
from tests.api.surveys.jobs.flights import uploaded

LONG = timedelta(minutes=1)
OVER = timedelta(seconds=-1)  # a lease that has run out already


def claim(database: Database, lease: timedelta = LONG, worker: str = "w") -> Chunk | None:
    with database.write() as connection:
        register(connection)
        return chunks.claim(connection, worker, lease)


def taken(database: Database, lease: timedelta = LONG) -> Chunk:
    chunk = claim(database, lease)
    assert chunk is not None
    return chunk


def finish(database: Database, chunk: Chunk) -> None:
    with database.write() as connection:
        chunks.finish(connection, chunk)


def state_of(database: Database, survey_id: UUID) -> dict[ChunkKind, ChunkState]:
    with database.read() as connection:
        return {chunk.kind: chunk.state for chunk in chunks.of_survey(EVERYWHERE, connection, survey_id)}


def test_a_survey_is_cut_once_and_its_chunks_are_held_by_one(database: Database, tmp_path: Path) -> None:
    survey_id = uploaded(database, tmp_path)
    probe = taken(database)
    assert (probe.survey_id, probe.kind, probe.attempts) == (survey_id, ChunkKind.PROBE, 1)
    assert claim(database) is None  # linking waits, and the probe is held
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
        assert survey is not None
        assert survey.state is SurveyState.PROCESSING
        assert len(chunks.of_survey(EVERYWHERE, connection, survey_id)) == 2
    with database.write() as connection:
        cut_video(connection, probe, 70.0)
        chunks.finish(connection, probe)
    spans = [taken(database) for _ in range(2)]
    assert [(round(one.start), one.end and round(one.end)) for one in spans] == [(0, 35), (35, None)]
    assert claim(database) is None
    for one in spans:
        finish(database, one)
    link = taken(database)
    assert link.kind is ChunkKind.LINK
    finish(database, link)
    assert claim(database) is None
    assert set(state_of(database, survey_id).values()) == {ChunkState.DONE}


def late(database: Database, sleeper: Chunk, write: Callable[[Connection], object]) -> None:
    """What a worker does that slept through its lease: its results, then the word that they are done."""
    with database.write() as connection:
        cut_video(connection, sleeper, 10.0)
        write(connection)


def refused(database: Database, holder: Chunk) -> None:
    """Nothing that this holder writes is taken, and nothing of it stays."""
    writes: list[Callable[[Connection], object]] = [
        lambda connection: chunks.renew(connection, holder, LONG),
        lambda connection: chunks.finish(connection, holder),
        lambda connection: chunks.fail(connection, holder, Reason("x"), final=True),
        lambda connection: chunks.release(connection, holder),
    ]
    before = everything(database, holder.survey_id)
    for write in writes:
        with pytest.raises(LeaseLost):
            late(database, holder, write)
    assert everything(database, holder.survey_id) == before


def everything(database: Database, survey_id: UUID) -> tuple[Chunk, ...]:
    with database.read() as connection:
        return chunks.of_survey(EVERYWHERE, connection, survey_id)


def test_a_lease_that_ran_out_is_taken_up_and_its_old_holder_is_refused(database: Database, tmp_path: Path) -> None:
    uploaded(database, tmp_path)
    sleeper = taken(database, OVER)
    second = taken(database)
    assert (second.id, second.epoch, second.attempts) == (sleeper.id, sleeper.epoch + 1, 2)
    refused(database, sleeper)
    with database.write() as connection:
        chunks.renew(connection, second, LONG)


def settled(database: Database, fault: Reason | None, worker: str = "w") -> tuple[Chunk, ...]:
    with database.write() as connection:
        return finalize(connection, worker, fault)


def test_three_faults_of_its_own_set_a_chunk_aside(database: Database, tmp_path: Path) -> None:
    survey_id = uploaded(database, tmp_path)
    for strikes in (1, 2, 3):
        assert taken(database).strikes == strikes - 1
        (ended,) = settled(database, Reason(JobFault.CRASHED, {"signal": "SIGSEGV"}))
        assert ended.strikes == strikes
    assert (ended.state, ended.error) == (ChunkState.DEAD, Reason("worker_crashed", {"signal": "SIGSEGV"}))
    assert taken(database).kind is ChunkKind.LINK  # the rest goes on
    assert state_of(database, survey_id)[ChunkKind.PROBE] is ChunkState.DEAD


def test_the_last_step_set_aside_ends_its_survey(database: Database, tmp_path: Path) -> None:
    survey_id = uploaded(database, tmp_path)
    finish(database, taken(database))
    for _ in range(3):
        assert taken(database).kind is ChunkKind.LINK
        settled(database, Reason(JobFault.CRASHED, {"signal": "SIGABRT"}))
    with database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, survey_id)
    assert survey is not None
    assert (survey.state, survey.errors) == (
        SurveyState.DONE_WITH_ERRORS,
        (Reason("worker_crashed", {"signal": "SIGABRT"}),),
    )


def test_what_a_dead_worker_held_is_free_at_once_and_no_strike_is_made_up(database: Database, tmp_path: Path) -> None:
    uploaded(database, tmp_path)
    for attempt in range(1, 8):
        held = taken(database)
        assert (held.attempts, held.strikes) == (attempt, 0)
        assert settled(database, None, worker="another") == ()
        (free,) = settled(database, None)
        assert (free.state, free.epoch) == (ChunkState.WAITING, held.epoch + 1)
        refused(database, held)
    finish(database, taken(database))
    assert settled(database, Reason(JobFault.CRASHED, {"signal": "SIGSEGV"})) == ()  # it held nothing any more


def test_only_the_chunk_that_a_worker_was_at_is_at_fault(database: Database, tmp_path: Path) -> None:
    """The other one it could not give back, because the database was away."""
    for _ in range(2):
        uploaded(database, tmp_path)
    older, newer = taken(database, timedelta(seconds=20)), taken(database)
    ended = {chunk.id: chunk for chunk in settled(database, Reason(JobFault.EXITED, {"exit_code": 1}))}
    assert (ended[older.id].strikes, ended[older.id].state) == (0, ChunkState.WAITING)
    assert (ended[newer.id].strikes, ended[newer.id].state) == (1, ChunkState.WAITING)


def test_a_chunk_that_is_begun_for_ever_has_an_end(database: Database, tmp_path: Path) -> None:
    uploaded(database, tmp_path)
    for attempt in range(1, ATTEMPTS + 1):
        assert taken(database, OVER).attempts == attempt
    dead = taken(database)
    assert (dead.state, dead.strikes) == (ChunkState.DEAD, 0)
    assert dead.error == Reason("never_finished", {"times": 10})
    assert taken(database).kind is ChunkKind.LINK


def test_what_fails_is_tried_again_and_what_was_given_back_has_not_failed(database: Database, tmp_path: Path) -> None:
    uploaded(database, tmp_path)
    for _ in range(5):
        chunk = taken(database)
        with database.write() as connection:
            chunks.release(connection, chunk)
    states = []
    for _ in range(3):
        chunk = taken(database)
        with database.write() as connection:
            states.append(chunks.fail(connection, chunk, Reason("decoder_failed"), final=False))
    assert states == [ChunkState.WAITING, ChunkState.WAITING, ChunkState.DEAD]
