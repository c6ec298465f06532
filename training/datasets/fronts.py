"""Photographed façades seen from a pole: foreshortened, small and in rows, so that their labelled signs look as there.

A façade is flat, so a camera that looks along a street sees it through a homography: its upright edges stay upright,
and its lines meet on the horizon. What lies between the façades is a blurred view, which shows no sign.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image
from training.datasets.sample import Sample

Floats = NDArray[np.float32]

SIZE = (960, 540)
SMALLEST = 7  # pixels: a lower sign is unsure
SEEN = 0.45  # share of a sign that must be visible; below it, it is unsure


def street_front(facades: Sequence[Sample], view: Image, unsure: int, rng: np.random.Generator) -> Sample:
    """Put some façades side by side before a blurred `view`; `unsure` is the class of what is hidden or too small."""
    image = np.asarray(cv2.GaussianBlur(cv2.resize(view, SIZE), (0, 0), 22), np.uint8)
    horizon, over = float(rng.uniform(0.25, 0.65)) * SIZE[1], float(rng.uniform(0.45, 0.85))
    left = float(rng.uniform(-0.15, 0.1)) * SIZE[0]
    boxes: Floats = np.zeros((0, 4), np.float32)
    ids: NDArray[np.int64] = np.zeros(0, np.int64)
    for facade in facades:
        height, width = facade.image.shape[:2]
        near = float(rng.uniform(0.35, 1.1)) * SIZE[1]
        edges = (near, near * float(rng.uniform(0.5, 1.0)))
        edges = edges if rng.random() < 0.5 else edges[::-1]
        right = left + width / height * float(np.mean(edges)) * float(rng.uniform(0.4, 1.0))
        corners = np.array(
            [(x, y) for x, high in ((left, edges[0]), (right, edges[1])) for y in _upright(horizon, over, high)],
            np.float32,
        )
        flat = np.array([(0, 0), (0, height), (width, 0), (width, height)], np.float32)
        matrix = np.asarray(cv2.getPerspectiveTransform(flat, corners), np.float64)
        small = cv2.INTER_AREA if near < height else cv2.INTER_LINEAR
        soft = cv2.GaussianBlur(facade.image, (0, 0), max(0.3, 0.35 * height / near))
        warped = cv2.warpPerspective(np.asarray(soft, np.uint8), matrix, SIZE, flags=small)
        cover = cv2.warpPerspective(np.ones((height, width), np.uint8), matrix, SIZE, flags=cv2.INTER_NEAREST) > 0
        ids = np.where(_share(boxes, ~cover) < SEEN, unsure, ids)
        image[cover] = warped[cover]
        moved = _moved(facade.boxes, matrix)
        hidden = (_share(moved, cover) < SEEN) | (moved[:, 3] - moved[:, 1] < SMALLEST)
        boxes = np.concatenate([boxes, moved])
        ids = np.concatenate([ids, np.where(hidden, unsure, facade.class_ids)])
        left = right + float(rng.uniform(-0.03, 0.1)) * SIZE[0]
    inside = boxes.clip(0, [*SIZE, *SIZE]).astype(np.float32)
    keep = (inside[:, 2:] - inside[:, :2] > 3).all(axis=1)
    return Sample(image, inside[keep], ids[keep].astype(np.int64))


def _upright(horizon: float, over: float, high: float) -> tuple[float, float]:
    return horizon - over * high, horizon + (1 - over) * high


def _moved(boxes: Floats, matrix: NDArray[np.float64]) -> Floats:
    """Return the upright hulls of boxes (n, 4) after a homography."""
    if not len(boxes):
        return np.zeros((0, 4), np.float32)
    corners = boxes[:, [0, 1, 2, 1, 0, 3, 2, 3]].reshape(1, -1, 2).astype(np.float64)
    points = cv2.perspectiveTransform(corners, matrix).reshape(-1, 4, 2)
    return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1).astype(np.float32)


def _share(boxes: Floats, shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of each box (its part beyond the picture too) where `shown` is true."""
    total = np.pad(shown.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    x1, y1, x2, y2 = boxes.clip(0, [*shown.shape[::-1], *shown.shape[::-1]]).astype(np.int64).T
    within = total[y2, x2] - total[y1, x2] - total[y2, x1] + total[y1, x1]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.asarray(within / np.maximum(area, 1e-6), np.float64)
