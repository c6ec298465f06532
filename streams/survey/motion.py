"""Whether pictures move over the ground as their telemetry says; where they tell nothing, nothing is said.

One corner of the ground that two frames show has one place by each of their poses. With the telemetry of the flight
these lie 2 m apart, 4.4 m in one pair of ten (40 m up, compass and all); with that of another flight, of another moment
or of a receiver that stood still they lie as far apart as the aircraft flew in between.
"""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.geometry.rays import Floats, rotation
from detector.geometry.wgs import Plane
from detector.vision.frame import Pose
from streams.survey.features import View, corners
from streams.survey.footprint import predicts

_INLIERS: Final = 25  # corners that must move together before a pair of frames tells anything: by chance 6 to 8 do
_SHARE: Final = 0.15  # and their share of all that look alike: a repeated pattern has less
_SPREAD: Final = 0.05  # of the width and height over which they must be spread, as a standard deviation
_PIXELS: Final = 0.006  # of the width by which a corner may miss the common motion: tall things miss by more
_STEEP: Final = 20.0  # degrees below the horizon; further up, a degree of pitch is worth too many metres
_AGREES: Final = (5.0, 0.12)  # metres, and share of the distance to the ground
_DIFFERS: Final = (8.0, 0.2)
_STANDS: Final = 0.25  # of the other's motion: then one of the two stands
_MANY: Final = 0.25  # share of the telling pairs that differ before no pose of the recording is believed


class Motion(Enum):
    """What a pair of frames says of its poses; the value is how a person reads it."""

    AGREES = "the pictures move as the telemetry says"
    TELEMETRY_STANDS = "the telemetry stands while the pictures move"
    PICTURES_STAND = "the pictures stand while the telemetry moves"
    DIFFERS = "the pictures move otherwise than the telemetry says"


@dataclass(frozen=True, slots=True)
class Told:
    """What a pair of frames says of its poses, and how many metres apart one corner lies by the two of them."""

    motion: Motion
    apart: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """The views (their indexes) whose poses are not those of their pictures, and why.

    The places of the recording's `other` views are as many `metres` less sure.
    """

    views: tuple[int, ...]
    reason: str
    other: tuple[int, ...] = ()
    metres: float = 0.0


def doubts(views: Sequence[View], clips: Sequence[str]) -> list[Doubt]:
    """Return the doubtful views of each recording; `clips` names the recording of each view, in order of time.

    Where a quarter of the pairs that tell something differ, none of the recording's poses is believed: a shifted
    sidecar agrees by chance wherever the aircraft flew straight on. Where fewer do, those that differ are not believed.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for index, clip in enumerate(clips):
        groups[clip].append(index)
    found = []
    for members in groups.values():
        told = {(a, b): told for a, b in itertools.pairwise(members) if (told := compare(views[a], views[b]))}
        bad = {pair: one for pair, one in told.items() if one.motion is not Motion.AGREES}
        if not bad:
            continue
        kinds = [one.motion for one in bad.values()]
        reason = f"{max(Motion, key=kinds.count).value} (in {len(bad)} of {len(told)} pairs of frames that tell)"
        if len(bad) >= _MANY * len(told):
            found.append(Doubt(tuple(members), reason))
            continue
        good = {view for pair in told if pair not in bad for view in pair}
        alone = tuple(sorted({view for pair in bad for view in pair} - good))
        rest = tuple(view for view in members if view not in alone)
        found.append(Doubt(alone, reason, rest, max(one.apart for one in bad.values())))
    return found


def compare(a: View, b: View) -> Told | None:
    """Return whether two pictures lie to each other as their poses say; None where they do not tell."""
    if a.pose is None or b.pose is None or not (predicts(a.pose) and predicts(b.pose)):
        return None
    here, there = corners(a, b)
    together = _moved_together(here, there, a.size)
    here, there = here[together], there[together]
    plane = Plane(a.pose.lat, a.pose.lon)
    one, other = ground(a.pose, here, plane), ground(b.pose, there, plane)
    seen = ~(np.isnan(one).any(axis=1) | np.isnan(other).any(axis=1))
    if int(seen.sum()) < _INLIERS or not _is_spread(here[seen], a.size):
        return None
    shifts = (other - one)[seen]
    apart = float(np.hypot(*np.median(shifts, axis=0)))
    away = _range(a.pose, one[seen])
    if apart <= max(_AGREES[0], _AGREES[1] * away):
        return Told(Motion.AGREES, apart)
    if apart <= max(_DIFFERS[0], _DIFFERS[1] * away):
        return None
    return Told(_kind(a.pose, b.pose, shifts, plane), apart)


def _kind(a: Pose, b: Pose, shifts: Floats, plane: Plane) -> Motion:
    """Return which of the two stands: without the telemetry's own motion, what is left is that of the pictures."""
    flown = np.array(plane.metres(b.lat, b.lon))
    pictured = flown - np.median(shifts, axis=0)
    telemetry, pictures = float(np.hypot(*flown)), float(np.hypot(*pictured))
    if telemetry < _STANDS * pictures:
        return Motion.TELEMETRY_STANDS
    return Motion.PICTURES_STAND if pictures < _STANDS * telemetry else Motion.DIFFERS


def _range(pose: Pose, places: Floats) -> float:
    """Return the usual metres from a camera to the places (north, east from below it)."""
    return float(np.median(np.hypot(np.hypot(*places.T), pose.height)))


def _moved_together(here: Floats, there: Floats, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which of the corners that look alike follow one motion of the ground; none where too few do."""
    none = np.zeros(len(here), np.bool_)
    if len(here) < _INLIERS:
        return none
    mapping, inliers = cv2.findHomography(here, there, cv2.RANSAC, _PIXELS * size[0])
    if mapping is None or int(inliers.sum()) < max(_INLIERS, _SHARE * len(here)):
        return none
    return np.asarray(inliers, np.bool_).ravel()


def _is_spread(pixels: Floats, size: tuple[int, int]) -> bool:
    return bool((pixels.std(axis=0) > _SPREAD * np.array(size)).all())


def ground(pose: Pose, pixels: Floats, plane: Plane) -> Floats:
    """(n, 2) metres north, east on `plane` of (n, 2) pixels; nan for what is too flat, lens distortion left aside."""
    lens = pose.lens
    rays = np.column_stack(
        (np.ones(len(pixels)), (pixels[:, 0] - lens.cx) / lens.fx, (pixels[:, 1] - lens.cy) / lens.fy)
    )
    ned = rays @ rotation(pose.yaw, pose.pitch, pose.roll).T
    down = ned[:, 2] / np.linalg.norm(ned, axis=1)
    north, east = plane.metres(pose.lat, pose.lon)
    flat = down < np.sin(np.radians(_STEEP))
    length = pose.height / np.where(flat, np.nan, ned[:, 2])
    return np.asarray(np.column_stack((north + ned[:, 0] * length, east + ned[:, 1] * length)), np.float64)
