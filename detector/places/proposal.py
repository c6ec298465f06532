"""What a finder suggests: here, in this frame, stands something that a rule may speak of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from detector.places.place_evidence import Support
from detector.vision.detections import Box

STALL = "stall"
"""The class, and the kind, of what stands on the street to sell: the only one that is also found without a model."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that one finder (`model`, `objects` or `occupancy`) suggests in one frame.

    `kind` is the family within which the class may flicker from frame to frame while the thing stays the same: a
    detector that is torn between two sorts of sign still looks at one sign. `support` is what each finder that suggests
    it is worth as evidence.
    """

    class_name: str
    kind: str
    box: Box
    confidence: float
    found_by: str
    support: tuple[Support, ...] = ()


def hull(a: Box, b: Box) -> Box:
    """Return the smallest box that holds both."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def groups_of(boxes: Sequence[Box], together: Callable[[Box, Box], bool]) -> list[list[int]]:
    """Return indices of the boxes in groups that are connected pair by pair."""
    groups: list[list[int]] = []
    for index, box in enumerate(boxes):
        near = [group for group in groups if any(together(box, boxes[other]) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(other for group in near for other in group), index])
    return groups


def hull_of(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds them all."""
    return reduce(hull, boxes)
