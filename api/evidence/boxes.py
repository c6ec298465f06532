"""Boxes that a person gives, checked against the picture in which they lie."""

from math import isfinite
from typing import Final

from api.errors import LabelInvalid
from detector.vision.detections import Box

SMALLEST: Final = 2.0
"""Pixels: what is smaller nobody drew on purpose."""


def check_box(box: Box, width: int, height: int, where: str) -> None:
    """Refuse a box (x1, y1, x2, y2 in pixels) that lies outside a picture of this size, or has no area.

    Raises:
        LabelInvalid: what is wrong with it; the text begins with `where`.
    """
    left, top, right, bottom = box
    shown = ", ".join(f"{edge:g}" for edge in box)
    if not all(isfinite(edge) for edge in box) or left < 0 or top < 0 or right > width or bottom > height:
        raise LabelInvalid(f"{where}: [{shown}] leaves the picture of {width}x{height} pixels")
    if right - left < SMALLEST or bottom - top < SMALLEST:
        raise LabelInvalid(f"{where}: [{shown}] has hardly an area; write left, top, right, bottom")
