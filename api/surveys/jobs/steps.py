"""One chunk from claim to done: its results and the word `done` are one transaction."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID

from api.db.scope import EVERYWHERE
from api.surveys import files as survey_files
from api.surveys import frames as seen
from api.surveys import places
from api.surveys import repository as surveys
from api.surveys.files import SurveyFile
from api.surveys.jobs import chunks
from api.surveys.jobs.chunks import Chunk, JobFault
from api.surveys.jobs.context import ChunkLease, WorkerContext
from api.surveys.jobs.planning import close, cut_video, look_at_each
from api.surveys.jobs.tables import ChunkKind
from api.surveys.places import SurveyPlace, source_of
from api.surveys.repository import Survey
from detector.candidate import Candidate, Origin
from detector.errors import TerrainUnreadable
from detector.reason import Reason
from detector.rules.ruling import Ruling
from detector.vision.frame import Frame
from detector.vision.jpeg import encode
from streams.errors import FootageError
from streams.sandbox.read import Footage, read_frames, read_length
from streams.survey.pipeline import (
    FrameObservations,
    PictureLost,
    SurveyFind,
    candidate_of,
    look,
    put_together,
    ruling_of,
)
from streams.survey.pipeline import SurveyResult as Together

log = logging.getLogger(__name__)

_MOST_NOTES: Final = 50
_LINKING: Final = 3.0  # seconds a frame, ten times what it takes: linking thousands of them says nothing for long


@dataclass(frozen=True, slots=True)
class _Task:
    """A chunk with all that is known of its footage."""

    chunk: Chunk
    survey: Survey
    files: tuple[SurveyFile, ...]


def work_through(context: WorkerContext, chunk: Chunk) -> None:
    """Do what a chunk asks for and store its results.

    Raises NotAVideo where its footage is none, DecoderFailed where reading it went wrong, LeaseLost, Interrupted,
    EvidenceError, DatabaseUnavailable, and ModelError where the survey's model is not there.
    """
    task = _task(context, chunk)
    with ChunkLease(context, chunk) as held:
        match chunk.kind:
            case ChunkKind.PROBE:
                _probe(context, task)
            case ChunkKind.LOOK:
                _look(context, task, held)
            case ChunkKind.LINK:
                _link(context, task, held)


def _task(context: WorkerContext, chunk: Chunk) -> _Task:
    with context.database.read() as connection:
        survey = surveys.find(EVERYWHERE, connection, chunk.survey_id)
        files = survey_files.files(EVERYWHERE, connection, chunk.survey_id)
    if survey is None:
        raise LookupError(f"chunk {chunk.id} belongs to no survey")
    return _Task(chunk, survey, files)


def _footage(context: WorkerContext, task: _Task) -> list[Footage]:
    by_id = {file.id: file for file in task.files}
    footage = []
    for file in (by_id[wanted] for wanted in task.chunk.files):
        telemetry = by_id.get(file.pair_id) if file.pair_id else None
        beside = context.footage / telemetry.path if telemetry and telemetry.path else None
        footage.append(Footage(file.name, context.footage / (file.path or ""), beside))
    return footage


def _probe(context: WorkerContext, task: _Task) -> None:
    length = read_length(_footage(context, task)[0], context.limits)
    with context.database.write() as connection:
        cut_video(connection, task.chunk, length)
        chunks.finish(connection, task.chunk)


def _look(context: WorkerContext, task: _Task, held: ChunkLease) -> None:
    chunk = task.chunk
    pictures = context.pictures(chunk.survey_id)
    notes: list[str] = []

    def keep(frame: Frame) -> Path:
        return pictures.folder / pictures.put(encode(frame.image))[1]

    def watched(flown: Iterator[Frame]) -> Iterator[Frame]:
        for frame in flown:
            held.step()
            yield frame

    pictures.prepare()
    span = (chunk.start, chunk.end)
    failed: list[UUID] = []

    def on_failure(number: int, error: FootageError) -> None:
        log.warning("chunk %s: %s; it is retried alone", chunk.id, error)
        failed.append(chunk.files[number])

    flown = read_frames(
        _footage(context, task),
        notes.append,
        on_failure=on_failure if len(chunk.files) > 1 else None,
        zone=context.zone(),
        span=span,
        limits=context.limits,
    )
    try:
        model = task.survey.model or context.usual_model
        found = list(look(watched(flown), context.detector(model), keep, context.identify(model)))
    finally:
        flown.close()
    with context.database.write() as connection:
        seen.add(connection, chunk, found, pictures.folder)
        chunks.finish(connection, chunk, len(found), notes[:_MOST_NOTES])
        look_at_each(connection, chunk, failed)
    log.info("survey %s: %d frames of %s analysed", task.survey.name, len(found), ", ".join({f.clip for f in found}))


def _link(context: WorkerContext, task: _Task, held: ChunkLease) -> None:
    """Put together what all chunks saw. May be done twice after a crash: the same frames give the same candidates."""
    survey, pictures = task.survey, context.pictures(task.survey.id)
    with context.database.read() as connection:
        frames = seen.of_survey(connection, survey.id, pictures.folder)
    held.step(_LINKING * len(frames))
    together = _together(context, survey, frames)
    book = context.rules(together.finds)
    hashes = {file.name: file.sha256 for file in task.files}
    ruled, lost = [], Counter[str]()
    for best in together.finds:
        held.step()
        ruling = ruling_of(best, book)
        try:
            find, candidate = _shown(best, ruling, survey, hashes)
        except PictureLost as error:
            log.error("survey %s: %s was not put up for review: %s", survey.id, best.sighting.key, error)
            find, candidate = best, None
            lost[best.clip] += 1
        ruled.append((find, ruling))
        if candidate is not None:
            context.sink.take(candidate)
    sizes = {one.picture: one.view.size for one in frames}
    with context.database.write() as connection:
        chunks.finish(connection, task.chunk, len(frames), together.notes[:_MOST_NOTES])
        places.add(connection, [_place(survey, find, ruling, pictures.folder, sizes) for find, ruling in ruled])
        seen.drop_corners(connection, survey.id)
        close(connection, survey, [_picture_lost(clip, count) for clip, count in sorted(lost.items())])
    _tidy(frames, [find for find, _ in ruled])
    log.info("survey %s: %d places in %d frames", survey.name, len(ruled), len(frames))


def _shown(
    best: SurveyFind, ruling: Ruling, survey: Survey, hashes: Mapping[str, str]
) -> tuple[SurveyFind, Candidate | None]:
    """Return a find by the best of its pictures that can be read, and its candidate. Raises PictureLost."""
    failed: PictureLost | None = None
    for find in (best, *best.fallbacks()):
        origin = Origin(survey.district, survey_id=survey.id, file_sha256=hashes[find.clip])
        try:
            return find, candidate_of(find, ruling, origin)
        except PictureLost as error:
            failed = failed or error
    raise failed or PictureLost(str(best.evidence))


def _picture_lost(clip: str, count: int) -> Reason:
    return Reason(JobFault.PICTURE_LOST, {"file": clip, "count": count})


def _together(context: WorkerContext, survey: Survey, frames: list[FrameObservations]) -> Together:
    """On the operator's terrain; where it does not reach, the ground is taken as flat, and a note says so."""
    source, ground = source_of(survey.id), survey.ground or 0.0
    try:
        return put_together(frames, source, ground, context.terrain)
    except TerrainUnreadable as error:
        flat = put_together(frames, source, ground)
        return replace(flat, notes=(f"{error}: the ground is taken as flat", *flat.notes))


def _place(
    survey: Survey, find: SurveyFind, ruling: Ruling, folder: Path, sizes: dict[Path | None, tuple[int, int]]
) -> SurveyPlace:
    sighting, position = find.sighting, find.sighting.position
    width, height = sizes[find.evidence]
    return SurveyPlace(
        survey_id=survey.id,
        key=sighting.key,
        class_name=sighting.class_name,
        lat=position.lat if position else None,
        lon=position.lon if position else None,
        ce90=position.ce90_m if position else None,
        confidence=sighting.confidence,
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        frames=sighting.frames,
        outcome=ruling.outcome,
        box=find.evidence_box,
        width=width,
        height=height,
        picture=str(find.evidence.relative_to(folder)),
        timed=sighting.timed,
    )


def _tidy(frames: list[FrameObservations], finds: Sequence[SurveyFind]) -> None:
    """Pictures that show no place best have served."""
    best = {find.evidence for find in finds}
    for picture in {one.picture for one in frames if one.picture} - best:
        picture.unlink(missing_ok=True)
