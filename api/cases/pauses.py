"""Leaves a case system that cannot be reached alone for a while, longer each time: it must not hold up the others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.clock import Clock

FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(minutes=5)
"""How long a case system that cannot be reached is left alone, at first and at most."""


@dataclass(frozen=True, slots=True)
class _Pause:
    until: datetime
    wait: timedelta


class SystemPauses:
    """Which case systems are left alone at the moment, by name; of one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pauses: dict[str, _Pause] = {}

    def lasts(self, name: str) -> bool:
        """Tell whether a system is left alone now; not where the clock was set back."""
        pause, now = self._pauses.get(name), self._clock()
        return pause is not None and now < pause.until <= now + LONGEST_PAUSE

    def begin(self, name: str) -> None:
        """Leave a system alone that could not be reached, for twice as long as the last time."""
        known = self._pauses.get(name)
        wait = min(known.wait * 2, LONGEST_PAUSE) if known else FIRST_PAUSE
        self._pauses[name] = _Pause(self._clock() + wait, wait)

    def end(self, name: str) -> None:
        """Note that a system has answered."""
        self._pauses.pop(name, None)
