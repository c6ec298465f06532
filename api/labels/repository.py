"""Frames to label: what is in the pool, what was drawn on each, and by whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from api.accounts import repository as accounts
from api.actor import Actor
from api.db.inserts import insert_new
from api.db.paging import Page, page_by_time
from api.db.scope import Scope
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.labels.tables import FrameOrigin, FrameState, label_frames, label_saves
from detector.vision.detections import Box


@dataclass(frozen=True, slots=True)
class LabelBox:
    """One thing that a person drew: its class, and its box in pixels of the picture."""

    class_name: str
    box: Box


@dataclass(frozen=True, slots=True)
class ProposedBox:
    """One thing that was proposed in a frame.

    `by` names the finder or the model with its version; `candidate_id` is set where it was put before a reviewer.
    """

    class_name: str
    box: Box
    confidence: float
    by: str
    candidate_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewFrame:
    """A frame on its way into the pool; `picture` is kept already. Without `timed`, `captured_at` only orders it."""

    picture: EvidenceFile
    source: str
    origin: FrameOrigin
    proposals: tuple[ProposedBox, ...] = ()
    score: float = 0.0
    camera_id: str | None = None
    survey_id: UUID | None = None
    district: str | None = None
    lat: float | None = None
    lon: float | None = None
    timed: bool = True


@dataclass(frozen=True, slots=True)
class LabelFrame:
    """A frame of the pool, each field a column; `version` is that of its newest save, 0 before the first."""

    id: UUID
    sha256: str
    path: str
    width: int
    height: int
    captured_at: datetime
    timed: bool
    source: str
    camera_id: str | None
    survey_id: UUID | None
    district: str | None
    lat: float | None
    lon: float | None
    origin: FrameOrigin
    proposals: tuple[ProposedBox, ...]
    score: float
    state: FrameState
    version: int
    created_at: datetime

    @property
    def picture(self) -> EvidenceFile:
        """Return the picture as the evidence store knows it."""
        return EvidenceFile(EvidenceKind.SCENE, self.sha256, self.path, self.captured_at, self.width, self.height)


@dataclass(frozen=True, slots=True)
class LabelSave:
    """What was drawn on a frame, in one version; `complete` where the person said that nothing is missing."""

    frame_id: UUID
    version: int
    actor: Actor
    saved_at: datetime
    complete: bool
    boxes: tuple[LabelBox, ...]


_FRAME = TypeAdapter(LabelFrame)
_BOXES = TypeAdapter(tuple[LabelBox, ...])
_BATCH: Final = 500  # ids in one query: databases bound how many values it may hold


def add(scope: Scope, connection: Connection, frame: NewFrame, now: datetime) -> bool:
    """Put a frame into the pool; False where its picture is there already, or the scope does not see its district."""
    if not scope.allows(frame.district):
        return False
    values: dict[str, object] = {
        field.name: getattr(frame, field.name)
        for field in fields(frame)
        if field.name not in ("picture", "proposals", "origin")
    }
    shown = frame.picture
    values |= {"sha256": shown.sha256, "path": shown.path, "width": shown.width, "height": shown.height}
    proposals = [
        asdict(one) | {"candidate_id": str(one.candidate_id) if one.candidate_id else None} for one in frame.proposals
    ]
    values |= {"id": uuid4(), "captured_at": shown.captured_at, "origin": frame.origin.value, "proposals": proposals}
    values |= {"state": FrameState.OPEN.value, "version": 0, "created_at": now}
    return insert_new(connection, label_frames, [values], ["sha256"]) == 1


def find(scope: Scope, connection: Connection, frame_id: UUID) -> LabelFrame | None:
    """Return the frame with this id."""
    query = select(label_frames).where(label_frames.c.id == frame_id, _seen_by(scope))
    row = connection.execute(query).one_or_none()
    return _frame(row) if row else None


def find_by_picture(scope: Scope, connection: Connection, sha256: str) -> LabelFrame | None:
    """Return the frame of this picture."""
    row = connection.execute(select(label_frames).where(label_frames.c.sha256 == sha256, _seen_by(scope))).one_or_none()
    return _frame(row) if row else None


def page(
    scope: Scope, connection: Connection, state: FrameState | None, cursor: str | None, limit: int
) -> Page[LabelFrame]:
    """Frames of the pool, latest first. Raises CursorInvalid."""
    where = [_seen_by(scope)]
    if state is not None:
        where.append(label_frames.c.state == state)
    return page_by_time(connection, label_frames.c.created_at, _frame, cursor, limit, where=where)


def ranked(scope: Scope, connection: Connection, limit: int, without: Collection[UUID] = ()) -> tuple[LabelFrame, ...]:
    """Return open frames, the one that teaches most first."""
    query = (
        select(label_frames)
        .where(label_frames.c.state == FrameState.OPEN, _seen_by(scope), label_frames.c.id.not_in(list(without)))
        .order_by(label_frames.c.score.desc(), label_frames.c.created_at, label_frames.c.id)
        .limit(limit)
    )
    return tuple(_frame(row) for row in connection.execute(query))


def count(scope: Scope, connection: Connection) -> dict[FrameState, int]:
    """Return how many frames are open and how many complete."""
    query = select(label_frames.c.state, func.count().label("frames")).where(_seen_by(scope))
    rows = connection.execute(query.group_by(label_frames.c.state))
    found = {FrameState(row.state): int(row.frames) for row in rows}
    return {state: found.get(state, 0) for state in FrameState}


def added_since(scope: Scope, connection: Connection, since: datetime) -> tuple[tuple[str, datetime], ...]:
    """Return source and time of each frame that came into the pool since then."""
    query = select(label_frames.c.source, label_frames.c.captured_at).where(
        label_frames.c.created_at >= since, _seen_by(scope)
    )
    return tuple((row.source, row.captured_at) for row in connection.execute(query))


def known_pictures(scope: Scope, connection: Connection, hashes: Sequence[str]) -> frozenset[str]:
    """Return those pictures that are in the pool already."""
    query = select(label_frames.c.sha256).where(label_frames.c.sha256.in_(list(hashes)), _seen_by(scope))
    return frozenset(connection.execute(query).scalars())


def complete(scope: Scope, connection: Connection) -> tuple[LabelFrame, ...]:
    """Return every complete frame, oldest picture first."""
    query = select(label_frames).where(label_frames.c.state == FrameState.COMPLETE, _seen_by(scope))
    rows = connection.execute(query.order_by(label_frames.c.captured_at, label_frames.c.id))
    return tuple(_frame(row) for row in rows)


def last_complete_of(scope: Scope, connection: Connection, frame: LabelFrame) -> LabelFrame | None:
    """Return the complete frame of the same camera or flight that was taken last before this one, else the nearest."""
    query = select(label_frames).where(
        label_frames.c.source == frame.source,
        label_frames.c.state == FrameState.COMPLETE,
        label_frames.c.id != frame.id,
        _seen_by(scope),
    )
    before = query.where(label_frames.c.captured_at <= frame.captured_at).order_by(label_frames.c.captured_at.desc())
    after = query.where(label_frames.c.captured_at > frame.captured_at).order_by(label_frames.c.captured_at)
    row = connection.execute(before.limit(1)).one_or_none() or connection.execute(after.limit(1)).one_or_none()
    return _frame(row) if row else None


def save(
    scope: Scope,
    connection: Connection,
    frame: LabelFrame,
    boxes: Iterable[LabelBox],
    actor: Actor,
    now: datetime,
    *,
    complete: bool,
) -> bool:
    """Store the next version of what is drawn on a frame; False where somebody else has stored it meanwhile."""
    state = FrameState.COMPLETE if complete else FrameState.OPEN
    changed = connection.execute(
        update(label_frames)
        .where(label_frames.c.id == frame.id, label_frames.c.version == frame.version, _seen_by(scope))
        .values(version=frame.version + 1, state=state)
    )
    if changed.rowcount != 1:
        return False
    row = {
        "frame_id": frame.id,
        "version": frame.version + 1,
        "actor_id": accounts.keep(connection, actor),
        "saved_at": now,
        "complete": complete,
        "boxes": [asdict(one) for one in boxes],
    }
    connection.execute(insert(label_saves).values(**row))
    return True


def newest_saves(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, LabelSave]:
    """Return the newest save of each frame; a frame on which nobody drew is absent."""
    query = (
        select(label_saves)
        .join(label_frames, label_frames.c.id == label_saves.c.frame_id)
        .where(label_saves.c.frame_id.in_(list(ids)), label_saves.c.version == label_frames.c.version, _seen_by(scope))
    )
    rows = connection.execute(query).all()
    actors = accounts.by_id(connection, (row.actor_id for row in rows))
    return {
        row.frame_id: LabelSave(
            row.frame_id,
            row.version,
            actors[row.actor_id],
            row.saved_at,
            row.complete,
            _BOXES.validate_python(row.boxes),
        )
        for row in rows
    }


def complete_saves(scope: Scope, connection: Connection) -> dict[UUID, LabelSave]:
    """Return what is drawn on every complete frame, by frame."""
    ids = [one.id for one in complete(scope, connection)]
    found: dict[UUID, LabelSave] = {}
    for start in range(0, len(ids), _BATCH):
        found |= newest_saves(scope, connection, ids[start : start + _BATCH])
    return found


def _seen_by(scope: Scope) -> ColumnElement[bool]:
    return scope.sees(label_frames.c.district)


def _frame(row: Row[tuple[object, ...]]) -> LabelFrame:
    return _FRAME.validate_python(dict(row._mapping))
