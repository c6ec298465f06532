"""When a picture was taken, from the camera's own time stamps.

A stamp taken when a picture arrives is late by as much as the network, the decoder and a queue hold it back. The
stream's presentation times (PTS) are regular but have no origin. Anchored to the *earliest* arrivals they give both:
the moment of capture and the lag. What stays unknown is the smallest delay ever seen, some tens of milliseconds in a
camera network.
"""

import time
from dataclasses import dataclass

WINDOW = 300.0  # seconds over which the earliest arrival is kept: long enough to see it, short enough to follow drift
LEAP = 5.0  # seconds that PTS may run ahead of arrival before it counts as a jump of the camera's clock


def clock_ahead() -> float:
    """Return how many seconds this machine's clock is ahead of its uptime: it changes when the clock is set."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(slots=True)
class CaptureClock:
    """Places PTS on our own monotonic time. All values in seconds."""

    drift_ppm: float | None = None  # how fast the camera's clock runs against ours; None until two windows have passed
    jumps: int = 0
    _last_pts: float | None = None
    _window_start: float = 0.0
    _earliest: float = 0.0  # smallest arrival - pts in this window
    _previous: float | None = None  # and in the one before

    def lag(self, pts: float, arrival: float) -> float:
        """Return how long before `arrival` (monotonic) the picture with this `pts` was taken; never negative."""
        offset = arrival - pts
        if self._last_pts is None or pts < self._last_pts or offset < self._floor() - LEAP:
            if self._last_pts is not None:
                self.jumps += 1
            self._begin(offset, arrival)
        self._last_pts = pts
        if arrival - self._window_start > WINDOW:
            self._turn(offset, arrival)
        self._earliest = min(self._earliest, offset)
        return max(0.0, offset - self._floor())

    def _floor(self) -> float:
        return self._earliest if self._previous is None else min(self._earliest, self._previous)

    def _begin(self, offset: float, arrival: float) -> None:
        self._window_start, self._earliest, self._previous = arrival, offset, None
        self.drift_ppm = None

    def _turn(self, offset: float, arrival: float) -> None:
        if self._previous is not None:
            # A fast camera clock puts PTS ahead, so arrival - pts falls: its drift is positive.
            self.drift_ppm = (self._previous - self._earliest) / (arrival - self._window_start) * 1e6
        self._previous, self._earliest, self._window_start = self._earliest, offset, arrival
