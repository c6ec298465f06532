"""How right the models are in service, by what reviewers say: by class, camera, hour and version, and how it changes.

What a verdict says of a model is not what it says of a case: a stall with a permit was seen rightly. `RIGHT` and
`WRONG` say what counts; a bad picture, and "other", say nothing of the model.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from api.candidates.verdicts import Decision, JudgedFind, RejectReason, judged_since
from api.db.scope import Scope

RIGHT: Final = frozenset(
    {RejectReason.PERMITTED, RejectReason.MOVING_VENDOR, RejectReason.DUPLICATE, RejectReason.BAD_POSITION}
)
"""Rejected, though the model saw what is there."""
WRONG: Final = frozenset({RejectReason.NOT_A_STALL, RejectReason.VEHICLE, RejectReason.IN_SHOP})
RECENT: Final = timedelta(days=14)
LOOKED_BACK: Final = timedelta(days=180)
Z_SHOWN: Final = 1.96
"""Of the intervals that are shown, 95 %."""
Z_FALL: Final = 3.0
"""Of a fall that is said, 99.7 %: dozens of groups are looked at, and at 95 % one of them falls by chance each day."""


class Group(StrEnum):
    """What verdicts are grouped by."""

    CLASS = "class"
    CAMERA = "camera"
    HOUR = "hour"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `total` verdicts, with Wilson's interval at 95 %."""

    right: int
    total: int

    @property
    def value(self) -> float:
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.total)


@dataclass(frozen=True, slots=True)
class Precision:
    """One group's precision: in all, in the last RECENT, and before; `fell`: by more than chance explains."""

    group: Group
    key: str
    all: Share
    recent: Share
    before: Share

    @property
    def fell(self) -> bool:
        """Return whether the recent precision is lower by more than its interval at Z_FALL."""
        return self.recent.total > 0 and self.before.total > 0 and _difference_high(self.recent, self.before) < 0


def wilson(right: int, total: int, z: float = Z_SHOWN) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, (0, 1) of nothing. (Wilson, JASA 22, 1927.)"""
    if total == 0:
        return 0.0, 1.0
    share, square = right / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    # rounding may leave the interval a hair beside the share where that is 0 or 1
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def _difference_high(recent: Share, before: Share) -> float:
    """Return the upper end of recent - before: Newcombe's interval of two Wilson intervals (Stat. Med. 17, 1998)."""
    _, upper = wilson(recent.right, recent.total, Z_FALL)
    lower, _ = wilson(before.right, before.total, Z_FALL)
    difference = recent.value - before.value
    return difference + math.sqrt((upper - recent.value) ** 2 + (before.value - lower) ** 2)


def figures(scope: Scope, connection: Connection, now: datetime) -> tuple[Precision, ...]:
    """Return the precision of every group of the last LOOKED_BACK, those that fell first; for pages and metrics."""
    tallies: dict[tuple[Group, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for find in judged_since(scope, connection, now - LOOKED_BACK):
        right = _was_right(find)
        if right is None:
            continue
        tally_at = 0 if find.decided_at > now - RECENT else 2
        for key in _groups(find):
            tallies[key][tally_at] += int(right)
            tallies[key][tally_at + 1] += 1
    found = [
        Precision(group, key, Share(a + c, b + d), Share(a, b), Share(c, d))
        for (group, key), (a, b, c, d) in tallies.items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.fell, list(Group).index(one.group), one.key)))


def _was_right(find: JudgedFind) -> bool | None:
    if find.decision is Decision.CONFIRMED:
        return True
    return True if find.reason in RIGHT else False if find.reason in WRONG else None


def _groups(find: JudgedFind) -> Iterable[tuple[Group, str]]:
    yield Group.CLASS, find.class_name
    if find.camera is not None:
        yield Group.CAMERA, find.camera
    if find.hour is not None:
        yield Group.HOUR, f"{find.hour:02d}"
    for model in find.models:
        yield Group.MODEL, f"{model.name} {model.version or '?'}"
