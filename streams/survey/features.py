"""Pictures of a moving camera compared: what is worth comparing, where one lies in another, and which are turned.

A frame-to-frame match of the pictures is good to a few pixels, where raw telemetry scatters one point of the ground by
4 to 6 m. Corners are looked for near where the poses predict them, so that roofs do not mislead.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.geometry.pose import MIN_DEPRESSION
from detector.geometry.rays import Floats
from detector.geometry.wgs import Plane
from detector.vision.frame import Image, Pose
from streams.survey.footprint import overlap, pixel_map, predicts, turned

_WIDTH: Final = 1000  # pixels at which pictures are compared
_EDGE: Final = 31  # pixels at each edge of a picture in which ORB looks for no corner
_FEATURES: Final = 2000
_GATE: Final = 0.06  # share of the width by which a match may miss what the poses predict: tall roofs miss by more
_WIDER: Final = (_GATE, 0.12, 0.2)  # the compass may be wrong by 10 degrees between two passes: then the gate opens
_BELIEVED: Final = 0.5  # share of the width by which a measured mapping may differ from the predicted in a corner
_ENOUGH: Final = 0.3  # once a gate holds this share of what the widest holds, it is the ground and not a chance
_INLIERS: Final = 15
_OVERLAP: Final = 0.25  # below this two frames share too little ground to be compared
_BACK: Final = 3  # frames back that are always compared, so that a thing missed once is not lost
_OLDER: Final = 2  # and the best of the earlier ones, for a drone that comes by again
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


def features(image: Image) -> Features:
    """Corners of a picture and how they look."""
    scale = min(1.0, _WIDTH / image.shape[1])
    if image.shape[0] * scale < _EDGE:  # a strip; of a hostile one nothing would be left
        return Features(np.zeros((0, 2)), np.zeros((0, 32), np.uint8))
    gray = cv2.cvtColor(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    points, described = cv2.ORB.create(_FEATURES).detectAndCompute(gray, None)
    pixels = np.array([point.pt for point in points], np.float64).reshape(-1, 2) / scale
    return Features(pixels, np.zeros((0, 32), np.uint8) if described is None else np.asarray(described, np.uint8))


def turns(views: Sequence[View], compared: Sequence[tuple[int, int]]) -> list[int | None]:
    """By how many degrees (0, 90, 180, 270) each view is turned against its own pose: seen in real files.

    Told from overlapping frames: with the right one turned, far more matched corners lie where the poses predict. None
    where a view is turned against another and it is not known which of the two it is (both from one spot).
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
    if a.pose is None or b.pose is None or not (predicts(a.pose) and predicts(b.pose)):
        return 1.0
    return max(overlap(a.pose, b.pose, a.size, b.size), overlap(b.pose, a.pose, b.size, a.size))


def corners(a: View, b: View) -> tuple[Floats, Floats]:
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
    if a.pose is None or b.pose is None or not (predicts(a.pose) and predicts(b.pose)):
        return counts, 0
    here, there = corners(a, b)
    for i, ours in enumerate(_TURNS):
        for j, theirs in enumerate(_TURNS):
            predicted = pixel_map(turned(a.pose, ours), turned(b.pose, theirs))
            counts[i, j] = _near(predicted, here, there, a.size[0]).sum()
    return counts, len(here)


def _near(mapping: Floats, here: Floats, there: Floats, width: int) -> NDArray[np.bool_]:
    misses = np.hypot(*(carried(mapping, here) - there).T)
    return np.asarray(misses < _GATE * width, np.bool_)


def carried(mapping: Floats, pixels: Floats) -> Floats:
    """(n, 2) pixels taken through a (3, 3) homography."""
    moved = np.column_stack((pixels, np.ones(len(pixels)))) @ mapping.T
    return np.asarray(moved[:, :2] / np.where(moved[:, 2:] == 0, 1e-12, moved[:, 2:]), np.float64)


def measured(a: View, b: View) -> Floats | None:
    """Pixels of `a` to pixels of `b` for the ground: measured from corners near the prediction, else predicted."""
    known = a.pose and b.pose and predicts(a.pose) and predicts(b.pose)
    predicted = pixel_map(a.pose, b.pose) if a.pose and b.pose and known else None
    here, there = corners(a, b)
    if predicted is not None:
        misses = np.hypot(*(carried(predicted, here) - there).T) / a.size[0]
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
    """Return whether a measured mapping holds for the whole picture.

    Corners huddled in one spot say little of the rest.
    """
    width, height = size
    rim = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float64)
    moved = carried(mapping, rim)
    if predicted is not None:
        return bool(np.hypot(*(moved - carried(predicted, rim)).T).max() < _BELIEVED * width)
    grown = cv2.contourArea(moved.astype(np.float32), oriented=True) / (width * height)
    return bool(1 / 4 < grown < 4)
