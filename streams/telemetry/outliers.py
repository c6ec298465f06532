"""Values that no flight can have had: one wild line among good ones, and zeros that stand for "not known".

What is taken out here is not known; it never moves a place, and where too much is missing there is none.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Position = tuple[float, float]
V = TypeVar("V", float, Position)

_METRES: Final = 111_320.0  # of a degree of latitude
_EDGE: Final = 3.0  # the first or last value is wild when it is off by this many times the step before it
_ZERO_SECONDS: Final = 1.0  # a value that is exactly 0 for no longer than this was not known
_ALIKE: Final = 2.0  # degrees; unless it was nearly 0 before and after


_HEIGHTS: Final = (-1000.0, 3000.0)
"""Metres over take-off; 3276.7 and 9999 are how "not known" is printed."""
_PITCHES: Final = (-120.0, 90.0)
_WHOLE_TURN: Final = 360.0


def flown(height: float | None) -> float | None:
    """Return a height over take-off, or None for one that no drone over a street flies at."""
    return height if height is not None and _HEIGHTS[0] <= height <= _HEIGHTS[1] else None


def pointing(
    yaw: float | None, pitch: float | None, roll: float | None
) -> tuple[float | None, float | None, float | None]:
    """Yaw, pitch and roll of a camera without those that no gimbal reaches."""
    return (
        yaw if yaw is not None and abs(yaw) <= _WHOLE_TURN else None,
        pitch if pitch is not None and _PITCHES[0] <= pitch <= _PITCHES[1] else None,
        roll if roll is not None and abs(roll) <= _WHOLE_TURN / 2 else None,
    )


@dataclass(frozen=True, slots=True)
class PlausibleLimits:
    """What a value cannot do: be off by `most` and back within `seconds`, or leap by `jump` and `rate` a second."""

    most: float
    seconds: float
    jump: float
    rate: float


POSITION: Final = PlausibleLimits(most=8.0, seconds=2.0, jump=50.0, rate=40.0)  # metres
HEIGHT: Final = PlausibleLimits(most=5.0, seconds=2.0, jump=30.0, rate=20.0)  # metres
TURN: Final = PlausibleLimits(most=10.0, seconds=1.0, jump=360.0, rate=360.0)  # degrees, of yaw, pitch and roll


@dataclass(frozen=True, slots=True)
class _Run(Generic[V]):
    """Neighbouring lines that print the same value: indexes of the lines, when it began, and for how long it stood."""

    value: V
    lines: tuple[int, ...]
    start: float
    lasts: float


def without_outliers(
    times: Sequence[float],
    values: Sequence[V | None],
    apart: Callable[[V, V], float],
    limits: PlausibleLimits,
    *,
    is_zero: Callable[[V], bool] = lambda _: False,
) -> list[V | None]:
    """Return the values with None for what cannot have been; `apart` is how far two of them lie from each other."""
    runs = _runs(times, values)
    if len(runs) > 1:
        runs = [run for number, run in enumerate(runs) if not (is_zero(run.value) and _stands_out(runs, number, apart))]
    runs = _islands(runs, apart, limits)
    wild = _spikes(runs, apart, limits)
    left = {line for number, run in enumerate(runs) if number not in wild for line in run.lines}
    return [value if line in left else None for line, value in enumerate(values)]


def metres_apart(a: Position, b: Position) -> float:
    """Metres between two places, near enough to tell a flight from a leap."""
    north = (a[0] - b[0]) * _METRES
    east = ((a[1] - b[1] + 180) % 360 - 180) * _METRES * math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(north, east)


def degrees_apart(a: float, b: float) -> float:
    """Degrees between two directions."""
    return abs((a - b + 180) % 360 - 180)


def _runs(times: Sequence[float], values: Sequence[V | None]) -> list[_Run[V]]:
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    groups = [list(group) for _, group in itertools.groupby(known, key=lambda one: one[1])]
    runs = []
    for number, group in enumerate(groups):
        first, last = group[0][0], group[-1][0]
        ends = times[groups[number + 1][0][0]] if number + 1 < len(groups) else times[last]
        runs.append(_Run(group[0][1], tuple(i for i, _ in group), times[first], ends - times[first]))
    return runs


def _stands_out(runs: list[_Run[V]], number: int, apart: Callable[[V, V], float]) -> bool:
    """Return whether a value that comes for a moment is another than those beside it."""
    beside = runs[max(number - 1, 0) : number] + runs[number + 1 : number + 2]
    alike = all(apart(runs[number].value, other.value) <= _ALIKE for other in beside)
    return runs[number].lasts <= _ZERO_SECONDS and not alike


def _islands(runs: Sequence[_Run[V]], apart: Callable[[V, V], float], limits: PlausibleLimits) -> list[_Run[V]]:
    """Return the runs without those that no flight reaches: cut at impossible leaps, the longest piece is believed."""

    def reaches(a: _Run[V], b: _Run[V]) -> bool:
        return apart(a.value, b.value) <= limits.jump + limits.rate * max(b.start - a.start, 0.0)

    pieces: list[list[_Run[V]]] = []
    for run in runs:
        if pieces and reaches(pieces[-1][-1], run):
            pieces[-1].append(run)
        else:
            pieces.append([run])
    if len(pieces) < 2:
        return list(runs)
    main = max(range(len(pieces)), key=lambda i: sum(len(run.lines) for run in pieces[i]))
    after: list[list[_Run[V]]] = [pieces[main]]
    before: list[list[_Run[V]]] = [pieces[main]]
    for piece in pieces[main + 1 :]:
        if reaches(after[-1][-1], piece[0]):
            after.append(piece)
    for piece in reversed(pieces[:main]):
        if reaches(piece[-1], before[-1][0]):
            before.append(piece)
    ordered: list[list[_Run[V]]] = before[:0:-1] + after
    kept: list[_Run[V]] = [run for piece in ordered for run in piece]
    lines = sum(len(run.lines) for run in runs)
    return kept if 2 * sum(len(run.lines) for run in kept) > lines else []  # nothing tells which piece is true


def _spikes(runs: Sequence[_Run[V]], apart: Callable[[V, V], float], limits: PlausibleLimits) -> set[int]:
    """Numbers of runs that leave what stands before and after them, which agree, and of those at the ends that leap."""
    found = set()
    for number in range(1, len(runs) - 1):
        before, run, after = runs[number - 1], runs[number], runs[number + 1]
        away = min(apart(before.value, run.value), apart(run.value, after.value))
        if run.lasts <= limits.seconds and away > limits.most and apart(before.value, after.value) < away / 2:
            found.add(number)
    last = len(runs) - 1
    for edge, second, third in ((0, 1, 2), (last, last - 1, last - 2)) if len(runs) >= 3 else ():
        usual = apart(runs[second].value, runs[third].value)
        leap = apart(runs[edge].value, runs[second].value)
        if second not in found and runs[edge].lasts <= limits.seconds and leap > 2 * limits.most + _EDGE * usual:
            found.add(edge)
    return found
