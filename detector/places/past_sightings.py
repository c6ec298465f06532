"""What was handed on at a place before, and what a person said of it, lowers what stands there again in the same hours.

A tree's shadow, a shop front, a van that parks there every morning come back, and each costs a reviewer's look. What
was rejected as nothing of the kind takes log odds from what the finders say at that place. It can never take more than
`MOST`, so that what is seen well is handed on all the same; it counts for a month after it last came back; and a
confirmed thing takes a rejected one's weight away, but adds nothing by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from detector.places.places import Place, fits
from detector.places.proposal import STALL
from detector.vision.boxes import as_array
from detector.vision.detections import Box

REJECTED = -0.8
"""Log odds of each time that it was rejected: what is there is half as likely again."""

RECURS, RECURS_DAYS = -0.4, 3
"""What came on so many different days, was rejected for whatever reason and never confirmed, counts so much more."""

MOST = -1.6
"""The most that the past of a place can take: five to one against."""

FORGOTTEN = timedelta(days=30)
"""After so long without coming back, a rejected thing counts for nothing any more."""

SAME_HOURS = timedelta(hours=1)
"""How much earlier or later in the day it may come and be the same."""

ASK_EVERY = timedelta(minutes=10)
"""Scene time between two questions to the store."""

WEIGH_EVERY = timedelta(minutes=1)
"""A place's box and the hour change slowly: what its past weighs is reckoned so often."""

_DAY = timedelta(days=1)


class PastVerdict(StrEnum):
    """What a person said: it was real, it was nothing of its kind, it was put aside for another reason, or nothing."""

    CONFIRMED = "confirmed"
    NOTHING = "nothing"
    REJECTED = "rejected"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PastSighting:
    """One thing that was handed on: its box in shares of the picture (0 to 1), its first and last moment."""

    class_name: str
    box: Box
    first_seen: datetime
    last_seen: datetime
    verdict: PastVerdict


AskPast = Callable[[datetime], Sequence[PastSighting]]
"""What was handed on of one camera since a moment, as far as it is known."""


class PastSightings:
    """What one camera's places may have been before. `ask` gives it anew every ten minutes; None where nobody knows."""

    def __init__(self) -> None:
        self.ask: AskPast | None = None
        self._asked_at: datetime | None = None
        self._known: tuple[PastSighting, ...] = ()
        self._weighed_at: datetime | None = None
        self._weights: dict[str, float] = {}  # of this minute, by key of the place

    def follow(self, at: datetime) -> None:
        """Ask for what is known where the last answer is older than ten minutes."""
        if self.ask is None or (self._asked_at is not None and abs(at - self._asked_at) < ASK_EVERY):
            return
        self._asked_at = at
        self._known = tuple(self.ask(at - FORGOTTEN))

    def weigh(self, place: Place, at: datetime, width: int, height: int) -> float:
        """Return the log odds that the past of a place takes from it, `MOST` to 0; the picture's size in pixels."""
        if not self._known:
            return 0.0
        if self._weighed_at is None or abs(at - self._weighed_at) >= WEIGH_EVERY:
            self._weights, self._weighed_at = {}, at
        if place.key not in self._weights:
            self._weights[place.key] = self._weigh(place, at, width, height)
        return self._weights[place.key]

    def _weigh(self, place: Place, at: datetime, width: int, height: int) -> float:
        past = [
            one
            for one in self._known
            if one.class_name == place.class_name and one.last_seen < place.first_seen and _same_hours(one, at)
        ]
        past = [one for one in past if at - one.last_seen < FORGOTTEN]
        if not past:
            return 0.0
        boxes = as_array([one.box for one in past]) * np.array([width, height, width, height])
        here = fits(as_array([place.box]), boxes, np.full(len(past), place.kind == STALL))[0]
        said = [one for one, same in zip(past, here.tolist(), strict=True) if same]
        return weight_of(said)


def weight_of(past: Sequence[PastSighting]) -> float:
    """Return what things that came to one place in the same hours take from the next one there, in log odds."""
    said = [one.verdict for one in past]
    against = said.count(PastVerdict.NOTHING) - said.count(PastVerdict.CONFIRMED)
    total = REJECTED * max(0, against)
    refused = PastVerdict.NOTHING in said or PastVerdict.REJECTED in said
    if PastVerdict.CONFIRMED not in said and refused and len({one.first_seen.date() for one in past}) >= RECURS_DAYS:
        total += RECURS
    return max(MOST, total)


def _same_hours(one: PastSighting, at: datetime) -> bool:
    """Did it stand at this time of the day, or nearly?"""
    if one.last_seen - one.first_seen + 2 * SAME_HOURS >= _DAY:
        return True
    since = (at - one.first_seen + SAME_HOURS) % _DAY
    return since <= one.last_seen - one.first_seen + 2 * SAME_HOURS
