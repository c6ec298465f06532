"""Which frame teaches most: where what proposed does not agree, and where a class is short; not low confidence."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from api.labels.repository import ProposedBox
from detector.vision.boxes import iou

SAME_THING: Final = 0.4
"""Overlap from which on two proposals are of one thing."""
ENOUGH: Final = 50
"""Boxes of a class from which on it is no longer short."""
SHORT_COUNTS: Final = 0.5
"""What a class that is short weighs against disagreement, which is 0 to 1."""


def score(
    proposals: Sequence[ProposedBox], neighbours: Sequence[Sequence[ProposedBox]], known: Mapping[str, int]
) -> float:
    """Return how much a frame teaches, 0 to 1.5.

    Args:
        proposals: what finders and models proposed in it.
        neighbours: what was proposed in other frames of the same fixed camera.
        known: boxes of each class in complete frames and verdicts.
    """
    return disagreement(proposals, neighbours) + SHORT_COUNTS * shortness(proposals, known)


def disagreement(proposals: Sequence[ProposedBox], neighbours: Sequence[Sequence[ProposedBox]]) -> float:
    """Return the share of things on which finders, models or neighbouring frames do not agree, 0 to 1."""
    groups = _things(proposals)
    speaks = {(one.by, one.class_name) for every in (proposals, *neighbours) for one in every}
    argued = sum(_argued(group, speaks) for group in groups)
    missing = 0
    for other in neighbours:
        missing += sum(1 for one in other if not any(iou(one.box, mine.box) >= SAME_THING for mine in proposals))
        missing += sum(1 for group in groups if not any(iou(group[0].box, one.box) >= SAME_THING for one in other))
    looked = len(groups) * (1 + len(neighbours)) + sum(len(other) for other in neighbours)
    return min(1.0, (argued + missing) / looked) if looked else 0.0


def shortness(proposals: Iterable[ProposedBox], known: Mapping[str, int]) -> float:
    """Return how short the rarest class of a frame is, 0 (there is enough) to 1 (nobody has labelled any)."""
    counts = [known.get(one.class_name, 0) for one in proposals]
    return max(0.0, 1 - min(counts) / ENOUGH) if counts else 0.0


def _things(proposals: Sequence[ProposedBox]) -> list[list[ProposedBox]]:
    groups: list[list[ProposedBox]] = []
    for one in proposals:
        same = next((group for group in groups if iou(group[0].box, one.box) >= SAME_THING), None)
        if same is None:
            groups.append([one])
        else:
            same.append(one)
    return groups


def _argued(group: Sequence[ProposedBox], speaks: set[tuple[str, str]]) -> bool:
    """Return whether not all that speak of such things saw this one, or not as the same."""
    classes = {one.class_name for one in group}
    return len(classes) > 1 or {by for by, name in speaks if name in classes} != {one.by for one in group}
