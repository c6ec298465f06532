"""Which camera was to watch, for how long, and when its pictures were worth nothing."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.cameras.repository import ChangeKind
from streams.health.faults import Fault

Interval = tuple[datetime, datetime]

BLINDING: Final = frozenset({Fault.BLACK, Fault.OVEREXPOSED, Fault.FROZEN, Fault.COVERED, Fault.MOVED})
"""Faults with which nothing is found, or nothing that can be placed."""


@dataclass(frozen=True, slots=True)
class RegistrySpan:
    """A camera as the registry had it from one moment to another (None: still), and the district it was of."""

    camera: str
    name: str
    district: str | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Switch:
    """A camera was paused, goes on, or was taken out of the registry."""

    camera: str
    at: datetime
    kind: ChangeKind


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """A fault of a camera's picture; `until` is None while it lasts."""

    camera: str
    fault: Fault
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CameraCoverage:
    """How long a camera was in the registry and not paused, within a period, and for how long of it it was blind."""

    camera: str
    name: str
    district: str | None
    watched: timedelta
    blind: timedelta
    faults: tuple[FaultSpan, ...]

    @property
    def share(self) -> float:
        """Return the share of its time in which it saw its street."""
        return 1 - self.blind / self.watched if self.watched else 0.0


def coverage(
    spans: Sequence[RegistrySpan],
    switches: Sequence[Switch],
    faults: Sequence[FaultSpan],
    since: datetime,
    until: datetime,
) -> tuple[CameraCoverage, ...]:
    """Return the coverage of each camera between two moments, those that were blind longest first."""
    if until <= since:
        return ()
    paused = _pauses(switches, until)
    by_camera: dict[str, list[RegistrySpan]] = defaultdict(list)
    faulty: dict[str, list[FaultSpan]] = defaultdict(list)
    for span in spans:
        by_camera[span.camera].append(span)
    for fault in faults:
        faulty[fault.camera].append(fault)
    found = [
        _of_camera(own, paused.get(camera, []), faulty[camera], (since, until)) for camera, own in by_camera.items()
    ]
    return tuple(sorted((one for one in found if one.watched), key=lambda one: (-one.blind, one.name, one.camera)))


def _of_camera(
    spans: Sequence[RegistrySpan], paused: Sequence[Interval], faults: Sequence[FaultSpan], within: Interval
) -> CameraCoverage:
    on = _minus(_joined((max(one.since, within[0]), min(one.until or within[1], within[1])) for one in spans), paused)
    seen = tuple(one for one in faults if _overlaps((one.since, one.until or within[1]), on))
    blinding = _joined((one.since, one.until or within[1]) for one in seen if one.fault in BLINDING)
    watched = _length(on)
    last = max(spans, key=lambda one: one.since)
    return CameraCoverage(last.camera, last.name, last.district, watched, watched - _length(_minus(on, blinding)), seen)


def _pauses(switches: Sequence[Switch], until: datetime) -> dict[str, list[Interval]]:
    """Return when each camera was paused: until it goes on, or is taken out."""
    found: dict[str, list[Interval]] = {}
    begun: dict[str, datetime] = {}
    for one in sorted(switches, key=lambda switch: switch.at):
        if one.kind is ChangeKind.PAUSE:
            begun.setdefault(one.camera, one.at)
        elif (start := begun.pop(one.camera, None)) is not None:
            found.setdefault(one.camera, []).append((start, one.at))
    for camera, start in begun.items():
        found.setdefault(camera, []).append((start, max(start, until)))
    return {camera: _joined(times) for camera, times in found.items()}


def _joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals as ones that do not touch, in their order; empty ones are left out."""
    found: list[Interval] = []
    for start, end in sorted(one for one in intervals if one[0] < one[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _minus(whole: Sequence[Interval], parts: Sequence[Interval]) -> list[Interval]:
    """Return what is left of joined intervals without others."""
    left: list[Interval] = []
    for start, end in whole:
        for begin, over in parts:
            if over <= start or begin >= end:
                continue
            if begin > start:
                left.append((start, begin))
            start = max(start, over)
            if start >= end:
                break
        if start < end:
            left.append((start, end))
    return left


def _overlaps(one: Interval, others: Sequence[Interval]) -> bool:
    return any(start < one[1] and one[0] < end for start, end in others)


def _length(intervals: Iterable[Interval]) -> timedelta:
    return sum((end - start for start, end in intervals), timedelta(0))
