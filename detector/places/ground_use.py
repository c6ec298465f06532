"""Where people walk and vehicles drive in a fixed camera's picture: pavement and road, for a person to accept.

Nobody has to know what asphalt looks like: the feet of people and the lower edges of vehicles, seen over a day, tell
the ground's use. It is a proposal. People cross roads, and vehicles park on pavements; each part of the ground goes to
those who were seen there more.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.places.occupancy import PEOPLE, VEHICLES
from detector.vision.detections import Detections

PAVEMENT: Final = "pavement"
ROAD: Final = "road"

CELLS = 96
"""Cells across the picture."""

SURE = 0.35
"""Confidence from which on a person or a vehicle counts."""

LEAST = 30
"""People, or vehicles, that must have been seen before anything is proposed of their ground."""

SEEN = 0.02
"""Share of the busiest cell's use from which on a cell is used at all."""

SMALLEST = 0.005
"""Share of the picture that an area must take."""

GAP = 9
"""Cells of a hole, or a bay, that is closed: fewer feet there are chance."""

PLAIN = 2.0
"""Cells by which a proposed outline may be off its area: fewer corners are easier to mend by hand."""

Heat = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ProposedArea:
    """One area of the picture, `pavement` or `road`; corners (u, v) in pixels."""

    use: str
    corners: tuple[tuple[int, int], ...]


class GroundUse:
    """Counts who stood where in the pictures of one camera, all of one size (pixels)."""

    def __init__(self, width: int, height: int) -> None:
        self._cell = width / CELLS
        self._size = (width, height)
        shape = (max(1, round(height / self._cell)), CELLS)
        self._heat: dict[str, Heat] = {use: np.zeros(shape, np.float32) for use in (PAVEMENT, ROAD)}
        self.seen = {PAVEMENT: 0, ROAD: 0}

    def learn(self, seen: Detections) -> None:
        """Take in what a detector was `SURE` of in one picture."""
        for use, names in ((PAVEMENT, PEOPLE), (ROAD, VEHICLES)):
            for one in seen.of_class(*names):
                self._stand(use, *one.box)

    def proposed(self) -> tuple[ProposedArea, ...]:
        """Return the areas, largest first; none of a use of which too little was seen."""
        spread = {use: self._spread(heat) if self.seen[use] >= LEAST else heat * 0 for use, heat in self._heat.items()}
        found: list[tuple[float, ProposedArea]] = []
        for use, other in ((PAVEMENT, ROAD), (ROAD, PAVEMENT)):
            mask = ((spread[use] > SEEN) & (spread[use] >= spread[other])).astype(np.uint8)
            mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
            mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((GAP, GAP), np.uint8)), np.uint8)
            outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            for outline in outlines:
                corners = np.asarray(cv2.approxPolyDP(outline, PLAIN, True)[:, 0], np.int32)
                area = cv2.contourArea(corners) / mask.size
                if len(corners) >= 3 and area >= SMALLEST:
                    found.append((area, ProposedArea(use, self._in_pixels(corners))))
        return tuple(area for _, area in sorted(found, key=lambda one: -one[0]))

    def _stand(self, use: str, x1: float, y1: float, x2: float, y2: float) -> None:
        """Count a box where it stands: at its lower edge, a fifth of its width deep, without its outer tenths."""
        if y2 >= self._size[1] - 2:  # cut by the border: nobody sees where it stands
            return
        heat = self._heat[use]
        low = y2 - min(0.2 * (x2 - x1), y2 - y1)
        rows = slice(max(0, int(low / self._cell)), min(heat.shape[0], int(y2 / self._cell) + 1))
        inset = 0.1 * (x2 - x1)
        columns = slice(max(0, int((x1 + inset) / self._cell)), min(CELLS, int((x2 - inset) / self._cell) + 1))
        part = heat[rows, columns]
        if part.size:
            part += np.float32(1 / part.size)
            self.seen[use] += 1

    @staticmethod
    def _spread(heat: Heat) -> Heat:
        """Feet are points and a pavement is not: smoothed, as a share of the busiest cells' use."""
        smooth = np.asarray(cv2.GaussianBlur(heat, (0, 0), 2), np.float32)
        busiest = float(np.percentile(smooth, 99))
        return smooth / np.float32(max(busiest, 1e-6))

    def _in_pixels(self, corners: NDArray[np.int32]) -> tuple[tuple[int, int], ...]:
        width, height = self._size
        found = []
        for x, y in corners.tolist():
            u, v = round((x + 0.5) * self._cell), round((y + 0.5) * self._cell)
            found.append((min(u, width), min(v, height)))
        return tuple(found)
