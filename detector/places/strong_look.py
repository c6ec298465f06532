"""What one strong look says of a place: whether the thing is there now, or gone, or whether it cannot tell."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from detector.places.places import is_same_place
from detector.places.proposal import STALL
from detector.vision.boxes import overlap
from detector.vision.detections import Box

HIDDEN: Final = 0.3
"""Share of a place that may stand behind people and vehicles; what is hidden more is not gone."""


class PlaceNow(StrEnum):
    """What a look says of a place where something stood."""

    THERE = "there"
    GONE = "gone"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class SeenPlace:
    """A place that a look saw; `likely` where it is probably what it is taken for."""

    class_name: str
    box: Box
    likely: bool


@dataclass(frozen=True, slots=True)
class StrongLook:
    """One strong look: the classes that were looked for, what was seen of them, and the boxes of what passes by."""

    classes: frozenset[str]
    seen: tuple[SeenPlace, ...] = ()
    passing: tuple[Box, ...] = ()

    def at(self, class_name: str, box: Box) -> PlaceNow:
        """Return what the look says of a place of this class."""
        if class_name not in self.classes:
            return PlaceNow.UNSURE
        stall = class_name == STALL
        same = [one for one in self.seen if one.class_name == class_name and is_same_place(box, one.box, stall=stall)]
        if same:
            return PlaceNow.THERE if any(one.likely for one in same) else PlaceNow.UNSURE
        if self.passing:
            _, covered, _ = overlap(np.array([box]), np.array(self.passing))
            if float(covered.sum()) >= HIDDEN:
                return PlaceNow.UNSURE
        return PlaceNow.GONE
