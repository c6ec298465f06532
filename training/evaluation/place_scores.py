"""What a reviewer would have been shown of a recorded sequence: stalls found, how late, and what was none."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from detector.vision.detections import Box
from training.evaluation.sequence import KnownStall, PictureSequence

LEFT = timedelta(minutes=5)
"""A stall that has left may still be handed on for so long: it was there."""

SAME = 0.2
"""Intersection over union from which on a box shows a stall; a smaller box counts when it lies within one."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A place when it was first put before the reviewer; the box in shares of the picture (0 to 1)."""

    key: str
    at: datetime
    box: Box
    found_by: str
    probability: float


@dataclass(frozen=True, slots=True)
class PlaceScore:
    """`late_s`: seconds from when each found stall could first be seen to when it was handed on, in the stalls' order;
    None for one that was missed. `doubled`: places beyond the first for one stall."""

    stalls: int
    late_s: tuple[float | None, ...]
    doubled: int
    false: tuple[Handed, ...]
    days: float

    @property
    def found(self) -> int:
        return sum(late is not None for late in self.late_s)

    @property
    def false_per_day(self) -> float:
        """False places for each day that a camera is watched."""
        return len(self.false) / self.days

    @property
    def false_interval(self) -> tuple[float, float]:
        """The exact 95 % interval of `false_per_day`, false places taken as independent."""
        low, high = poisson_interval(len(self.false))
        return low / self.days, high / self.days


def score_places(sequence: PictureSequence, handed: Iterable[Handed]) -> PlaceScore:
    """Compare what was handed on with what stood there; each place counts for the stall that it overlaps most."""
    began = sequence.pictures[0].at
    late: list[float | None] = [None] * len(sequence.stalls)
    doubled, false = 0, []
    for one in sorted(handed, key=lambda one: one.at):
        fits = [(agreement(one.box, stall.box), n) for n, stall in enumerate(sequence.stalls) if _there(stall, one.at)]
        share, number = max(fits, default=(0.0, -1))
        if share < SAME:
            false.append(one)
        elif late[number] is not None:
            doubled += 1
        else:
            late[number] = (one.at - max(began, sequence.stalls[number].since or began)).total_seconds()
    return PlaceScore(len(sequence.stalls), tuple(late), doubled, tuple(false), sequence.seconds / 86400)


def agreement(box: Box, stall: Box) -> float:
    """Intersection over union; for a box that lies within the stall (its parasol, its cart) the share of it inside,
    as long as it is a tenth of the stall."""
    common = max(0.0, min(box[2], stall[2]) - max(box[0], stall[0])) * max(
        0.0, min(box[3], stall[3]) - max(box[1], stall[1])
    )
    area, whole = _area(box), _area(stall)
    inside = common / area if area > 0 else 0.0
    union = common / (area + whole - common)
    return max(union, inside if inside >= 0.7 and area >= 0.1 * whole else 0.0)


def poisson_interval(count: int, share: float = 0.95) -> tuple[float, float]:
    """The exact interval (Garwood) for the mean of a count of rare events."""
    tail = (1 - share) / 2

    def mean_where(events: int, wanted: float) -> float:
        """The mean at which at most `events` happen with the probability `wanted`."""
        low, high = 0.0, 20.0 + 3.0 * events
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if _at_most(events, middle) > wanted else (low, middle)
        return (low + high) / 2

    return (mean_where(count - 1, 1 - tail) if count else 0.0), mean_where(count, tail)


def _at_most(events: int, mean: float) -> float:
    return sum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(events + 1)) if mean else 1.0


def _there(stall: KnownStall, at: datetime) -> bool:
    return (stall.since is None or at >= stall.since) and (stall.until is None or at <= stall.until + LEFT)


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
