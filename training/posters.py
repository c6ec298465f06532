"""Façades with more posters in their windows than the set labels: `window_ad` has 132 boxes in 45 pictures there.

What is put up is cut from other pictures of the training side: its posters, and signs, which are printed alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.frame import Image
from training.sample import Sample

SMALLEST = 24  # pixels: a side shorter than this, of a window or of what is put into it, is too blurred to learn from
WIDEST = 1.8  # of what is put up, to its height: wide signs are lettering without a ground
MOST = 6  # windows of one picture that get something
FILLS = (0.5, 1.0)  # share of the window that it takes, along the side where it is larger
SAME = 0.6  # IoU from which on poster and window are one thing, and called a poster: an anchor can say one class alone


@dataclass(frozen=True, slots=True)
class Kinds:
    """Class indices: of what is cut out, of what it is put into, and of what it then is."""

    cut: Sequence[int]
    window: int
    poster: int


def cuttings(samples: Sequence[Sample], kinds: Kinds) -> tuple[Image, ...]:
    """All that can be put up, cut from these pictures."""
    found = []
    for sample in samples:
        height, width = sample.image.shape[:2]
        for box, cls in zip(sample.boxes, sample.class_ids, strict=True):
            x1, y1 = np.maximum(0, np.floor(box[:2])).astype(int)
            x2, y2 = min(width, round(float(box[2]))), min(height, round(float(box[3])))
            if cls in kinds.cut and min(x2 - x1, y2 - y1) >= SMALLEST and (x2 - x1) < WIDEST * (y2 - y1):
                found.append(sample.image[y1:y2, x1:x2].copy())
    return tuple(found)


def one_name(sample: Sample, kinds: Kinds) -> Sample:
    """The sample without the windows that a poster fills."""
    posters = sample.boxes[sample.class_ids == kinds.poster]
    filled = [
        cls == kinds.window and any(_iou(box, poster) > SAME for poster in posters)
        for box, cls in zip(sample.boxes, sample.class_ids, strict=True)
    ]
    kept = ~np.array(filled, np.bool_)
    return replace(sample, boxes=sample.boxes[kept], class_ids=sample.class_ids[kept])


def put_up(sample: Sample, cut: Sequence[Image], kinds: Kinds, rng: np.random.Generator) -> Sample | None:
    """The sample with something in some of its windows; None where no window is large enough."""
    sizes = sample.boxes[:, 2:] - sample.boxes[:, :2]
    taken = sample.boxes[np.isin(sample.class_ids, [*kinds.cut, kinds.poster])]
    free = [
        index
        for index in np.flatnonzero((sample.class_ids == kinds.window) & (sizes.min(axis=1) >= SMALLEST))
        if not any(_overlap(sample.boxes[index], box) for box in taken)
    ]
    if not free or not cut:
        return None
    image, added = sample.image.copy(), []
    alike = cut[int(rng.integers(len(cut)))] if rng.random() < 0.4 else None  # one campaign in all windows
    for index in rng.permutation(free)[: int(rng.integers(1, MOST + 1))]:
        piece = cut[int(rng.integers(len(cut)))] if alike is None else alike
        added.append(_put(image, sample.boxes[index], piece, rng))
    boxes = np.concatenate([sample.boxes, np.array(added, np.float32)])
    ids = np.concatenate([sample.class_ids, np.full(len(added), kinds.poster, np.int64)])
    return one_name(Sample(image, boxes, ids), kinds)


def _put(image: Image, window: NDArray[np.float32], piece: Image, rng: np.random.Generator) -> list[float]:
    """Paste a piece somewhere into the window, behind its glass; returns its box."""
    x1, y1, x2, y2 = window
    fits = min((x2 - x1) / piece.shape[1], (y2 - y1) / piece.shape[0]) * float(rng.uniform(*FILLS))
    stretch = np.clip(rng.normal(1, 0.1, 2), 0.8, 1.25) if rng.random() < 0.5 else np.ones(2)
    width = int(max(4, min(x2 - x1 - 1, piece.shape[1] * fits * stretch[0])))
    height = int(max(4, min(y2 - y1 - 1, piece.shape[0] * fits * stretch[1])))
    left, top = int(rng.uniform(x1, x2 - width)), int(rng.uniform(y1, y2 - height))
    there = image[top : top + height, left : left + width].astype(np.float32)
    fitted = cv2.resize(piece, (there.shape[1], there.shape[0]), interpolation=cv2.INTER_AREA)
    new = fitted * rng.uniform(0.65, 1.1) + rng.normal(0, 6, 3)
    through = float(rng.uniform(0.75, 1.0))  # the rest is what the glass mirrors
    image[top : top + height, left : left + width] = (through * new + (1 - through) * there).clip(0, 255)
    return [left, top, left + there.shape[1], top + there.shape[0]]


def _overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)))


def _iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    common = _overlap(a, b)
    return common / max(1e-9, float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - common)
