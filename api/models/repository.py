"""What shadows have shown: counts, and the frames on which two versions of a model disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, func, insert, select, update

from api.db.scope import Scope
from api.evidence.repository import EvidenceFile, EvidenceKind
from api.models.tables import shadow_counts, shadow_disagreements
from detector.vision.detections import Detection

KEPT: Final = 500
"""Frames with disagreements that are kept of one shadow; later ones are counted alone."""
SPACING: Final = timedelta(minutes=10)
"""Between two such frames of one camera: what stands there now is mostly what stood there before."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of a model: the one in service, and its shadow."""

    model: str
    serving: str
    shadow: str


@dataclass(frozen=True, slots=True)
class ShadowCount:
    """How a pair did: frames both looked at, those they disagree on, and things that only one of them saw."""

    pair: Pair
    frames: int
    differing: int
    only_serving: int
    only_shadow: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A frame on which two versions disagree, with all that each saw in it; boxes in pixels of the frame.

    `differing`: how many things only one of the two saw. `frame` is the untouched picture among the evidence.
    """

    id: UUID
    pair: Pair
    source: str
    district: str | None
    frame: EvidenceFile
    serving: tuple[Detection, ...]
    shadow: tuple[Detection, ...]
    differing: int


def count(connection: Connection, pair: Pair, only_serving: int, only_shadow: int, at: datetime) -> None:
    """Count one frame that both versions have looked at."""
    table = shadow_counts
    of_pair = (
        table.c.model == pair.model,
        table.c.serving_version == pair.serving,
        table.c.shadow_version == pair.shadow,
    )
    differs = int(bool(only_serving or only_shadow))
    changed = connection.execute(
        update(table)
        .where(*of_pair)
        .values(
            frames=table.c.frames + 1,
            differing=table.c.differing + differs,
            only_serving=table.c.only_serving + only_serving,
            only_shadow=table.c.only_shadow + only_shadow,
            last_at=at,
        )
    )
    if changed.rowcount == 0:
        connection.execute(
            insert(table).values(
                model=pair.model,
                serving_version=pair.serving,
                shadow_version=pair.shadow,
                frames=1,
                differing=differs,
                only_serving=only_serving,
                only_shadow=only_shadow,
                first_at=at,
                last_at=at,
            )
        )


def wants(connection: Connection, pair: Pair, source: str, at: datetime) -> bool:
    """Return whether another frame of this camera is kept: not too many in all, and none within SPACING."""
    table = shadow_disagreements
    of_shadow = (table.c.model == pair.model, table.c.shadow_version == pair.shadow)
    kept = connection.execute(select(func.count()).select_from(table).where(*of_shadow)).scalar_one()
    near = select(table.c.id).where(
        *of_shadow, table.c.source == source, table.c.frame_at > at - SPACING, table.c.frame_at < at + SPACING
    )
    return kept < KEPT and connection.execute(near.limit(1)).first() is None


def keep(
    connection: Connection,
    pair: Pair,
    source: str,
    district: str | None,
    frame: EvidenceFile,
    serving: Sequence[Detection],
    shadow: Sequence[Detection],
    differing: int,
) -> UUID:
    """Keep a frame on which the versions of a pair disagree."""
    added = uuid4()
    connection.execute(
        insert(shadow_disagreements).values(
            id=added,
            model=pair.model,
            serving_version=pair.serving,
            shadow_version=pair.shadow,
            source=source,
            district=district,
            frame_at=frame.captured_at,
            sha256=frame.sha256,
            path=frame.path,
            width=frame.width,
            height=frame.height,
            serving_boxes=[_to_json(one) for one in serving],
            shadow_boxes=[_to_json(one) for one in shadow],
            differing=differing,
        )
    )
    return added


def counts(scope: Scope, connection: Connection, model: str) -> list[ShadowCount]:
    """Return how every pair of a model did, the latest first; nothing to those who see some districts alone."""
    if scope.districts is not None:
        return []
    query = select(shadow_counts).where(shadow_counts.c.model == model).order_by(shadow_counts.c.last_at.desc())
    return [
        ShadowCount(
            Pair(row.model, row.serving_version, row.shadow_version),
            row.frames,
            row.differing,
            row.only_serving,
            row.only_shadow,
            row.first_at,
            row.last_at,
        )
        for row in connection.execute(query)
    ]


def disagreements(
    scope: Scope, connection: Connection, limit: int, model: str | None = None
) -> tuple[Disagreement, ...]:
    """Return frames on which a shadow disagrees with the version in service, those with most differences first.

    What the pool of frames to label asks for: each is worth a person's look, as one of the two is wrong.
    """
    table = shadow_disagreements
    query = select(table).where(scope.sees(table.c.district))
    if model is not None:
        query = query.where(table.c.model == model)
    query = query.order_by(table.c.differing.desc(), table.c.frame_at.desc(), table.c.id).limit(limit)
    return tuple(_from_row(row) for row in connection.execute(query))


def find_disagreement(scope: Scope, connection: Connection, wanted: UUID) -> Disagreement | None:
    """Return one of them; None where there is none of that id, or not for this user."""
    table = shadow_disagreements
    row = connection.execute(select(table).where(table.c.id == wanted, scope.sees(table.c.district))).one_or_none()
    return _from_row(row) if row else None


def _from_row(row: Row[tuple[object, ...]]) -> Disagreement:
    frame = EvidenceFile(EvidenceKind.SCENE, row.sha256, row.path, row.frame_at, row.width, row.height)
    pair = Pair(row.model, row.serving_version, row.shadow_version)
    seen = [tuple(_from_json(one) for one in boxes) for boxes in (row.serving_boxes, row.shadow_boxes)]
    return Disagreement(row.id, pair, row.source, row.district, frame, seen[0], seen[1], row.differing)


def _to_json(one: Detection) -> list[object]:
    return [one.class_name, round(one.confidence, 4), *(round(edge, 1) for edge in one.box)]


def _from_json(values: list[object]) -> Detection:
    name, confidence, *box = values
    x1, y1, x2, y2 = (float(str(edge)) for edge in box)
    return Detection(str(name), float(str(confidence)), (x1, y1, x2, y2))
