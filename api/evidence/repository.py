"""Which evidence file shows which candidate; the files themselves are kept by `api.evidence`."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select

from api.db.inserts import insert_new
from api.db.scope import Scope
from api.evidence.kinds import EvidenceKind as EvidenceKind  # belongs to what is said of a file
from api.evidence.tables import evidence, evidence_discarded
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


def discard(connection: Connection, candidate_id: UUID, files: Iterable[EvidenceFile], now: datetime) -> None:
    """Take pictures off a candidate; the files are removed later, unless they show something else as well."""
    gone = list(files)
    for file in gone:
        mine = (evidence.c.candidate_id == candidate_id, evidence.c.kind == file.kind, evidence.c.number == file.number)
        connection.execute(delete(evidence).where(*mine))
    mark_discarded(connection, gone, now)


def mark_discarded(connection: Connection, files: Sequence[EvidenceFile], now: datetime) -> None:
    """Note files that may be of no use."""
    rows = {file.sha256: {"sha256": file.sha256, "path": file.path, "since": now} for file in files}
    if rows:
        insert_new(connection, evidence_discarded, list(rows.values()), ["sha256"])


def _from_row(row: Row[tuple[object, ...]]) -> EvidenceFile:
    values = dict(row._mapping)
    del values["candidate_id"]
    box = values.pop("box")
    return EvidenceFile(**values | {"kind": EvidenceKind(row.kind), "box": None if box is None else tuple(box)})
