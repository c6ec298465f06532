"""The page of one survey: how far it is, how the drone flew, what stands where, and what became of each file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status
from starlette.responses import HTMLResponse, RedirectResponse

from api.dependencies import AppSettings, CurrentScope, Db, MayUpload, Now
from api.pages.base import Render
from api.pages.dependencies import Zones
from api.pages.i18n import register_filter, register_names
from api.surveys import files as survey_files
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.dependencies import Finalizing, Footage
from api.surveys.files import SETTLED
from api.surveys.jobs import chunks
from api.surveys.jobs.chunks import Chunk
from api.surveys.jobs.tables import ChunkKind, ChunkState
from api.surveys.map import draw_survey_maps
from api.surveys.messages import (
    CHUNK_STATES,
    FILE_KINDS,
    FILE_NOTES,
    FILE_STATES,
    PLACE_OUTCOMES,
    SURVEY_ERRORS,
    SURVEY_STATES,
)
from api.surveys.service import known_survey, repeat_survey
from detector.reason import Reason, say

router = APIRouter(include_in_schema=False)
register_names("survey_state", SURVEY_STATES)
register_names("chunk_state", CHUNK_STATES)
register_names("file_kind", FILE_KINDS)
register_names("file_state", FILE_STATES)
register_names("file_note", FILE_NOTES)
register_names("place_outcome", PLACE_OUTCOMES)
register_filter("footage_error", lambda error, translate: say(error, SURVEY_ERRORS, translate))


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk: files from `first` to `last` (None: only one), or seconds `start` to `end` (None: its end) of one.

    `first` is None for the last chunk, which puts everything together. `error` is why it failed the last time.
    """

    first: str | None
    last: str | None
    start: float
    end: float | None
    state: ChunkState
    frames: int
    notes: tuple[str, ...]
    error: Reason | None


@dataclass(frozen=True, slots=True)
class Work:
    """How far the work on a survey is."""

    pieces: tuple[Piece, ...]
    frames: int

    @property
    def set_aside(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.state is ChunkState.DEAD)

    @property
    def all(self) -> int:
        return len(self.pieces)

    @property
    def settled(self) -> int:
        return sum(piece.state in (ChunkState.DONE, ChunkState.DEAD) for piece in self.pieces)


@router.get("/surveys/{survey_id:uuid}")
def survey_page(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    zones: Zones,
    render: Render,
    survey_id: Annotated[UUID, Path()],
) -> HTMLResponse:
    """Show one survey."""
    with database.read() as connection:
        survey = known_survey(surveys.find(scope, connection, survey_id), survey_id)
        progress = surveys.progress(scope, connection, [survey_id])[survey_id]
        files = survey_files.files(scope, connection, survey_id)
        pieces = chunks.of_survey(scope, connection, survey_id)
        found = places.of_survey(scope, connection, survey_id)
        path = seen.path_of(scope, connection, survey_id)
    names = {file.id: file.name for file in files}
    return render.page(
        "survey.html",
        active="surveys",
        survey=survey,
        progress=progress,
        files=files,
        names=names,
        work=_work(pieces, names),
        places=found,
        has_pictures=(settings.pictures_dir / str(survey_id)).is_dir(),
        charts=draw_survey_maps(path, found, zones()),
    )


@router.post("/surveys/{survey_id:uuid}/again", dependencies=[MayUpload])
def look_again(
    scope: CurrentScope,
    database: Db,
    settings: AppSettings,
    footage: Footage,
    finalizer: Finalizing,
    now: Now,
    survey_id: Annotated[UUID, Path()],
) -> RedirectResponse:
    """Look at the footage of an ended survey once more, with today's models; what was removed has to be sent again."""
    survey, files = repeat_survey(scope, database, footage, survey_id, now, settings.min_free_mb * 2**20)
    finalizer.wake()
    wanted = any(file.state not in SETTLED for file in files)
    where = f"/surveys/new?survey={survey.id}" if wanted else f"/surveys/{survey.id}"
    return RedirectResponse(where, status.HTTP_303_SEE_OTHER)


def _work(pieces: Sequence[Chunk], names: Mapping[UUID, str]) -> Work:
    # a video's probe is no piece that a reader cares for, unless it is where the video ended
    shown = [one for one in pieces if one.kind is not ChunkKind.PROBE or one.state is not ChunkState.DONE]
    return Work(
        tuple(_piece(one, [names.get(file, str(file)) for file in one.files]) for one in shown),
        sum(one.frames for one in shown if one.kind is ChunkKind.LOOK),
    )


def _piece(chunk: Chunk, called: Sequence[str]) -> Piece:
    first, last = (called[0] if called else None), (called[-1] if len(called) > 1 else None)
    return Piece(first, last, chunk.start, chunk.end, chunk.state, chunk.frames, chunk.notes, chunk.error)
