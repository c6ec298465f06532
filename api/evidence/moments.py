"""How the pictures of a thing that stands on are kept: the first, the breach, the last, and a film of it between."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from api.db.scope import EVERYWHERE
from api.evidence import repository as evidence
from api.evidence.kinds import EvidenceKind
from api.evidence.repository import EvidenceFile

APART: Final = 1 / 3
"""Share of its life so far that passes between two pictures of the film: some twenty in a day."""

AS_BREACH: Final = {EvidenceKind.LAST: EvidenceKind.BREACH, EvidenceKind.LAST_CROP: EvidenceKind.BREACH_CROP}
LAST: Final = tuple(AS_BREACH)


def follow(
    connection: Connection, candidate_id: UUID, files: Sequence[EvidenceFile], *, broken: bool, now: datetime
) -> None:
    """Take in the pictures of one more moment of a candidate; call it while its row is locked.

    What was the last sighting becomes part of the film or is let go. Where the rule is `broken` in that moment and no
    picture shows it yet, this one does.
    """
    known = evidence.of_candidates(EVERYWHERE, connection, [candidate_id]).get(candidate_id, ())
    there = {file.kind for file in known}
    added = [file for file in files if file.kind not in LAST and file.kind not in there]
    last = [file for file in files if file.kind in LAST]
    replaced = [file for file in known if file.kind in LAST]
    if last and any(file.captured_at > last[0].captured_at for file in replaced):
        last = []
    elif last:
        evidence.discard(connection, candidate_id, replaced, now, "replaced")
        added += (*last, *_film(known))
    if broken and EvidenceKind.BREACH not in there:
        added += [replace(file, kind=AS_BREACH[file.kind]) for file in files if file.kind in LAST]
    evidence.add(connection, candidate_id, added)


def _film(known: Sequence[EvidenceFile]) -> Iterator[EvidenceFile]:
    """Yield what was the last sighting as the next picture of the film, where enough time has passed since the one
    before it."""
    crops = {file.kind: file for file in known if file.kind is not EvidenceKind.FILM}
    last = crops.get(EvidenceKind.LAST_CROP)
    if last is None:
        return
    film = [file for file in known if file.kind is EvidenceKind.FILM]
    marks = [crops[kind] for kind in (EvidenceKind.FIRST_CROP, EvidenceKind.BREACH_CROP) if kind in crops]
    before = [file.captured_at for file in (*marks, *film)]
    if any(last.sha256 == file.sha256 for file in marks) or not before:
        return
    if last.captured_at - max(before) >= (last.captured_at - min(before)) * APART:
        yield replace(last, kind=EvidenceKind.FILM, number=1 + max((file.number for file in film), default=0))
