"""Tiles with stalls side by side, as markets have them: in most labelled tiles each stands alone.

A place that was left out of training showed why: what was missed there were umbrellas that touch each other, and in
colours that no other place has. So stalls are cut out of other tiles, given another hue, and set down in rows. Pieces
of ground and roof are set down in the same way, of the same shape, and are nothing: without these decoys a model learns
that whatever is round is a stall, and finds them in water tanks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image
from training.datasets.sample import Sample

SQUARE = (0.75, 1.33)  # of what is cut out, width to height: its outline is taken for an ellipse
MARGIN = 4  # pixels that a cutting keeps from the tile's edge: what is cut off there is no whole stall
ROW = (3, 9)  # stalls set down in one row
GAP = (0.72, 1.15)  # between two middles, in lengths: below 1 they cover each other
FREE = 0.25  # share of a labelled stall that may be covered
DECOYS = (0, 7)  # set down in one tile
HIDDEN = 0.55  # share of one set down that later ones may cover; more, and it is no label


@dataclass(frozen=True, slots=True)
class Cutting:
    """Something seen from straight above, and how much of each of its pixels is it, 0 to 1."""

    image: Image
    mask: NDArray[np.float32]


def cut_out(samples: Sequence[Sample]) -> tuple[Cutting, ...]:
    """Return every whole stall of these tiles that is about as long as it is wide."""
    found = []
    for sample in samples:
        height, width = sample.image.shape[:2]
        for x1, y1, x2, y2 in np.rint(sample.boxes).astype(int):
            whole = min(x1, y1) >= MARGIN and x2 <= width - MARGIN and y2 <= height - MARGIN
            if whole and SQUARE[0] < (x2 - x1) / max(1, y2 - y1) < SQUARE[1]:
                found.append(Cutting(sample.image[y1:y2, x1:x2].copy(), _outline(x2 - x1, y2 - y1)))
    return tuple(found)


def decoys(samples: Sequence[Sample], rng: np.random.Generator) -> tuple[Cutting, ...]:
    """Return a round piece of each tile where no stall is labelled; of tiles without such a place none."""
    found = []
    for sample in samples:
        height, width = sample.image.shape[:2]
        length = int(rng.uniform(0.08, 0.16) * min(width, height))
        x, y = int(rng.uniform(0, width - length)), int(rng.uniform(0, height - length))
        if _covered(sample.boxes, np.array([x, y, x + length, y + length], np.float32)).sum() == 0:
            found.append(Cutting(sample.image[y : y + length, x : x + length].copy(), _outline(length, length)))
    return tuple(found)


def crowd(
    sample: Sample, cuttings: Sequence[Cutting], nothing: Sequence[Cutting], rng: np.random.Generator
) -> Sample | None:
    """Return the tile with decoys, `nothing`, and one or two rows of stalls set down in it.

    None where there is no room.
    """
    image = sample.image.copy()
    height, width = image.shape[:2]
    owner = np.full((height, width), -1, np.int64)  # which of those set down is seen at a pixel
    whole: list[int] = []
    usual = float(np.median([max(cutting.mask.shape) for cutting in cuttings]))
    for _ in range(int(rng.integers(*DECOYS)) if nothing else 0):
        x, y, length = rng.uniform(0, width), rng.uniform(0, height), usual * float(rng.uniform(0.6, 1.3))
        if _fits(x, y, length, sample, (width, height)):
            _set_down(image, owner, -1, _varied(nothing, length, rng), (x, y))
    for _ in range(int(rng.integers(1, 3))):
        size, angle = usual * float(rng.uniform(0.75, 1.2)), float(rng.uniform(0, math.tau))
        x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
        for _ in range(int(rng.integers(*ROW))):
            length = size * float(rng.uniform(0.88, 1.12))
            if _fits(x, y, length, sample, (width, height)):
                whole.append(_set_down(image, owner, len(whole), _varied(cuttings, length, rng), (x, y)))
            step, aside = size * float(rng.uniform(*GAP)), float(rng.normal(0, 0.12)) * size
            x += step * math.cos(angle) - aside * math.sin(angle)
            y += step * math.sin(angle) + aside * math.cos(angle)
    boxes = [box for number, area in enumerate(whole) if (box := _seen(owner, number, area)) is not None]
    if not boxes:
        return None
    return Sample(
        image,
        np.concatenate([sample.boxes, np.array(boxes, np.float32)]),
        np.concatenate([sample.class_ids, np.zeros(len(boxes), np.int64)]),
    )


def _outline(width: int, height: int) -> NDArray[np.float32]:
    mask = np.zeros((height, width), np.float32)
    centre, half = (width // 2, height // 2), (max(1, round(width * 0.48)), max(1, round(height * 0.48)))
    cv2.ellipse(mask, centre, half, 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.0), np.float32)


def _varied(cuttings: Sequence[Cutting], length: float, rng: np.random.Generator) -> Cutting:
    """Another one each time: turned by quarters, mirrored, in another hue, lighter or paler."""
    one = cuttings[int(rng.integers(len(cuttings)))]
    turns, flip = int(rng.integers(4)), -1 if rng.random() < 0.5 else 1
    turned = np.ascontiguousarray(np.rot90(one.image[:, ::flip], turns))
    outline = np.ascontiguousarray(np.rot90(one.mask[:, ::flip], turns))
    scale = length / max(outline.shape)
    size = max(4, round(outline.shape[1] * scale)), max(4, round(outline.shape[0] * scale))
    image = np.asarray(cv2.resize(turned, size, interpolation=cv2.INTER_AREA), np.uint8)
    mask = np.asarray(cv2.resize(outline, size, interpolation=cv2.INTER_LINEAR), np.float32)
    if rng.random() < 0.6:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 180)) % 180
        hsv[..., 1] *= rng.uniform(0.3, 1.5)
        hsv[..., 2] *= rng.uniform(0.75, 1.3)
        image = np.asarray(cv2.cvtColor(hsv.clip(0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)
    return Cutting(image, mask)


def _fits(x: float, y: float, length: float, sample: Sample, size: tuple[int, int]) -> bool:
    """Return whether a stall here lies mostly in the tile and covers little of a labelled one."""
    half = length / 2
    if not (-0.2 * half < x < size[0] + 0.2 * half and -0.2 * half < y < size[1] + 0.2 * half):
        return False
    box = np.array([x - half, y - half, x + half, y + half], np.float32)
    areas = np.prod(sample.boxes[:, 2:] - sample.boxes[:, :2], axis=1)
    return bool((_covered(sample.boxes, box) <= FREE * areas).all())


def _covered(boxes: NDArray[np.float32], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much of each box, in square pixels, lies in another one."""
    sides = np.clip(np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2]), np.float32(0), None)
    return np.asarray(np.prod(sides, axis=1), np.float32)


def _set_down(image: Image, owner: NDArray[np.int64], number: int, stall: Cutting, at: tuple[float, float]) -> int:
    """Paint one stall over what is there; returns how many pixels it has, those outside the tile too."""
    high, wide = stall.mask.shape
    left, top = round(at[0] - wide / 2), round(at[1] - high / 2)
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(image.shape[1], left + wide), min(image.shape[0], top + high)
    inside = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
    mask, there = stall.mask[inside], (slice(y1, y2), slice(x1, x2))
    image[there] = (mask[..., None] * stall.image[inside] + (1 - mask[..., None]) * image[there]).astype(np.uint8)
    owner[there][mask > 0.5] = number
    return int((stall.mask > 0.5).sum())


def _seen(owner: NDArray[np.int64], number: int, area: int) -> list[float] | None:
    rows, columns = np.nonzero(owner == number)
    if len(rows) < max(1.0, (1 - HIDDEN) * area):
        return None
    return [float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)]
