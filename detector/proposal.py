"""What a finder suggests: here, in this frame, stands something that a rule may speak of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from detector.detections import Box
from detector.place_evidence import Support

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


def as_array(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Boxes as (n, 4), also when there is none."""
    return np.array(boxes, np.float64).reshape(-1, 4)


def overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """For boxes (n, 4) and (m, 4), each (n, m): intersection over union, share of `a` in `b`, share of `b` in `a`."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    common = np.prod(np.clip(sides, 0, None), axis=2)
    area_a = np.prod(a[:, 2:] - a[:, :2], axis=1)[:, None]
    area_b = np.prod(b[:, 2:] - b[:, :2], axis=1)[None, :]
    tiny = 1e-9
    return common / (area_a + area_b - common + tiny), common / (area_a + tiny), common / (area_b + tiny)


def hull(a: Box, b: Box) -> Box:
    """The smallest box that holds both."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def groups_of(boxes: Sequence[Box], together: Callable[[Box, Box], bool]) -> list[list[int]]:
    """Indices of the boxes, in groups that hang together pair by pair."""
    groups: list[list[int]] = []
    for index, box in enumerate(boxes):
        near = [group for group in groups if any(together(box, boxes[other]) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(other for group in near for other in group), index])
    return groups


def hull_of(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds them all."""
    return reduce(hull, boxes)
