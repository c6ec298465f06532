"""From linear light to a picture: laying re-rendered windows over what stood still, and developing. No Blender here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Linear = NDArray[np.float32]  # (height, width, RGB), proportional to light
Window = tuple[int, int, int, int]  # x1, y1, x2, y2, half-open pixels
EXPOSURE = 1.45
WINDOW_COST = 25_000  # a render call costs about as much as this many pixels


def merged(windows: Sequence[Window]) -> list[Window]:
    """Few windows that cover all given ones: two are joined where that costs less than a render call."""
    todo = list(windows)
    while True:
        best: tuple[int, int, int] | None = None
        for i in range(len(todo)):
            for j in range(i):
                extra = _area(_union(todo[i], todo[j])) - _area(todo[i]) - _area(todo[j])
                if extra < WINDOW_COST and (best is None or extra < best[0]):
                    best = (extra, i, j)
        if best is None:
            return todo
        one, two = todo.pop(best[1]), todo.pop(best[2])
        todo.append(_union(one, two))


def _union(a: Window, b: Window) -> Window:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _area(a: Window) -> int:
    return (a[2] - a[0]) * (a[3] - a[1])


def laid_over(base: Linear, part: Linear) -> Linear:
    """`part` where it differs from `base`, softly: what did not change keeps the base's cleaner pixels."""
    change = np.abs(part - base).max(axis=2) / (base.max(axis=2) + 0.03)
    rough = Image.fromarray((np.clip((change - 0.07) / 0.1, 0, 1) * 255).astype(np.uint8))
    for step in (ImageFilter.MedianFilter(3), ImageFilter.MaxFilter(5), ImageFilter.GaussianBlur(1)):
        rough = rough.filter(step)
    share = np.asarray(rough, dtype=np.float32)[..., None] / np.float32(255)
    return base + (part - base) * share


def develop(linear: Linear, exposure: float = EXPOSURE) -> NDArray[np.uint8]:
    """Linear light to an sRGB picture, with a film-like shoulder (ACES curve as fitted by K. Narkowicz, 2015)."""
    x = linear * exposure * 0.6
    toned = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    encoded = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return (encoded * 255 + 0.5).astype(np.uint8)
