"""Straight-down tiles seen as if from the side: real canvas and real tarmac for a view that nobody labelled."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image
from training.datasets.labels import Label

FloatArray = NDArray[np.float64]
GREY = (114, 114, 114)
_SMALLEST = 6.0  # pixels: a side shorter than this is no label
_WHOLE = 0.6  # share of a box that must stay in the picture


def tilt(image: Image, labels: tuple[Label, ...], down: float, turn: float) -> tuple[Image, tuple[Label, ...]]:
    """Return the tile (height, width, 3) as a camera `down` degrees below the horizon sees it, turned by `turn`.

    The tile is taken for flat, so a canvas loses its height: what remains true is its outline, its cloth and what lies
    around it. Boxes become the upright hulls of their turned corners; those that leave the picture are dropped.
    """
    height, width = image.shape[:2]
    matrix = _homography(width, height, math.radians(down), math.radians(turn))
    warped = cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=GREY)
    kept = (_moved(label, matrix, width, height) for label in labels)
    return np.asarray(warped, np.uint8), tuple(label for label in kept if label is not None)


def _homography(width: int, height: int, down: float, turn: float) -> FloatArray:
    """Ground (the tile, turned about its middle) to picture; the tile's middle stays in the middle."""
    focal, away = 1.2 * width, 1.2 * width
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    # ground axes in camera axes (right, down, forward) for a camera that looks at the tile's middle from `away`
    across, along = np.array([1.0, 0.0, 0.0]), np.array([0.0, math.sin(down), -math.cos(down)])
    basis = np.stack([across, along], axis=1) @ spin
    to_middle = np.array([[1.0, 0.0, -width / 2], [0.0, 1.0, -height / 2], [0.0, 0.0, 1.0]])
    ground = np.column_stack([basis, np.array([0.0, 0.0, away])])
    lens = np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])
    matrix: FloatArray = lens @ ground @ to_middle
    return matrix


def _moved(label: Label, matrix: FloatArray, width: int, height: int) -> Label | None:
    xs = np.array([label.x - label.width / 2, label.x + label.width / 2]) * width
    ys = np.array([label.y - label.height / 2, label.y + label.height / 2]) * height
    # the hull of a turned box is larger than the thing: its inscribed ellipse, which most canvases fill, is not
    angles = np.linspace(0.0, 2 * math.pi, 24, endpoint=False)
    rim = np.stack([xs.mean() + np.ptp(xs) / 2 * np.cos(angles), ys.mean() + np.ptp(ys) / 2 * np.sin(angles)], axis=1)
    moved = np.concatenate([rim, np.ones((len(rim), 1))], axis=1) @ matrix.T
    if (moved[:, 2] <= 0).any():
        return None
    points = moved[:, :2] / moved[:, 2:]
    low, high = points.min(axis=0), points.max(axis=0)
    inside_low, inside_high = np.clip(low, 0, [width, height]), np.clip(high, 0, [width, height])
    size = inside_high - inside_low
    if size.min() < _SMALLEST or np.prod(size) < _WHOLE * np.prod(high - low):
        return None
    middle = (inside_low + inside_high) / 2
    return Label(
        label.cls, float(middle[0] / width), float(middle[1] / height), float(size[0] / width), float(size[1] / height)
    )
