"""What each finder saw of a place in its strongest look: small pictures, so that a person can tell why it was found."""

from collections.abc import Collection, Iterable
from datetime import datetime

import cv2
import numpy as np

from detector.candidate import FinderPicture
from detector.places.places import Place
from detector.vision.detections import Box
from detector.vision.frame import Image

SIDE = 240
"""Longer side of a picture at most, pixels: some 10 kB as JPEG."""

AROUND = 0.15
"""Share of the box that is shown on each side of it."""

QUALITY = 85
KEPT = 60
"""Pictures held of one camera at most; the oldest go."""


class FinderPictures:
    """The pictures of one camera's places. One frame at a time, in order of capture."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], FinderPicture] = {}

    def keep(self, image: Image, at: datetime, places: Iterable[Place]) -> None:
        """Take the frame for each finder that has seen a place in it and was surer than before, or has no picture."""
        for place in places:
            for record in place.evidence.records:
                key = (place.key, record.finder)
                if record.last == at and (record.best_at == at or key not in self._kept):
                    self._kept.pop(key, None)
                    self._kept[key] = _cut(record.finder, image, at, place.boxes[-1])
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def of(self, key: str) -> tuple[FinderPicture, ...]:
        """Return the pictures of a place, one for each finder that has seen it."""
        return tuple(picture for (place, _), picture in self._kept.items() if place == key)

    def drop_all_but(self, keys: Collection[str]) -> None:
        """Let go of places that have ended."""
        self._kept = {key: picture for key, picture in self._kept.items() if key[0] in keys}


def _cut(finder: str, image: Image, at: datetime, box: Box) -> FinderPicture:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    around_x, around_y = AROUND * (x2 - x1), AROUND * (y2 - y1)
    left, top = (min(max(int(side), 0), most - 1) for side, most in ((x1 - around_x, width), (y1 - around_y, height)))
    right = min(max(int(np.ceil(x2 + around_x)), left + 1), width)
    bottom = min(max(int(np.ceil(y2 + around_y)), top + 1), height)
    part = np.ascontiguousarray(image[top:bottom, left:right])
    shrink = SIDE / max(part.shape[:2])
    if shrink < 1:
        size = max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, encoded = cv2.imencode(".jpg", part, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return FinderPicture(finder, at, encoded.tobytes(), int(part.shape[1]), int(part.shape[0]))
