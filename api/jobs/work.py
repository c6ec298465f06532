"""One chunk from claim to done: its results and the word `done` are one transaction."""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID

import cv2

from api.drones import model_for
from api.errors import EvidenceUnwritable
from api.evidence import JPEG_QUALITY
from api.jobs.desk import Desk, Held
from api.jobs.planning import close, cut_video
from api.store import chunks, places, seen, surveys
from api.store.chunks import Chunk, ChunkKind
from api.store.places import Place, source_of
from api.store.surveys import Survey, SurveyFile
from detector.errors import TerrainUnreadable
from detector.frame import Frame
from detector.rulings import Ruling
from streams.errors import DecoderFailed, NotAVideo
from streams.sandbox.read import Footage, read_frames, read_length
from streams.survey import Detect, Find, Keep, Seen, candidate_of, look, put_together, ruling_of
from streams.survey import Survey as Together

log = logging.getLogger(__name__)

_MOST_NOTES: Final = 50
_LINKING: Final = 3.0  # seconds a frame, ten times what it takes: linking thousands of them says nothing for long


@dataclass(frozen=True, slots=True)
class _Task:
    """A chunk with all that is known of its footage."""

    chunk: Chunk
    survey: Survey
    files: tuple[SurveyFile, ...]


def work_through(desk: Desk, chunk: Chunk) -> None:
    """Do what a chunk asks for and store its results.

    Raises NotAVideo where its footage is none, DecoderFailed where reading it went wrong, LeaseLost, Interrupted,
    EvidenceError, DatabaseUnavailable, and ModelError where the survey's model is not there.
    """
    task = _task(desk, chunk)
    with Held(desk, chunk) as held:
        match chunk.kind:
            case ChunkKind.PROBE:
                _probe(desk, task)
            case ChunkKind.LOOK:
                _look(desk, task, held)
            case ChunkKind.LINK:
                _link(desk, task, held)


def _task(desk: Desk, chunk: Chunk) -> _Task:
    with desk.database.read() as connection:
        survey = surveys.find(connection, chunk.survey_id)
        files = surveys.files(connection, chunk.survey_id)
    if survey is None:
        raise LookupError(f"chunk {chunk.id} belongs to no survey")
    return _Task(chunk, survey, files)


def _footage(desk: Desk, task: _Task) -> list[Footage]:
    by_id = {file.id: file for file in task.files}
    footage = []
    for file in (by_id[wanted] for wanted in task.chunk.files):
        telemetry = by_id.get(file.pair_id) if file.pair_id else None
        beside = desk.footage / telemetry.path if telemetry and telemetry.path else None
        footage.append(Footage(file.name, desk.footage / (file.path or ""), beside))
    return footage


def _probe(desk: Desk, task: _Task) -> None:
    length = read_length(_footage(desk, task)[0], desk.limits)
    with desk.database.write() as connection:
        cut_video(connection, task.chunk, length)
        chunks.finish(connection, task.chunk)


