"""Which frames are looked at: one in every period, at a moment that differs between cameras."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

EARLY = 0.2  # of a period: how much too early a live frame may be taken


def recording_sampler(every: timedelta) -> "Sampler":
    """For frames whose times are exact: one a period, counted from the first, and never too early."""
    return Sampler(every, phase=0.5, early=0.001)


def live_sampler(every: timedelta, camera: str) -> "Sampler":
    """For a camera: staggered by its name, and forgiving where frames jitter."""
    return Sampler(every, phase_of(camera), EARLY)


def phase_of(camera: str) -> float:
    """Return a fixed share of the period, 0 to 1, for this camera: cameras with equal periods do not fire together."""
    return zlib.crc32(camera.encode()) / 2**32


@dataclass(slots=True)
class Sampler:
    """Takes one frame a period, by capture time; a period of 0 takes everything.

    Targets lie one period apart, so lateness does not add up. A frame is taken up to `early` of a period before its
    target: where frames come exactly once a period (key frames), some milliseconds of jitter must not make one of them
    miss its turn and double the gap. `phase` puts the second sample 0.5 to 1.5 periods after the first and so staggers
    cameras that were started together; at 0.5 it comes after exactly one period.
    """

    every: timedelta
    phase: float = 0.5
    early: float = EARLY
    _target: float | None = None
    _taken: float = 0.0

    def due(self, captured_at: datetime) -> bool:
        """Return whether to take the frame captured at this time; asked once per frame, in order of arrival."""
        period, now = self.every.total_seconds(), captured_at.timestamp()
        if period <= 0:
            return True
        if self._target is None or now < self._taken:
            # The first frame, or a clock that jumped back: a sample too many is better than silence until it catches
            # up.
            self._target = now + period * (self.phase - 0.5)
        elif now < self._target - self.early * period:
            return False
        late = now - self._target
        self._target = self._target + period if late < period else now + period
        self._taken = now
        return True
