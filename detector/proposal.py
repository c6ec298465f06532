"""What a finder suggests: here, in this frame, stands something that a rule may speak of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.detections import Box

STALL = "stall"
"""The class, and the kind, of what stands on the street to sell: the only one that is also found without a model."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that one finder (`model`, `objects` or `occupancy`) suggests in one frame.

    `kind` is the family within which the class may flicker from frame to frame while the thing stays the same: a
    detector that is torn between two sorts of sign still looks at one sign.
    """

    class_name: str
    kind: str
    box: Box
    confidence: float
    found_by: str


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
