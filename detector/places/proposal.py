"""What a finder suggests: here, in this frame, stands something that a rule may speak of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from detector.places.place_evidence import Support
from detector.vision.boxes import as_array, overlap
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


def once(proposals: list[Proposal]) -> list[Proposal]:
    """Return each proposal once, the surest first."""
    return sorted(dict.fromkeys(proposals), key=lambda one: -one.confidence)


def merge(stands: list[Proposal], groups: list[Proposal]) -> list[Proposal]:
    """Return two finders on one thing: their common box, what both say, and more confidence than either has alone."""
    merged = list(stands)
    for group in groups:
        _, inside, around = overlap(as_array([one.box for one in merged]), as_array([group.box]))
        share = np.maximum(inside, around)[:, 0] if merged else np.zeros(0)
        if share.max(initial=0.0) < 0.5:
            merged.append(group)
            continue
        index = int(share.argmax())
        one = merged[index]
        sure = 1 - (1 - one.confidence) * (1 - group.confidence)
        known = {support.finder: support for support in group.support}
        for support in one.support:  # the surer word of each finder
            other = known.get(support.finder)
            known[support.finder] = support if other is None or support.log_odds >= other.log_odds else other
        merged[index] = Proposal(STALL, STALL, hull(one.box, group.box), sure, one.found_by, tuple(known.values()))
    return merged
