"""The same thing in several frames of a moving camera: pictures matched first, ground positions second.

Positions alone cannot tell: raw telemetry scatters one point of the ground by 4 to 6 m between frames, and stalls stand
2 to 3 m apart. A frame-to-frame match of the pictures is good to a few pixels. Two things seen in one frame are two.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Box, Detection
from detector.frame import Image, Pose
from detector.ground import GroundPoint
from detector.pose import MIN_DEPRESSION
from detector.rays import Floats
from detector.wgs import Plane, distance
from streams.overlap import overlap, pixel_map, turned

_WIDTH: Final = 1000  # pixels at which pictures are compared
_FEATURES: Final = 2000
_GATE: Final = 0.06  # share of the width by which a match may miss what the poses predict: tall roofs miss by more
_WIDER: Final = (_GATE, 0.12, 0.2)  # the compass may be wrong by 10 degrees between two passes: then the gate opens
_BELIEVED: Final = 0.5  # share of the width by which a measured mapping may differ from the predicted in a corner
_ENOUGH: Final = 0.3  # once a gate holds this share of what the widest holds, it is the ground and not a chance
_INLIERS: Final = 15
_OVERLAP: Final = 0.25  # below this two frames share too little ground to be compared
_BACK: Final = 3  # frames back that are always compared, so that a thing missed once is not lost
_OLDER: Final = 2  # and the best of the earlier ones, for a drone that comes by again
_APART: Final = 6.0  # metres beyond which positions never make two sightings one
_MARGIN: Final = 3.0  # a turned frame explains this many times more matches than an upright one
_SHARE: Final = 0.25  # and this share of all matches: any turn explains those round its centre
_RIVAL: Final = 0.8  # another pair of turns that explains this share of the most is as good
_TURNS: Final = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Features:
    """What is compared of a picture: (n, 2) pixels of the full picture and (n, 32) descriptors."""

    pixels: Floats
    descriptors: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class View:
    """One kept frame without its picture."""

    size: tuple[int, int]
    pose: Pose | None
    features: Features


@dataclass(frozen=True, slots=True)
class Observation:
    """One detection in one frame (an index of the views), with its place on the ground where that is known."""

    view: int
    detection: Detection
    position: GroundPoint | None


def features(image: Image) -> Features:
    """Corners of a picture and how they look."""
    scale = min(1.0, _WIDTH / image.shape[1])
    gray = cv2.cvtColor(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    points, described = cv2.ORB.create(_FEATURES).detectAndCompute(gray, None)
    pixels = np.array([point.pt for point in points], np.float64).reshape(-1, 2) / scale
    return Features(pixels, np.zeros((0, 32), np.uint8) if described is None else np.asarray(described, np.uint8))


def turns(views: Sequence[View], compared: Sequence[tuple[int, int]]) -> list[int | None]:
    """By how many degrees (0, 90, 180, 270) each view is turned against its own pose: seen in real files.

    Told from overlapping frames: with the right one turned, far more matched corners lie where the poses predict. None
    where a view is turned against another and nothing tells which of the two it is (both from one spot).
    """
    votes = np.zeros((len(views), len(_TURNS)))
    doubtful: list[tuple[int, int, NDArray[np.intp]]] = []
    for a, b in compared:
        counts, matched = _support(views[a], views[b])
        best, upright = int(counts.max()), int(counts[0, 0])
        if best < max(2 * _INLIERS, _MARGIN * upright + 1, _SHARE * matched):
            votes[[a, b], 0] += upright >= 2 * _INLIERS
        elif int((counts > _RIVAL * best).sum()) == 1:
            ours, theirs = np.unravel_index(int(counts.argmax()), counts.shape)
            votes[a, ours] += 1
            votes[b, theirs] += 1
        else:
            doubtful.append((a, b, counts))
    known = votes.sum(axis=1) > 0
    for (
        a,
        b,
        counts,
    ) in doubtful:  # from one spot the pair tells the turn between them; who knows its own tells the rest
        if known[a]:
            votes[b, counts[votes[a].argmax()].argmax()] += 1
        elif known[b]:
            votes[a, counts[:, votes[b].argmax()].argmax()] += 1
    unsure = {view for a, b, _ in doubtful for view in (a, b)}
    return [_TURNS[int(said.argmax())] if said.any() or view not in unsure else None for view, said in enumerate(votes)]


def link(
    views: Sequence[View], observations: Sequence[Observation], compared: Sequence[tuple[int, int]]
) -> list[list[int]]:
    """Groups of indexes into `observations`, each group one thing; `compared` are the `pairs` of the views."""
    by_view: dict[int, list[int]] = {}
    for index, one in enumerate(observations):
        by_view.setdefault(one.view, []).append(index)
    groups = _Groups(observations)
    links: list[tuple[float, int, int]] = []
    for a, b in compared:
        if a in by_view and b in by_view and (mapping := _measured(views[a], views[b])) is not None:
            links += _matches(mapping, observations, by_view[a], by_view[b])
    for _, i, j in sorted(links):
        groups.join(i, j)
    groups.join_near()
    return groups.all()


def pairs(views: Sequence[View]) -> list[tuple[int, int]]:
    """Pairs of views that are worth comparing, the earlier one first: neighbours, and the best of earlier passes."""
    places, reaches = _reaches(views)
    found: list[tuple[int, int]] = []
    for b in range(len(views)):
        first = max(0, b - _BACK)
        found += [(a, b) for a in range(first, b) if _share(views[a], views[b]) >= _OVERLAP]
        near = np.hypot(*(places[:first] - places[b]).T) < reaches[:first] + reaches[b]  # nan, unknown, is never near
        shares = sorted(((_share(views[a], views[b]), a) for a in np.flatnonzero(near).tolist()), reverse=True)
        found += [(a, b) for share, a in shares[:_OLDER] if share >= _OVERLAP]
    return found


def _reaches(views: Sequence[View]) -> tuple[Floats, Floats]:
    """(n, 2) metres north, east of each camera and (n,) metres that it can see from there; nan without a pose."""
    places, reaches = np.full((len(views), 2), np.nan), np.full(len(views), np.nan)
    poses = [(i, view.pose) for i, view in enumerate(views) if view.pose]
    for i, pose in poses:
        places[i] = Plane(poses[0][1].lat, poses[0][1].lon).metres(pose.lat, pose.lon)
        reaches[i] = pose.height / math.tan(math.radians(MIN_DEPRESSION))
    return places, reaches


def _share(a: View, b: View) -> float:
    """Predicted overlap; without poses neighbours are taken to overlap."""
    if a.pose is None or b.pose is None:
        return 1.0
    return max(overlap(a.pose, b.pose, a.size, b.size), overlap(b.pose, a.pose, b.size, a.size))


def _corners(a: View, b: View) -> tuple[Floats, Floats]:
    """(n, 2) pixels of `a` and of `b` that look alike and like nothing else."""
    if min(len(a.features.pixels), len(b.features.pixels)) < _INLIERS:
        return np.zeros((0, 2)), np.zeros((0, 2))
    found = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(a.features.descriptors, b.features.descriptors, k=2)
    good = [pair[0] for pair in found if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance]
    ours, theirs = [match.queryIdx for match in good], [match.trainIdx for match in good]
    return a.features.pixels[ours], b.features.pixels[theirs]


def _support(a: View, b: View) -> tuple[NDArray[np.intp], int]:
    """(4, 4): how many matched corners agree with the poses, for each turn of `a` and of `b`; and how many exist."""
    counts = np.zeros((len(_TURNS), len(_TURNS)), np.intp)
    if a.pose is None or b.pose is None:
        return counts, 0
    here, there = _corners(a, b)
    for i, ours in enumerate(_TURNS):
        for j, theirs in enumerate(_TURNS):
            predicted = pixel_map(turned(a.pose, ours), turned(b.pose, theirs))
            counts[i, j] = _near(predicted, here, there, a.size[0]).sum()
    return counts, len(here)


def _near(mapping: Floats, here: Floats, there: Floats, width: int) -> NDArray[np.bool_]:
    misses = np.hypot(*(_apply(mapping, here) - there).T)
    return np.asarray(misses < _GATE * width, np.bool_)


def _apply(mapping: Floats, pixels: Floats) -> Floats:
    moved = np.column_stack((pixels, np.ones(len(pixels)))) @ mapping.T
    return np.asarray(moved[:, :2] / np.where(moved[:, 2:] == 0, 1e-12, moved[:, 2:]), np.float64)


def _measured(a: View, b: View) -> Floats | None:
    """Pixels of `a` to pixels of `b` for the ground: measured from corners near the prediction, else predicted."""
    predicted = pixel_map(a.pose, b.pose) if a.pose and b.pose else None
    here, there = _corners(a, b)
    if predicted is not None:
        misses = np.hypot(*(_apply(predicted, here) - there).T) / a.size[0]
        held = [int((misses < gate).sum()) for gate in _WIDER]
        gate = next(g for g, count in zip(_WIDER, held, strict=True) if count >= _ENOUGH * held[-1])
        here, there = here[misses < gate], there[misses < gate]
    if len(here) < _INLIERS:
        return predicted
    mapping, inliers = cv2.findHomography(here, there, cv2.RANSAC, 0.004 * a.size[0])
    if mapping is None or int(inliers.sum()) < _INLIERS or not _believable(np.asarray(mapping), predicted, a.size):
        return predicted
    return np.asarray(mapping, np.float64)


def _believable(mapping: Floats, predicted: Floats | None, size: tuple[int, int]) -> bool:
    """Whether a measured mapping holds for the whole picture: corners huddled in one spot say little of the rest."""
    width, height = size
    rim = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float64)
    moved = _apply(mapping, rim)
    if predicted is not None:
        return bool(np.hypot(*(moved - _apply(predicted, rim)).T).max() < _BELIEVED * width)
    grown = cv2.contourArea(moved.astype(np.float32), oriented=True) / (width * height)
    return bool(1 / 4 < grown < 4)


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
    """The box as it lies in the other picture: its middle moved, its size scaled alike."""
    x1, y1, x2, y2 = box
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    ends = np.array((middle, (middle[0] + 10, middle[1]), (middle[0], middle[1] + 10)))
    centre, right, down = _apply(mapping, ends)
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
    """The mean of positions weighted by inverse variance; None without any.

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
