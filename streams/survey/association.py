"""The same thing in several frames of a moving camera: pictures matched first, ground positions second.

Positions alone cannot tell: raw telemetry scatters one point of the ground by 4 to 6 m between frames, and stalls stand
2 to 3 m apart. A frame-to-frame match of the pictures is good to a few pixels. Two things seen in one frame are two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detector.geometry.ground import GroundPoint
from detector.geometry.rays import Floats
from detector.geometry.wgs import distance
from detector.vision.detections import Box, Detection
from streams.survey.features import View, carried, measured

_APART: Final = 6.0  # metres beyond which positions never make two sightings one


@dataclass(frozen=True, slots=True)
class Observation:
    """One detection in one frame (an index of the views), with its place on the ground where that is known."""

    view: int
    detection: Detection
    position: GroundPoint | None


def link(
    views: Sequence[View], observations: Sequence[Observation], compared: Sequence[tuple[int, int]]
) -> list[list[int]]:
    """Return groups of indexes into `observations`, each group one thing; `compared` are the `pairs` of the views."""
    by_view: dict[int, list[int]] = {}
    for index, one in enumerate(observations):
        by_view.setdefault(one.view, []).append(index)
    groups = _Groups(observations)
    links: list[tuple[float, int, int]] = []
    for a, b in compared:
        if a in by_view and b in by_view and (mapping := measured(views[a], views[b])) is not None:
            links += _matches(mapping, observations, by_view[a], by_view[b])
    for _, i, j in sorted(links):
        groups.join(i, j)
    groups.join_near()
    return groups.all()


def _matches(
    mapping: Floats, observations: Sequence[Observation], ours: Iterable[int], theirs: Sequence[int]
) -> Iterator[tuple[float, int, int]]:
    """(how badly they fit, i, j) for boxes of one class that lie upon each other; one is a box's own size apart."""
    for i in ours:
        moved = _moved(mapping, observations[i].detection.box)
        for j in theirs:
            box = observations[j].detection.box
            if observations[i].detection.class_name == observations[j].detection.class_name:
                apart = _apart(moved, box)
                if apart < 0.5:
                    yield apart, i, j


def _moved(mapping: Floats, box: Box) -> Box:
    """Return the box as it lies in the other picture: its middle moved, its size scaled alike."""
    x1, y1, x2, y2 = box
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    ends = np.array((middle, (middle[0] + 10, middle[1]), (middle[0], middle[1] + 10)))
    centre, right, down = carried(mapping, ends)
    scale = float(np.sqrt(abs(np.linalg.det(np.stack((right - centre, down - centre)))))) / 10
    half_w, half_h = (x2 - x1) / 2 * scale, (y2 - y1) / 2 * scale
    return (centre[0] - half_w, centre[1] - half_h, centre[0] + half_w, centre[1] + half_h)


def _apart(a: Box, b: Box) -> float:
    """Distance of the middles in units of the boxes' mean size."""
    size = (a[2] - a[0] + a[3] - a[1] + b[2] - b[0] + b[3] - b[1]) / 4
    return float(np.hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2)) / max(size, 1e-9)


class _Groups:
    """Observations that are one thing; joins that would put two things of one frame together are refused."""

    def __init__(self, observations: Sequence[Observation]) -> None:
        self._observations = observations
        self._group = list(range(len(observations)))
        self._members = {index: [index] for index in range(len(observations))}

    def join(self, i: int, j: int) -> None:
        a, b = self._group[i], self._group[j]
        if a == b or self._views(a) & self._views(b):
            return
        for member in self._members[b]:
            self._group[member] = a
        self._members[a] += self._members.pop(b)

    def join_near(self) -> None:
        """Join groups of one class whose positions lie within their error circles, nearest first."""
        near: list[tuple[float, int, int]] = []
        places = {key: self.position(key) for key in self._members}
        keys = [key for key, place in places.items() if place is not None]
        for n, a in enumerate(keys):
            for b in keys[n + 1 :]:
                here, there = places[a], places[b]
                if here is None or there is None or self._class(a) != self._class(b):
                    continue
                metres = distance(here.lat, here.lon, there.lat, there.lon)
                if metres < min(_APART, float(np.hypot(here.ce90_m, there.ce90_m))):
                    near.append((metres, a, b))
        for _, a, b in sorted(near):
            self.join(a, b)

    def all(self) -> list[list[int]]:
        return [sorted(members) for members in self._members.values()]

    def position(self, key: int) -> GroundPoint | None:
        return fuse([self._observations[i].position for i in self._members[key]])

    def _views(self, key: int) -> set[int]:
        return {self._observations[i].view for i in self._members[key]}

    def _class(self, key: int) -> str:
        return self._observations[self._members[key][0]].detection.class_name


def fuse(points: Iterable[GroundPoint | None]) -> GroundPoint | None:
    """Return the mean of positions weighted by inverse variance; None without any.

    The circle does not shrink with their number: what the telemetry gets wrong it gets wrong in every frame of a pass.
    """
    known = [point for point in points if point is not None]
    if not known:
        return None
    weights = np.array([1 / max(point.ce90_m, 1e-3) ** 2 for point in known])
    weights /= weights.sum()
    first = known[0]
    # degrees are weighted as differences, so that a flight over the date line has a middle
    lat = first.lat + float(weights @ [point.lat - first.lat for point in known])
    lon = first.lon + float(weights @ [(point.lon - first.lon + 180) % 360 - 180 for point in known])
    return GroundPoint(
        lat,
        (lon + 180) % 360 - 180,
        float(weights @ [point.range_m for point in known]),
        float(weights @ [point.ce90_m for point in known]),
    )
