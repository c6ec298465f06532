"""Regions of the small picture that have changed for good: their shape, and whether something came or went there."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.places.empty_scene import Appearance, ColourCast, Map, colour_change
from detector.places.proposal import groups_of, hull_of
from detector.vision.detections import Box

Mask = NDArray[np.bool_]

SMALLEST = (0.024, 0.045)
"""Width and height of the smallest thing, as shares of the picture's: 46 x 49 pixels of a 1080p picture."""


RING = 9
"""How far around a region its surroundings are looked at, pixels of the small picture."""


SUN_AND_SHADE = 1.6
"""Log of the most that sun and open shade differ by: a factor of five."""


@dataclass(frozen=True, slots=True)
class Region:
    """A connected change: `mask` (height, width) bool, its box in pixels of the small picture, how solid it is."""

    mask: Mask
    box: Box
    score: float


def find_regions(stands: Mask) -> Iterator[Region]:
    """Return connected regions large and solid enough to be part of an object, without shadow edges and noise."""
    height, width = stands.shape
    rows, columns = extent(stands, 8)
    if not stands.any():
        return
    closed = cv2.morphologyEx(stands[rows, columns].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    solid = cv2.morphologyEx(closed, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid)
    for label in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[label])
        if min(w / SMALLEST[0] / width, h / SMALLEST[1] / height) < 0.6 or area < 0.25 * w * h:
            continue
        mask = np.zeros((height, width), np.bool_)
        mask[rows, columns] = labels == label
        x, y = x + columns.start, y + rows.start
        yield Region(mask, (x, y, x + w, y + h), min(1.0, area / (w * h)))


def extent(mask: Mask, around: int) -> tuple[slice, slice]:
    """Return the rows and columns that hold all of a mask, and some pixels around it; everything where it is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return slice(0, mask.shape[0]), slice(0, mask.shape[1])
    return (
        slice(max(0, int(rows[0]) - around), int(rows[-1]) + 1 + around),
        slice(max(0, int(columns[0]) - around), int(columns[-1]) + 1 + around),
    )


def large_enough(box: Box, picture: Mask) -> bool:
    """Is a thing so large in the picture that it can be told what it is?"""
    height, width = picture.shape
    return bool(box[2] - box[0] >= SMALLEST[0] * width and box[3] - box[1] >= SMALLEST[1] * height)


def join_parts(regions: list[Region]) -> list[tuple[Box, float]]:
    """Boxes and scores of things, each of one region or of several: an umbrella over a cart shows the street between.

    Parts belong together when they all but touch, or when one stands above the other with a gap no taller than the
    taller of them.
    """
    groups = [[regions[index] for index in group] for group in groups_of([one.box for one in regions], _belong)]
    return [(hull_of(one.box for one in group), max(one.score for one in group)) for group in groups]


def _belong(a: Box, b: Box) -> bool:
    apart_x = max(a[0], b[0]) - min(a[2], b[2])
    apart_y = max(a[1], b[1]) - min(a[3], b[3])
    if apart_x <= 2 and apart_y <= 2:
        return True
    above = -apart_x >= 0.5 * min(a[2] - a[0], b[2] - b[0])
    return above and apart_y <= max(a[3] - a[1], b[3] - b[1])


def leaning(region: Region, now: Appearance, before: Appearance, stands: Mask) -> float:
    """Has something come (above 0) or left (below 0) here? In units of log ratio; -2 to 2.

    Where a thing stands, the picture has edges along its border, more structure within, and other colours within than
    around. After it has left, the remembered picture has all this and the present one does not.
    """
    left, top, right, bottom = (int(side) for side in region.box)
    rows, columns = slice(max(0, top - RING), bottom + RING), slice(max(0, left - RING), right + RING)
    now, before, inside = now.cut(rows, columns), before.cut(rows, columns), region.mask[rows, columns]
    mask = inside.astype(np.uint8)
    border = (cv2.dilate(mask, _square(5)) - cv2.erode(mask, _square(5))) > 0
    ring = (cv2.dilate(mask, _square(17)) - cv2.dilate(mask, _square(7)) > 0) & ~stands[rows, columns]
    votes = [_log_ratio(_edges(now)[border].mean(), _edges(before)[border].mean(), 0.02)]
    votes.append(0.3 * _log_ratio(now.energy[inside].mean(), before.energy[inside].mean(), 1e-3))
    if ring.sum() > 20:
        votes.append(_log_ratio(_unlike(now, inside, ring), _unlike(before, inside, ring), 0.05))
    return min(2.0, max(-2.0, sum(votes)))


def only_light(region: Region, now: Appearance, before: Appearance, cast: ColourCast) -> bool:
    """May this be nothing but sun between leaves?

    Such patches have structure of their own and stand as long as the sun, but they keep the ground's colours, and they
    only darken it, or only brighten it, by no more than sun and shade differ. A thing has other colours, or parts that
    are darker and parts that are brighter than the ground. In the dark, where colours cannot be told, neither can this.
    """
    left, top, right, bottom = (int(side) for side in region.box)
    part = slice(top, bottom), slice(left, right)
    now, before, inside = now.cut(*part), before.cut(*part), region.mask[part]
    if (now.valid & before.valid)[inside].mean() < 0.5:
        return False
    coloured = (colour_change(now, before, cast) > 1)[inside].mean()
    darkest, brightest = np.percentile((now.light - before.light - cast.light)[inside], (5, 95))
    one_way = (brightest < 0.15 and darkest > -SUN_AND_SHADE) or (darkest > -0.15 and brightest < SUN_AND_SHADE)
    return bool(coloured < 0.12 and one_way)


def _log_ratio(now: float, before: float, least: float) -> float:
    return math.log((float(now) + least) / (float(before) + least))


def _edges(picture: Appearance) -> Map:
    gx = cv2.Sobel(picture.light, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(picture.light, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(gx, gy), np.float32)


def _unlike(picture: Appearance, inside: Mask, around: Mask) -> float:
    """Return how far the colours within are from those around."""
    return float(
        sum(abs(float(plane[inside].mean()) - float(plane[around].mean())) for plane in (picture.warm, picture.tint))
    )


def _square(side: int) -> NDArray[np.uint8]:
    return np.ones((side, side), np.uint8)
