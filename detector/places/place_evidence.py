"""What each finder has said of one place over its life, and how likely that makes it a stall.

Looks at one thing that stands still agree with each other, right or wrong: the tenth tells less than the second. So a
finder's log odds are averaged over its looks and counted as often as `1 + growth * ln(looks)`. A finder that sees
nothing counts against the place, but never by more than its own blindness allows.

The numbers are set by hand on `data/pavement_camera` and looked at again on the stills of `data/street_cameras`
(`docs/occupancy.md` has what came of it): they are no fit to a large set, since there is none.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MODEL, OBJECTS, OCCUPANCY = "model", "objects", "occupancy"

PRIOR = -0.5
"""Log odds that something which one finder suggests is a stall, before any has been heard."""

SILENCE = {MODEL: -0.7, OBJECTS: -0.3, OCCUPANCY: 0.0}
"""Log odds of one look in which a finder that was asked saw nothing. Occupancy knows nothing of what stood there
before it began, so its silence says nothing."""

FICKLE = -1.3
"""Log odds of such a look where the finder has seen the thing in another: what stands is seen again."""

SILENT_AT_MOST = {MODEL: -0.6, OBJECTS: -0.4, OCCUPANCY: 0.0}
"""The least that a finder's looks can come to: a network that sees half of the stalls misses the other half
however often it looks."""

GROWTH = {MODEL: 0.25, OBJECTS: 1.0, OCCUPANCY: 0.0}
"""How much more looks that agree tell than one. A trained network's false alarms stand as still as stalls do; occupancy
follows its own memory, so that a second look of it tells nothing."""

MOST = 4.0
"""The most that one finder's looks can come to."""

STOOD = 0.45
"""Log odds that standing unmoved for ten minutes adds to what occupancy says: lights and parked vehicles do not."""


@dataclass(frozen=True, slots=True)
class Support:
    """One finder's word for one thing in one look: its own score (0 to 1), and what that is worth in log odds."""

    finder: str
    score: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class FinderSummary:
    """What one finder said of a place, as it is told: in how many of the looks in which it was asked it saw the thing,
    how surely (0 to 1), what that comes to in log odds, and when it first and last saw it."""

    finder: str
    looks: int
    seen: int
    mean_score: float
    best_score: float
    log_odds: float
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class FinderRecord:
    """What one finder said of a place: in how many looks it was asked and saw the thing, its scores, and when."""

    finder: str
    looks: int = 0
    seen: int = 0
    log_odds: float = 0.0  # sum over the looks in which it saw the thing
    scores: float = 0.0  # sum over the looks in which it saw the thing
    best: float = 0.0
    first: datetime | None = None
    last: datetime | None = None
    best_at: datetime | None = None

    @property
    def mean_score(self) -> float:
        """Mean score of the looks in which it saw the thing."""
        return self.scores / self.seen if self.seen else 0.0

    @property
    def weight(self) -> float:
        """Return what its looks come to, in log odds."""
        if self.looks == 0:
            return 0.0
        silence = FICKLE if self.seen else SILENCE[self.finder]
        mean = (self.log_odds + (self.looks - self.seen) * silence) / self.looks
        often = 1 + GROWTH[self.finder] * math.log(self.looks)
        return min(MOST, max(SILENT_AT_MOST[self.finder], mean * often))

    def summary(self) -> FinderSummary:
        """Return it in the figures that are stored and shown."""
        scores = round(self.mean_score, 4), round(self.best, 4)
        return FinderSummary(self.finder, self.looks, self.seen, *scores, round(self.weight, 3), self.first, self.last)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was said of one place, a record for each finder that was asked."""

    records: tuple[FinderRecord, ...] = ()

    def of(self, finder: str) -> FinderRecord:
        """Return the record of a finder, empty where it was never asked."""
        return next((one for one in self.records if one.finder == finder), FinderRecord(finder))

    def heard(self, finder: str, support: Support | None, at: datetime) -> "Evidence":
        """Return the evidence after one more look of a finder; `support` is None where it saw nothing there."""
        before = self.of(finder)
        if support is None:
            after = replace(before, looks=before.looks + 1)
        else:
            after = replace(
                before,
                looks=before.looks + 1,
                seen=before.seen + 1,
                log_odds=before.log_odds + support.log_odds,
                scores=before.scores + support.score,
                best=max(before.best, support.score),
                first=before.first or at,
                last=at,
                best_at=at if before.best_at is None or support.score > before.best else before.best_at,
            )
        return Evidence((*(one for one in self.records if one.finder != finder), after))

    def moved(self, by: timedelta) -> "Evidence":
        """Return the same with every time later by so much: the clock was set."""

        def later(at: datetime | None) -> datetime | None:
            return None if at is None else at + by

        return Evidence(
            tuple(
                replace(one, first=later(one.first), last=later(one.last), best_at=later(one.best_at))
                for one in self.records
            )
        )

    def probability(self, stood: float = 0.0, past: float = 0.0) -> float:
        """Return how likely the place is a stall, 0 to 1; `stood` is for how many seconds it has stood there.

        `past` is what is known of the place from before, in log odds.
        """
        total = PRIOR + past + sum(one.weight for one in self.records)
        if self.of(OCCUPANCY).seen:
            total += STOOD * min(1.0, stood / 600)
        return 1 / (1 + math.exp(-total))


def log_odds_of(score: float, even: float, low: float, high: float) -> float:
    """Return a score in log odds, 0 at the score `even`, kept between `low` and `high`."""
    score = min(0.999, max(0.001, score))
    return min(high, max(low, _logit(score) - _logit(min(0.999, max(0.001, even)))))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
