"""Does a place still look as it did when a network last saw the thing there?

What has not changed has not left: so between two strong looks the small picture alone keeps a place's clock running.
"""

import numpy as np

from detector.places.empty_scene import FLAT, Appearance, structure_change
from detector.vision.detections import Box

SAME = 0.55
"""Share of a place's structure that must be as before: a vendor and customers move in front of what stands."""

OTHER = 0.4
"""Share under which something else is there now, or nothing."""

CHANGED = 0.5
"""Structure change (0 to 1) from which on a pixel differs; as occupancy has it."""

KEPT = 60
"""Patches held at most: some 100 kB each."""


class Patches:
    """The last confirmed look of each place of one camera, in the small picture."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[slice, slice], Appearance]] = {}

    def keep(self, key: str, box: Box, now: Appearance, scale: float, shift: tuple[float, float]) -> None:
        """Remember how a place looks now; `box` in pixels of the full picture, `scale` of those for one of `now`."""
        part = _part(box, now, scale, shift)
        if part is None:
            return
        self._kept.pop(key, None)
        self._kept[key] = (part, now.cut(*part))
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))

    def likeness(self, key: str, now: Appearance) -> float | None:
        """How much of a place's structure is as when it was kept, 0 to 1; None where nothing was kept of it.

        Plain pavement between a parasol and its cart looks the same when both have left, so pixels weigh by the
        structure that they have, or had.
        """
        kept = self._kept.get(key)
        if kept is None:
            return None
        (rows, columns), before = kept
        if rows.stop > now.light.shape[0] or columns.stop > now.light.shape[1]:
            return None
        part = now.cut(rows, columns)
        weight = part.energy + before.energy + np.float32(FLAT)
        return float((weight * (structure_change(part, before) < CHANGED)).sum() / weight.sum())

    def drop_all_but(self, keys: set[str]) -> None:
        """Let go of places that have ended."""
        self._kept = {key: kept for key, kept in self._kept.items() if key in keys}


def _part(box: Box, now: Appearance, scale: float, shift: tuple[float, float]) -> tuple[slice, slice] | None:
    height, width = now.light.shape
    x1, y1, x2, y2 = (side / scale - shift[n % 2] for n, side in enumerate(box))
    left, top = max(0, int(x1)), max(0, int(y1))
    right, bottom = min(width, int(np.ceil(x2))), min(height, int(np.ceil(y2)))
    if right - left < 4 or bottom - top < 4:
        return None
    return slice(top, bottom), slice(left, right)
