"""How much room is left in the data folder, and for how many days it lasts."""

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DAY: Final = 86400.0
SAMPLE_EVERY: Final = 600.0
SHORTEST: Final = 3600.0
"""Seconds of observation below which nothing is said: an hour with one upload says nothing of a day."""


@dataclass(slots=True)
class DiskTrend:
    """Free bytes of a folder's disk as they were over the last day, one sample in ten minutes; thread-safe."""

    folder: Path
    free_now: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    clock: Callable[[], float] = time.monotonic
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=round(DAY / SAMPLE_EVERY) + 1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def observe(self) -> int:
        """Return the free bytes, and remember them. Raises OSError."""
        free, now = self.free_now(self.folder), self.clock()
        with self._lock:
            if not self._samples or now - self._samples[-1][0] >= SAMPLE_EVERY:
                self._samples.append((now, free))
        return free

    def days_left(self, free: int) -> float | None:
        """Return in how many days the disk is full at the pace of the last day.

        None where that is not known yet, infinite where nothing is used up.
        """
        with self._lock:
            began, before = self._samples[0] if self._samples else (self.clock(), free)
        seconds = self.clock() - began
        if seconds < SHORTEST:
            return None
        used = before - free
        return free / used * seconds / DAY if used > 0 else float("inf")
