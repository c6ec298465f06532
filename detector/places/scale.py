"""How large a metre is in a fixed camera's picture: from its calibration, or from the people and cars seen there.

On a street seen from a pole, the height of a thing grows about linearly with how far down its foot is in the picture.
So a line through the heights of people and cars over the rows of their feet tells the size of everything else.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

import numpy as np

from detector.errors import RayMissesGround
from detector.geometry.fixed_camera import FixedCamera
from detector.geometry.ground import Locator
from detector.vision.detections import Box, Detections

HEIGHTS = {"person": 1.6, "car": 1.5, "bus": 3.0}
"""Metres that such things are high as a detector sees them; a rider is lower than a walker, a van higher than a car."""

SURE = 0.5
"""Confidence from which on one is measured."""

LEAST = 12
"""Measures that a line needs, spread over a tenth of the picture's height."""

KEPT = 200

STALL_HEIGHT, STALL_WIDTH = (0.35, 5.0), (0.35, 14.0)
"""Metres that a stall may measure, from goods on a cloth to a row of parasols, with the doubt of the line on top."""


class SceneScale:
    """Pixels for a metre at any row of one camera's picture. One frame at a time."""

    def __init__(self, locator: Locator | None = None) -> None:
        self._camera = locator if isinstance(locator, FixedCamera) else None
        self._seen: deque[tuple[float, float]] = deque(maxlen=KEPT)  # row of the foot, pixels for a metre there
        self._line: tuple[float, float] | None = None

    def learn(self, seen: Detections, width: int, height: int, at: datetime) -> None:
        """Measure the people and cars of one look; what the picture's border cuts is left out."""
        if self._camera is not None:
            return
        before = len(self._seen)
        for one in seen.of_class(*HEIGHTS):
            x1, y1, x2, y2 = one.box
            inside = x1 > 2 and y1 > 2 and x2 < width - 2 and y2 < height - 2
            if inside and one.confidence >= SURE and y2 - y1 >= 12:
                self._seen.append((y2, (y2 - y1) / HEIGHTS[one.class_name]))
        if len(self._seen) != before or len(self._seen) == KEPT:
            self._line = _robust_line(self._seen, height)

    def forget(self) -> None:
        """Reset the scale: the camera's view has changed."""
        self._seen.clear()
        self._line = None

    @property
    def horizon(self) -> float | None:
        """Return the picture's row at which things are infinitely far; None where it is not known."""
        if self._camera is not None:
            lens = self._camera.pose.lens
            return float(lens.cy + lens.fy * np.tan(np.radians(self._camera.pose.pitch)))
        return None if self._line is None else self._line[1]

    def pixels_per_metre(self, u: float, v: float) -> float | None:
        """At the pixel where a thing touches the ground; None where nothing is known of it."""
        if self._camera is not None:
            try:
                reach = self._camera.locate(u, v).range_m
            except RayMissesGround:
                return None
            return float(self._camera.pose.lens.fx / np.hypot(reach, self._camera.pose.height))
        if self._line is None:
            return None
        slope, horizon = self._line
        return slope * (v - horizon) if v > horizon + 4 else None

    def fits_stall(self, box: Box) -> bool:
        """Return whether a thing of this box may be a stall by its size; True where no scale is known."""
        metre = self.pixels_per_metre((box[0] + box[2]) / 2, box[3])
        if metre is None:
            return True
        width, height = (box[2] - box[0]) / metre, (box[3] - box[1]) / metre
        return STALL_WIDTH[0] <= width <= STALL_WIDTH[1] and STALL_HEIGHT[0] <= height <= STALL_HEIGHT[1]


def _robust_line(seen: Iterable[tuple[float, float]], height: int) -> tuple[float, float] | None:
    """Slope (pixels for a metre, per row) and row of the horizon, through the medians of the upper and lower rows."""
    rows, sizes = np.array(sorted(seen)).reshape(-1, 2).T
    if len(rows) < LEAST:
        return None
    third = len(rows) // 3
    far, near = float(np.median(rows[:third])), float(np.median(rows[-third:]))
    small, large = float(np.median(sizes[:third])), float(np.median(sizes[-third:]))
    if near - far < 0.1 * height or large <= 1.1 * small:
        return None
    slope = (large - small) / (near - far)
    return slope, far - small / slope
