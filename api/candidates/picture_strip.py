"""The pictures of a candidate in the order of its life, with their times, as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from api.candidates.repository import StoredCandidate
from api.candidates.schemas import evidence_path
from api.evidence.kinds import EvidenceKind
from api.evidence.repository import EvidenceFile
from detector.vision.detections import Box

IN_FILM: Final = (
    EvidenceKind.FIRST_CROP,
    EvidenceKind.BREACH_CROP,
    EvidenceKind.CROP,
    EvidenceKind.FILM,
    EvidenceKind.LAST_CROP,
)


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """One picture on a page; `at` is when it was taken, in the rulebook's zone, None where that is not known."""

    kind: EvidenceKind
    href: str
    sha256: str
    width: int
    height: int
    at: datetime | None
    box: Box | None


@dataclass(frozen=True, slots=True)
class Strip:
    """`main` shows the breach, or else the best view; `film` is the thing alone, from its first sighting to its last.

    `scene` is the whole picture of the best view: the one in whose pixels the box of a verdict is. The film is empty
    where there is no more than one picture of it.
    """

    zone: str
    main: ShownPicture | None
    scene: ShownPicture | None
    first: ShownPicture | None
    last: ShownPicture | None
    empty: ShownPicture | None
    best: ShownPicture | None
    film: tuple[ShownPicture, ...]


def strip_of(item: StoredCandidate, files: Iterable[EvidenceFile], zone: tzinfo) -> Strip:
    """Return the pictures of a candidate as a page shows them."""
    shown = [_shown(item, file, zone) for file in files]
    one = {picture.kind: picture for picture in shown}
    times: dict[datetime, ShownPicture] = {}
    for picture in sorted(shown, key=lambda picture: IN_FILM.index(picture.kind) if picture.kind in IN_FILM else -1):
        if picture.kind in IN_FILM and picture.at is not None:
            times.setdefault(picture.at, picture)
    film = tuple(times[at] for at in sorted(times))
    scene = one.get(EvidenceKind.SCENE)
    return Strip(
        zone=getattr(zone, "key", "UTC"),
        main=one.get(EvidenceKind.BREACH) or scene,
        scene=scene,
        first=one.get(EvidenceKind.FIRST_CROP),
        last=one.get(EvidenceKind.LAST_CROP),
        empty=one.get(EvidenceKind.EMPTY_CROP),
        best=one.get(EvidenceKind.CROP),
        film=film if len(film) > 1 else (),
    )


def _shown(item: StoredCandidate, file: EvidenceFile, zone: tzinfo) -> ShownPicture:
    best = file.kind is EvidenceKind.SCENE
    return ShownPicture(
        kind=file.kind,
        href=evidence_path(item.id, file.kind, file.number),
        sha256=file.sha256,
        width=file.width,
        height=file.height,
        at=file.captured_at.astimezone(zone) if item.timed else None,
        box=file.box or (item.box if best else None),
    )
