"""Which evidence file shows which candidate; the files themselves are kept by `api.evidence`."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, column, delete, insert, or_, select, table

from api.db.inserts import insert_new
from api.db.scope import Scope
from api.evidence.kinds import EvidenceKind as EvidenceKind  # belongs to what is said of a file
from api.evidence.tables import evidence, evidence_discarded, evidence_masks
from detector.vision.detections import Box


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One picture: its hash, where it lies under the evidence folder, when the light fell, its size in pixels.

    `number` tells those of one kind apart; `box` is where the thing is in a whole scene, `lag` by how many seconds the
    picture came late; both None where that is not known.
    """

    kind: EvidenceKind
    sha256: str
    path: str
    captured_at: datetime
    width: int
    height: int
    number: int = 0
    box: Box | None = None
    lag: float | None = None


def add(connection: Connection, candidate_id: UUID, files: Iterable[EvidenceFile]) -> None:
    """Record the pictures of a candidate."""
    rows = [{"candidate_id": candidate_id} | asdict(file) for file in files]
    if rows:
        connection.execute(insert(evidence), rows)


def hashes(connection: Connection) -> frozenset[str]:
    """Return the hashes of all evidence of candidates."""
    return frozenset(connection.execute(select(evidence.c.sha256).distinct()).scalars())


def of_candidates(scope: Scope, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, tuple[EvidenceFile, ...]]:
    """Return the pictures of each candidate, scene first; a candidate without any is absent."""
    query = select(evidence).where(
        evidence.c.candidate_id.in_(list(ids)), scope.sees_parent(evidence.c.candidate_id, "candidates")
    )
    order = list(EvidenceKind)
    found: dict[UUID, list[EvidenceFile]] = {}
    for row in connection.execute(query):
        found.setdefault(row.candidate_id, []).append(_from_row(row))
    return {
        key: tuple(sorted(files, key=lambda file: (order.index(file.kind), file.number)))
        for key, files in found.items()
    }


def discard(connection: Connection, candidate_id: UUID, files: Iterable[EvidenceFile], now: datetime, why: str) -> None:
    """Take pictures off a candidate; the files are removed later, unless they show something else as well."""
    gone = list(files)
    for file in gone:
        mine = (evidence.c.candidate_id == candidate_id, evidence.c.kind == file.kind, evidence.c.number == file.number)
        connection.execute(delete(evidence).where(*mine))
    mark_discarded(connection, candidate_id, gone, now, why)


def mark_discarded(
    connection: Connection, candidate_id: UUID, files: Sequence[EvidenceFile], now: datetime, why: str
) -> None:
    """Note files that may be of no use, and the masked copies of them."""
    paths = {file.sha256: file.path for file in files}
    masks = select(evidence_masks).where(evidence_masks.c.original.in_(list(paths)))
    paths |= {row.sha256: row.path for row in connection.execute(masks)}
    said = {"since": now, "candidate_id": candidate_id, "why": why}
    rows = [{"sha256": sha256, "path": path} | said for sha256, path in paths.items()]
    if rows:
        insert_new(connection, evidence_discarded, rows, ["sha256"])


KEPT_ELSEWHERE: Final = (
    ("label_frames", "sha256"),
    ("camera_health", "sha256"),
    ("shadow_disagreements", "sha256"),
    ("case_events", "picture_sha256"),
    ("look_requests", "picture_sha256"),
)
"""Columns of other domains' tables that name files of this store: what they show is not removed."""


def _needed(sha256: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a file shows something: a candidate, or what another domain keeps."""
    others = (
        select(table(name, column(hashed)).c[hashed]).where(column(hashed).is_not(None))
        for name, hashed in KEPT_ELSEWHERE
    )
    return or_(sha256.in_(select(evidence.c.sha256)), *(sha256.in_(query) for query in others))


@dataclass(frozen=True, slots=True)
class Discarded:
    """One file that a candidate needs no more, and why."""

    sha256: str
    path: str
    candidate_id: UUID
    why: str


def discarded(connection: Connection, before: datetime) -> tuple[Discarded, ...]:
    """Return the files that were of no use before a moment and nothing else needs, by candidate."""
    gone = evidence_discarded.c
    query = select(gone.sha256, gone.path, gone.candidate_id, gone.why).where(gone.since <= before)
    query = query.where(~_needed(gone.sha256)).order_by(gone.candidate_id, gone.sha256)
    return tuple(Discarded(row.sha256, row.path, row.candidate_id, row.why) for row in connection.execute(query))


def forget_discarded(connection: Connection, hashes: Sequence[str]) -> None:
    """Forget files that were removed, and masked copies of them."""
    connection.execute(delete(evidence_discarded).where(evidence_discarded.c.sha256.in_(hashes)))
    gone = evidence_masks.c.original.in_(hashes) | evidence_masks.c.sha256.in_(hashes)
    connection.execute(delete(evidence_masks).where(gone))


def forget_needed(connection: Connection) -> None:
    """Forget of the files that were of no use those that show a candidate again."""
    needed = evidence_discarded.c.sha256.in_(select(evidence.c.sha256))
    connection.execute(delete(evidence_discarded).where(needed))


def mask_of(connection: Connection, file: EvidenceFile) -> EvidenceFile | None:
    """Return the masked copy of a picture; None where there is none."""
    query = select(evidence_masks.c.sha256, evidence_masks.c.path).where(evidence_masks.c.original == file.sha256)
    row = connection.execute(query).one_or_none()
    return None if row is None else replace(file, sha256=row.sha256, path=row.path)


def keep_mask(connection: Connection, file: EvidenceFile, masked: EvidenceFile, model: str, now: datetime) -> None:
    """Record the masked copy of a picture, and the model that found what is covered."""
    row = {"original": file.sha256, "sha256": masked.sha256, "path": masked.path, "model": model, "made_at": now}
    insert_new(connection, evidence_masks, [row], ["original"])


def _from_row(row: Row[tuple[object, ...]]) -> EvidenceFile:
    values = dict(row._mapping)
    del values["candidate_id"]
    box = values.pop("box")
    return EvidenceFile(**values | {"kind": EvidenceKind(row.kind), "box": None if box is None else tuple(box)})
