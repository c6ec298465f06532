"""What a picture of the evidence can show."""

from enum import StrEnum
from typing import Final


class EvidenceKind(StrEnum):
    """What a picture shows.

    The best view: the scene, the thing alone, and a copy of the scene with the box drawn in. The first sighting, the
    moment at which the rule was broken (or after it, never before) and the last sighting: the scene and the thing
    alone. The empty scene as occupancy learned it, which is computed. The thing alone at moments between. And `by_*`: a
    small picture of the place in the look in which that finder was surest.
    """

    SCENE = "scene"
    CROP = "crop"
    BOXED = "boxed"
    FIRST = "first"
    FIRST_CROP = "first_crop"
    BREACH = "breach"
    BREACH_CROP = "breach_crop"
    LAST = "last"
    LAST_CROP = "last_crop"
    EMPTY = "empty"
    EMPTY_CROP = "empty_crop"
    FILM = "film"
    BY_MODEL = "by_model"
    BY_OBJECTS = "by_objects"
    BY_OCCUPANCY = "by_occupancy"

    @property
    def finder(self) -> str | None:
        """Return the finder whose surest look it shows; None for a picture of the evidence proper."""
        return self.value.removeprefix("by_") if self.value.startswith("by_") else None


CROP_OF: Final = {
    EvidenceKind.SCENE: EvidenceKind.CROP,
    EvidenceKind.FIRST: EvidenceKind.FIRST_CROP,
    EvidenceKind.BREACH: EvidenceKind.BREACH_CROP,
    EvidenceKind.LAST: EvidenceKind.LAST_CROP,
    EvidenceKind.EMPTY: EvidenceKind.EMPTY_CROP,
}
"""Each scene, and the kind of what is cut out of it."""

PARTS: Final = frozenset(
    {*CROP_OF.values(), EvidenceKind.FILM, EvidenceKind.EMPTY} | {kind for kind in EvidenceKind if kind.finder}
)
"""What shows the thing alone, or nobody: a look at it is not recorded."""
