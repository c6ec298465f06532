"""Has something in the picture changed for good since the networks last looked? Told from a thumbnail, for 0.3 ms."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image

SIZE = (160, 90)
STEP = 20
"""Levels of a colour by which a cell must differ: more than noise and compression after blurring."""

SHARE = 0.002
"""Share of the cells that must have changed: a sign 80 pixels wide in 1080p."""

LASTS = 2
"""Frames in a row that must show it."""

Cells = NDArray[np.int16]


class LastingChange:
    """Compares each frame with the one of the last strong look, and with the one before: what passes is no change."""

    def __init__(self) -> None:
        self._before: Cells | None = None
        self._looked: Cells | None = None
        self._lasted = 0  # frames in a row in which something has changed and stayed

    def update(self, image: Image) -> bool:
        """Whether it differs from the picture of the last strong look where it does not differ from the last frame."""
        now, before = _cells(image), self._before
        self._before = now
        if before is None or self._looked is None:
            return False
        changed = _differs(now, self._looked) & ~_differs(now, before)
        self._lasted = self._lasted + 1 if float(changed.mean()) > SHARE else 0
        return self._lasted >= LASTS

    def looked(self) -> None:
        """Record that the last frame gets a strong look."""
        self._looked, self._lasted = self._before, 0


def _cells(image: Image) -> Cells:
    return np.asarray(cv2.blur(cv2.resize(image, SIZE), (3, 3)), np.int16)


def _differs(a: Cells, b: Cells) -> NDArray[np.bool_]:
    """(height, width): where any colour differs, beyond what the whole picture has in common."""
    difference = a - b
    common = np.median(difference, axis=(0, 1)).astype(np.int16)
    return np.asarray((np.abs(difference - common) > STEP).any(axis=2), np.bool_)
