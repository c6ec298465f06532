"""Which evidence file shows which candidate; the files themselves are kept by `api.evidence`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, insert, select

from api.db.scope import Scope
from api.evidence.tables import evidence


class EvidenceKind(StrEnum):
    """What a picture shows: the scene as it came, the thing alone, or a copy of the scene with the box drawn in.

    `by_*` is a small picture of the place in the look in which that finder was surest.
    """

    SCENE = "scene"
    CROP = "crop"
    BOXED = "boxed"
    BY_MODEL = "by_model"
    BY_OBJECTS = "by_objects"
    BY_OCCUPANCY = "by_occupancy"

    @property
    def finder(self) -> str | None:
        """Return the finder whose surest look it shows; None for a picture of the evidence proper."""
        return self.value.removeprefix("by_") if self.value.startswith("by_") else None


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One picture: its hash, where it lies under the evidence folder, when the light fell, its size in pixels."""

    kind: EvidenceKind
    sha256: str
    path: str
    captured_at: datetime
    width: int
    height: int


def add(connection: Connection, candidate_id: UUID, files: Iterable[EvidenceFile]) -> None:
    """Record the pictures of a candidate."""
    rows = [
        {
            "candidate_id": candidate_id,
            "kind": file.kind,
            "sha256": file.sha256,
            "path": file.path,
            "captured_at": file.captured_at,
            "width": file.width,
            "height": file.height,
        }
        for file in files
    ]
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
        file = EvidenceFile(EvidenceKind(row.kind), row.sha256, row.path, row.captured_at, row.width, row.height)
        found.setdefault(row.candidate_id, []).append(file)
    return {key: tuple(sorted(files, key=lambda file: order.index(file.kind))) for key, files in found.items()}
