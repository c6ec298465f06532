"""How long to wait before the next try, and how many tries the whole site may make.

A power cut takes every camera of a street away at once and brings them back at once. Fixed pauses would make all of
them reconnect in the same second, again and again; full jitter spreads them, and the budget holds whatever is left of a
storm.
"""

import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

_RANDOM: Final = Random()


def full_jitter(tries: int, base: float, cap: float, random: Random = _RANDOM) -> float:
    """Return the seconds to wait after so many earlier tries: uniform in 0 to min(cap, base * 2^tries).

    Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return random.uniform(0.0, min(cap, base * 2.0 ** min(tries, 30)))


@dataclass(slots=True)
class Backoff:
    """Full-jitter exponential back-off that counts the tries itself."""

    base: float = 1.0
    cap: float = 60.0
    random: Random = field(default_factory=Random)
    _tries: int = 0

    def next_pause(self) -> float:
        """Seconds to wait now; the next one may be twice as long."""
        self._tries += 1
        return full_jitter(self._tries - 1, self.base, self.cap, self.random)

    def reset(self) -> None:
        """The camera has been well for a while: begin with short pauses again."""
        self._tries = 0


class OpeningBudget:
    """At most `per_second` openings in any second, for all cameras that share this object; thread-safe.

    Openings are spaced evenly, not in bursts: a burst is what makes a switch or a recorder drop connections.
    """

    def __init__(self, per_second: float = 8.0) -> None:
        if per_second <= 0:
            raise ValueError(f"a budget of {per_second} openings per second opens nothing")
        self._gap = 1.0 / per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def reserve(self) -> float:
        """Takes the next free turn; returns the seconds until it comes."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
            return turn - now

    def wait_turn(self, stop: threading.Event) -> bool:
        """Blocks until it is this caller's turn; False when `stop` was set meanwhile."""
        return not stop.wait(self.reserve())


class Turns(Protocol):
    """Whoever says when a camera may open: the budget itself, or a process that asks it."""

    def wait_turn(self, stop: threading.Event) -> bool: ...
