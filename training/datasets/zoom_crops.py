"""Zoomed-in crops: the same signs, larger in the picture, as somebody sees them who stands nearer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.datasets.pseudo_labels import paint
from training.datasets.sample import GREY, Sample

FILLS = (0.3, 0.9)  # share of the crop's width that the sign is to take
WIDTH = (0.3, 0.6)  # of the picture's width: less would be more blur than sign
VISIBLE = 0.6  # share of a thing that must lie inside the crop to be a label of its own


def zoom(sample: Sample, wanted: Sequence[int], rng: np.random.Generator) -> Sample | None:
    """Return a crop around a random label of the classes `wanted`; None where there is none.

    What the crop cuts to less than VISIBLE is painted over; where that would hide much of another label, it keeps a
    label of what is left of it.
    """
    signs = np.flatnonzero(np.isin(sample.class_ids, wanted))
    if not len(signs):
        return None
    sign = sample.boxes[rng.choice(signs)]
    window = _window(sign, (sample.image.shape[1], sample.image.shape[0]), rng)
    x1, y1, x2, y2 = window
    shift = np.array([x1, y1, x1, y1], np.float32)
    limits = np.array([x2 - x1, y2 - y1] * 2, np.float32)
    clipped = np.clip(sample.boxes - shift, np.float32(0), limits)
    visible = _area(clipped) / np.maximum(_area(sample.boxes), 1e-9)
    kept = list(np.flatnonzero(visible >= VISIBLE))
    image = sample.image[y1:y2, x1:x2].copy()
    covered = np.zeros(image.shape[:2], np.bool_)
    whole = [clipped[index] for index in kept]
    for index in np.flatnonzero((visible > 0) & (visible < VISIBLE)):
        if not paint(covered, clipped[index], whole):
            kept.append(index)
    image[covered] = GREY
    order = np.array(kept, np.int64)
    return Sample(image, clipped[order], sample.class_ids[order])


def _window(sign: NDArray[np.float32], size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Return where to cut, x1 y1 x2 y2 in pixels, of the picture's shape; the sign lies anywhere inside."""
    long = max((sign[2] - sign[0]) / size[0], (sign[3] - sign[1]) / size[1])
    share = float(np.clip(long / rng.uniform(*FILLS), *WIDTH))
    corner = []
    for low, high, side in ((sign[0], sign[2], size[0]), (sign[1], sign[3], size[1])):
        length = round(share * side)
        first, last = sorted((float(high) - length, float(low)))  # a sign larger than the crop is cut somewhere
        start = round(float(np.clip(rng.uniform(first, last), 0, side - length)))
        corner.append((start, start + length))
    (x1, x2), (y1, y2) = corner
    return x1, y1, x2, y2


def _area(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.float32)