def _look(desk: Desk, task: _Task, held: Held) -> None:
    chunk = task.chunk
    pictures = desk.pictures(chunk.survey_id)
    notes: list[str] = []

    def keep(frame: Frame) -> Path:
        done, encoded = cv2.imencode(".jpg", frame.image, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
        if not done:
            raise EvidenceUnwritable(f"{frame.source}: its picture cannot be encoded as JPEG")
        return pictures.folder / pictures.put(encoded.tobytes())[1]

    def watched(flown: Iterator[Frame]) -> Iterator[Frame]:
        for frame in flown:
            held.step()
            yield frame

    pictures.prepare()
    footage, detect = _footage(desk, task), desk.detector(task.survey.model or desk.usual_model)
    unreadable: list[tuple[UUID, str]] = []
    try:
        found = _seen(_read(desk, chunk, footage, notes, unreadable), watched, detect, keep)
    except DecoderFailed:
        if len(footage) == 1 or desk.stop.is_set():
            raise
        notes.clear()  # one of several photos breaks the decoder: each is read by itself
        unreadable.clear()
        found = _each_seen(desk, chunk, footage, notes, unreadable, lambda flown: _seen(flown, watched, detect, keep))
    with desk.database.write() as connection:
        seen.add(connection, chunk, found, pictures.folder)
        for file, reason in unreadable:
            chunks.set_aside(connection, chunk, file, reason)
        chunks.finish(connection, chunk, len(found), notes[:_MOST_NOTES])
    log.info("survey %s: %d frames of %s looked at", task.survey.name, len(found), ", ".join({f.clip for f in found}))


Flown = Generator[Frame, None, None]


def _read(
    desk: Desk, chunk: Chunk, footage: Sequence[Footage], notes: list[str], unreadable: list[tuple[UUID, str]]
) -> Flown:
    return read_frames(
        footage,
        notes.append,
        zone=desk.zone,
        span=(chunk.start, chunk.end),
        limits=desk.limits,
        on_unreadable=lambda number, text: unreadable.append((chunk.files[number], text)),
    )


def _seen(
    flown: Flown, watched: Callable[[Iterator[Frame]], Iterator[Frame]], detect: Detect, keep: Keep
) -> list[Seen]:
    try:
        return list(look(watched(flown), detect, keep))
    finally:
        flown.close()


def _each_seen(
    desk: Desk,
    chunk: Chunk,
    footage: Sequence[Footage],
    notes: list[str],
    unreadable: list[tuple[UUID, str]],
    look_at: Callable[[Flown], list[Seen]],
) -> list[Seen]:
    """What is in each file, every one read by a process of its own; one that cannot be read is noted as such."""
    found: list[Seen] = []
    for file, one in zip(chunk.files, footage, strict=True):
        try:
            found += look_at(_read(desk, chunk, [one], notes, unreadable))
        except (NotAVideo, DecoderFailed) as error:
            if desk.stop.is_set():
                raise
            unreadable.append((file, str(error)))
    return found


def _link(desk: Desk, task: _Task, held: Held) -> None:
    """Put together what all chunks saw. May be done twice after a crash: the same frames give the same candidates."""
    survey, pictures = task.survey, desk.pictures(task.survey.id)
    with desk.database.read() as connection:
        frames = seen.of_survey(connection, survey.id, pictures.folder)
    held.step(_LINKING * len(frames))
    together = _together(desk, survey, frames)
    book = desk.rules(together.finds)
    ruled = [(find, ruling_of(find, book)) for find in together.finds]
    for find, ruling in ruled:
        held.step()
        candidate = candidate_of(find, ruling, (model_for(find.pose, survey.model or desk.usual_model),))
        if candidate is not None:
            desk.sink.take(candidate)
    sizes = {one.picture: one.view.size for one in frames}
    with desk.database.write() as connection:
        chunks.finish(connection, task.chunk, len(frames), together.notes[:_MOST_NOTES])
        places.add(connection, [_place(survey, find, ruling, pictures.folder, sizes) for find, ruling in ruled])
        seen.drop_corners(connection, survey.id)
        close(connection, survey)
    _tidy(frames, together.finds)
    log.info("survey %s: %d places in %d frames", survey.name, len(ruled), len(frames))


def _together(desk: Desk, survey: Survey, frames: list[Seen]) -> Together:
    """On the operator's terrain; where it does not reach, the ground is taken as flat, and a note says so."""
    source, ground = source_of(survey.id), survey.ground or 0.0
    try:
        return put_together(frames, source, ground, desk.terrain)
    except TerrainUnreadable as error:
        flat = put_together(frames, source, ground)
        return replace(flat, notes=(f"{error}: the ground is taken as flat", *flat.notes))


def _place(
    survey: Survey, find: Find, ruling: Ruling, folder: Path, sizes: dict[Path | None, tuple[int, int]]
) -> Place:
    sighting, position = find.sighting, find.sighting.position
    width, height = sizes[find.evidence]
    return Place(
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


def _tidy(frames: list[Seen], finds: tuple[Find, ...]) -> None:
    """Pictures that show no place best have served."""
    best = {find.evidence for find in finds}
    for picture in {one.picture for one in frames if one.picture} - best:
        picture.unlink(missing_ok=True)
