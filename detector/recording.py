"""How the frames of a place were taken: by which clock, and where frames are missing."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from detector.vision.frame import Frame

GAP: Final = timedelta(seconds=30)
"""Time without a frame from which on it is a gap in the recording."""

GAPS_KEPT: Final = 50

ClockName = Literal["machine", "footage", "none"]
"""Whose clock gives the times: this machine's, the recording's own, or none, where the footage does not say."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A span without frames, from the last frame before it to the first one after it."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording in which a place was seen, from its first frame on.

    `lag` is how many seconds late the last frame was in our hands, `set_by` by how many seconds the machine's clock was
    set since the watch began, `gaps` the spans without frames while the place stood (the last fifty at most).
    """

    clock: ClockName = "none"
    lag: float = 0.0
    set_by: float = 0.0
    gaps: tuple[Gap, ...] = ()


class RecordingLog:
    """Follows one camera's frames, in order of arrival."""

    def __init__(self) -> None:
        self._gaps: deque[Gap] = deque(maxlen=GAPS_KEPT)
        self._last: Frame | None = None

    def take_in(self, frame: Frame) -> None:
        """Note the frame, and the gap before it."""
        before = self._last
        if before is not None and frame.captured_at - before.captured_at > GAP:
            self._gaps.append(Gap(before.captured_at, frame.captured_at))
        self._last = frame

    def since(self, moment: datetime, ahead: timedelta = timedelta(0)) -> Recording:
        """Return the recording from a moment to the last frame; by `ahead` the machine's clock was set meanwhile."""
        frame = self._last
        if frame is None:
            return Recording()
        clock: ClockName = "none" if not frame.timed else "machine" if frame.clock is not None else "footage"
        gaps = tuple(gap for gap in self._gaps if gap.until > moment)
        return Recording(clock, frame.lag, ahead.total_seconds(), gaps)
