"""How a survey is cut into chunks, and how it is closed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api.db.clock import database_now
from api.db.scope import EVERYWHERE
from api.surveys import files as survey_files
from api.surveys import repository as surveys
from api.surveys.files import SurveyFile
from api.surveys.jobs import chunks
from api.surveys.jobs.chunks import Chunk, JobFault
from api.surveys.jobs.tables import ChunkKind, ChunkState
from api.surveys.repository import Survey
from api.surveys.tables import FileKind, FileState, SurveyState
from detector.reason import Param, Reason

SPAN: Final = 30.0  # seconds of a video in a chunk: what a killed worker may lose, and what several may share
RUN: Final = 20  # photos in a chunk
_LAST: Final = 2**31 - 1  # the place of the chunk that links
_MOST_ERRORS: Final = 100  # that a survey lists; each of its chunks has its own


def register(connection: Connection) -> int:
    """Cut every survey that is ready into chunks; gives how many surveys these were."""
    taken = 0
    for survey in surveys.in_state(connection, SurveyState.READY):
        now = database_now(connection)
        if surveys.move(connection, survey.id, SurveyState.READY, SurveyState.PROCESSING, now):
            _cut(connection, survey, survey_files.files(EVERYWHERE, connection, survey.id), now)
            taken += 1
    return taken


def cut_video(connection: Connection, probed: Chunk, length: float) -> None:
    """Queue the spans of a video that lasts `length` seconds (0: it does not say). The last one runs to its end."""
    now = database_now(connection)
    count = max(1, round(length / SPAN))
    for number in range(count):
        start = length * number / count
        end = None if number == count - 1 else length * (number + 1) / count
        chunks.add(connection, probed.survey_id, ChunkKind.LOOK, probed.files, probed.place, start, end, now)


def close(connection: Connection, survey: Survey, faults: Sequence[Reason] = ()) -> None:
    """End a survey whose chunks are all done or dead, and say what is missing of it; `faults` are those of linking."""
    all_chunks = chunks.of_survey(EVERYWHERE, connection, survey.id)
    names = {file.id: file.name for file in survey_files.files(EVERYWHERE, connection, survey.id)}
    dead = [chunk for chunk in all_chunks if chunk.state is ChunkState.DEAD]
    errors = [*faults, *(_error(chunk, names) for chunk in dead)]
    if not any(chunk.kind is not ChunkKind.LINK for chunk in all_chunks):
        errors.append(Reason(JobFault.NO_FOOTAGE))
    state = SurveyState.DONE_WITH_ERRORS if errors else SurveyState.DONE
    now = database_now(connection)
    surveys.move(connection, survey.id, SurveyState.PROCESSING, state, now, errors[:_MOST_ERRORS])


def fail(connection: Connection, chunk: Chunk, error: Reason, *, final: bool) -> None:
    """Record that a chunk could not be processed, for a reason of its own. Raises LeaseLost.

    One of several files is not set aside for one of them: each becomes a chunk of its own.
    """
    state = chunks.fail(connection, chunk, error, final=final)
    if len(chunk.files) > 1:
        divide(connection, chunk)
    elif state is ChunkState.DEAD:
        close_after(connection, chunk)


def finalize(connection: Connection, worker: str, fault: Reason | None) -> tuple[Chunk, ...]:
    """Free what a worker held that has ended, with a strike where `fault` says so; see `chunks.settle` and `fail`."""
    settled = chunks.settle(connection, worker, fault)
    for chunk in settled:
        if chunk.strikes and len(chunk.files) > 1:
            divide(connection, chunk)
        elif chunk.state is ChunkState.DEAD:
            close_after(connection, chunk)
    return settled


def divide(connection: Connection, chunk: Chunk) -> None:
    """Split a failed chunk without a lease into one chunk per file. Raises LeaseLost."""
    chunks.replace(connection, chunk, "its files are processed one by one")
    look_at_each(connection, chunk, chunk.files)


def look_at_each(connection: Connection, chunk: Chunk, files: Sequence[UUID]) -> None:
    """Queue some files of a chunk, each by itself: what is wrong with one costs no other."""
    now = database_now(connection)
    places = {
        file.id: place
        for place, file in enumerate(_stored(survey_files.files(EVERYWHERE, connection, chunk.survey_id)))
    }
    for file in files:
        chunks.add(connection, chunk.survey_id, ChunkKind.LOOK, [file], places.get(file, chunk.place), 0.0, None, now)


def close_after(connection: Connection, dead: Chunk) -> None:
    """End a survey whose results cannot be merged, without its places."""
    survey = surveys.find(EVERYWHERE, connection, dead.survey_id)
    if dead.kind is ChunkKind.LINK and survey is not None:
        close(connection, survey)


def _error(chunk: Chunk, names: Mapping[UUID, str]) -> Reason:
    """Return why a chunk was set aside, with the piece of the footage that it is."""
    error = chunk.error or Reason(JobFault.NOT_LOOKED_AT)
    return Reason(error.code, {**_piece(chunk, names), **error.params})


def _piece(chunk: Chunk, names: Mapping[UUID, str]) -> dict[str, Param]:
    called = [names.get(file, str(file)) for file in chunk.files]
    piece: dict[str, Param] = {}
    if called:
        piece["file"] = called[0]
    if len(called) > 1:
        piece["last_file"] = called[-1]
    if chunk.kind is ChunkKind.LOOK and (chunk.start > 0 or chunk.end is not None):
        piece |= {"start": chunk.start, "end": chunk.end}
    return piece


def _cut(connection: Connection, survey: Survey, files: Sequence[SurveyFile], now: datetime) -> None:
    photos = []
    for place, file in enumerate(_stored(files)):
        if file.kind is FileKind.VIDEO:
            chunks.add(connection, survey.id, ChunkKind.PROBE, [file.id], place, 0.0, None, now)
        elif file.kind is FileKind.PHOTO:
            photos.append((place, file))
    for first in range(0, len(photos), RUN):
        run = photos[first : first + RUN]
        ids = [file.id for _, file in run]
        chunks.add(connection, survey.id, ChunkKind.LOOK, ids, run[0][0], 0.0, None, now)
    chunks.add(connection, survey.id, ChunkKind.LINK, [], _LAST, 0.0, None, now)


def _stored(files: Sequence[SurveyFile]) -> list[SurveyFile]:
    """Return the files that there are, each at its place."""
    return [file for file in files if file.state is FileState.STORED]
