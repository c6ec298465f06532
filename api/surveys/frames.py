"""The frames of a survey that were looked at: what linking needs of each, and the poses flown."""

import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select, update

from api.db.scope import Scope
from api.surveys.jobs.chunks import Chunk
from api.surveys.jobs.tables import survey_chunks, survey_frames, survey_places
from api.surveys.tables import surveys
from detector.vision.detections import Detection
from detector.vision.frame import Pose
from models.card import ModelVersion
from streams.survey.features import Features, View
from streams.survey.pipeline import FrameObservations

POSE: TypeAdapter[Pose] = TypeAdapter(Pose)
DETECTIONS: TypeAdapter[tuple[Detection, ...]] = TypeAdapter(tuple[Detection, ...])

# Two chunks begin at one place where a photo was tried again by itself.
_FLOWN = (
    survey_chunks.c.place,
    survey_chunks.c.start,
    survey_chunks.c.created_at,
    survey_chunks.c.id,
    survey_frames.c.number,
)


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where the camera was when a frame was taken: WGS-84 degrees, metres above take-off.

    `captured_at` is None where the footage does not say.
    """

    clip: str
    captured_at: datetime | None
    lat: float
    lon: float
    height: float


def add(connection: Connection, chunk: Chunk, seen: Iterable[FrameObservations], folder: Path) -> None:
    """Store a chunk's frames; their pictures lie under `folder`."""
    rows = [
        {
            "chunk_id": chunk.id,
            "number": number,
            "survey_id": chunk.survey_id,
            "clip": one.clip,
            "frame_index": one.index,
            "captured_at": one.captured_at,
            "timed": one.timed,
            "width": one.view.size[0],
            "height": one.view.size[1],
            "pose": POSE.dump_python(one.view.pose, mode="json") if one.view.pose else None,
            "detections": DETECTIONS.dump_python(one.detections, mode="json"),
            "corners": _packed(one.view.features),
            "picture": str(one.picture.relative_to(folder)) if one.picture else None,
            "model": asdict(one.model) if one.model else None,
        }
        for number, one in enumerate(seen)
    ]
    if rows:
        connection.execute(insert(survey_frames), rows)


def of_survey(connection: Connection, survey_id: UUID, folder: Path) -> list[FrameObservations]:
    """Return every frame of a survey, in the order flown; before its corners were dropped."""
    query = (
        select(survey_frames)
        .join(survey_chunks, survey_chunks.c.id == survey_frames.c.chunk_id)
        .where(survey_frames.c.survey_id == survey_id)
        .order_by(*_FLOWN)
    )
    return [_seen(row, folder) for row in connection.execute(query)]


def path_of(scope: Scope, connection: Connection, survey_id: UUID) -> list[Waypoint]:
    """Return where the camera was, in the order flown; frames without a pose are left out."""
    columns = (survey_frames.c.clip, survey_frames.c.captured_at, survey_frames.c.timed, survey_frames.c.pose)
    query = (
        select(*columns)
        .join(survey_chunks, survey_chunks.c.id == survey_frames.c.chunk_id)
        .where(
            survey_frames.c.survey_id == survey_id,
            survey_frames.c.pose.is_not(None),
            scope.sees_parent(survey_frames.c.survey_id, "surveys"),
        )
        .order_by(*_FLOWN)
    )
    found = []
    for row in connection.execute(query):
        pose = POSE.validate_python(row.pose)
        at = row.captured_at if row.timed else None
        found.append(Waypoint(row.clip, at, pose.lat, pose.lon, pose.height))
    return found


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """A frame whose picture was kept (`picture` under the survey's folder), with what its model saw in it."""

    survey_id: UUID
    district: str | None
    picture: str
    captured_at: datetime
    timed: bool
    width: int
    height: int
    lat: float | None
    lon: float | None
    detections: tuple[Detection, ...]
    model: ModelVersion | None


def with_picture(scope: Scope, connection: Connection, limit: int) -> list[KeptFrame]:
    """Return the frames that show places best, whose pictures outlast the survey; of the latest surveys first."""
    shown = select(survey_places.c.key).where(
        survey_places.c.survey_id == survey_frames.c.survey_id, survey_places.c.picture == survey_frames.c.picture
    )
    query = (
        select(survey_frames, surveys.c.district)
        .join(surveys, surveys.c.id == survey_frames.c.survey_id)
        .where(shown.exists(), scope.sees(surveys.c.district))
        .order_by(surveys.c.created_at.desc(), survey_frames.c.captured_at, survey_frames.c.number)
        .limit(limit)
    )
    return [_kept(row) for row in connection.execute(query)]


def _kept(row: Row[tuple[object, ...]]) -> KeptFrame:
    pose = POSE.validate_python(row.pose) if row.pose is not None else None
    return KeptFrame(
        survey_id=row.survey_id,
        district=row.district,
        picture=row.picture,
        captured_at=row.captured_at,
        timed=row.timed,
        width=row.width,
        height=row.height,
        lat=pose.lat if pose else None,
        lon=pose.lon if pose else None,
        detections=DETECTIONS.validate_python(row.detections),
        model=ModelVersion(**row.model) if row.model else None,
    )


def drop_corners(connection: Connection, survey_id: UUID) -> None:
    """Forget what only linking needed: 80 kB a frame."""
    connection.execute(update(survey_frames).where(survey_frames.c.survey_id == survey_id).values(corners=None))


def _seen(row: Row[tuple[object, ...]], folder: Path) -> FrameObservations:
    pose = POSE.validate_python(row.pose) if row.pose is not None else None
    picture = folder / row.picture if row.picture else None
    view = View((row.width, row.height), pose, _unpacked(row.corners))
    detections = DETECTIONS.validate_python(row.detections)
    model = ModelVersion(**row.model) if row.model else None
    return FrameObservations(
        row.clip, row.frame_index, row.captured_at, view, detections, picture, model, timed=row.timed
    )


def _packed(features: Features) -> bytes:
    stream = io.BytesIO()
    # quarter pixels are finer than what a corner is good for, and take half the room
    np.savez(stream, pixels=features.pixels.astype(np.float32), descriptors=features.descriptors)
    return stream.getvalue()


def _unpacked(packed: bytes) -> Features:
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        return Features(arrays["pixels"].astype(np.float64), arrays["descriptors"])
