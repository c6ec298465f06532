"""Skipping what has not changed: a street at night gives the same picture a thousand times."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Frame

SIZE = (320, 180)
STEP = 14  # grey levels: more than the noise of a camera at night after blurring, less than a dark coat on tarmac


@dataclass(slots=True)
class MotionGate:
    """Lets a frame pass when something has changed since the last one that passed, and at least every `force`.

    A stall that stands still does not move: what keeps it in sight is the forced sample, so `force` must be shorter
    than the gap that the rulebook forgives. `share` is the part of the picture that must have changed (a person at
    100 m fills a thousandth). A change of light as a whole is not a change.
    """

    force: timedelta = timedelta(seconds=30)
    share: float = 0.001
    skipped: int = 0
    _last: NDArray[np.int16] | None = field(default=None, repr=False)
    _passed_at: datetime | None = None
    _epoch: int = 0

    def passes(self, frame: Frame) -> bool:
        """Return whether to look at this frame; asked once per frame, in order."""
        small = _small(frame)
        if not self._forced(frame) and self._last is not None and not self._changed(small, self._last):
            self.skipped += 1
            return False
        self._last, self._passed_at, self._epoch = small, frame.captured_at, frame.epoch
        return True

    def _forced(self, frame: Frame) -> bool:
        if self._passed_at is None or frame.epoch != self._epoch:
            return True
        since = frame.captured_at - self._passed_at
        return since >= self.force or since < timedelta(0)

    def _changed(self, small: NDArray[np.int16], last: NDArray[np.int16]) -> bool:
        difference = small - last
        difference -= np.int16(np.median(difference))
        return float(np.mean(np.abs(difference) > STEP)) > self.share


def _small(frame: Frame) -> NDArray[np.int16]:
    """Return a small, blurred grey picture.

    Linear resizing first, since anything that touches every pixel costs more.
    """
    grey = cv2.cvtColor(cv2.resize(frame.image, SIZE), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.blur(grey, (5, 5)), np.int16)
