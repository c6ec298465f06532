"""Arithmetic of boxes: x1, y1, x2, y2 in pixels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.vision.detections import Box

_TINY = 1e-9  # square pixels; a box without area overlaps nothing


def as_array(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """Return boxes as (n, 4), also when there is none."""
    return np.array(boxes, np.float64).reshape(-1, 4)


def overlap(
    a: NDArray[np.floating], b: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For boxes (n, 4) and (m, 4), each (n, m): intersection over union, share of `a` in `b`, share of `b` in `a`."""
    first, second = a.astype(np.float64), b.astype(np.float64)
    sides = np.minimum(first[:, None, 2:], second[None, :, 2:]) - np.maximum(first[:, None, :2], second[None, :, :2])
    common = np.prod(np.clip(sides, 0, None), axis=2)
    area_a = np.prod(first[:, 2:] - first[:, :2], axis=1)[:, None]
    area_b = np.prod(second[:, 2:] - second[:, :2], axis=1)[None, :]
    iou, inside, around = (common / np.maximum(area, _TINY) for area in (area_a + area_b - common, area_a, area_b))
    return iou, inside, around


def iou(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / max((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common, _TINY)
