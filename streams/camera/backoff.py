"""How long to wait before the next try, and how many tries the whole site may make.

A power cut takes every camera of a street away at once and brings them back at once. Fixed pauses would make all of
them reconnect in the same second, again and again; full jitter spreads them, and the budget holds whatever is left of a
storm.
"""

import bisect
import itertools
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

    def next_pause(self, most: float | None = None) -> float:
        """Seconds to wait now, below `most` and the cap; the next one may be twice as long."""
        cap = self.cap if most is None else min(most, self.cap)
        self._tries += 1
        return full_jitter(self._tries - 1, self.base, cap, self.random)

    def reset(self) -> None:
        """Reset to short pauses, once the camera has been stable for a while."""
        self._tries = 0


class OpeningBudget:
    """At most `per_second` openings in any second, for all cameras that share this object; thread-safe.

    Openings are spaced evenly, not in bursts: a burst is what makes a switch or a recorder drop connections. Cameras
    that were live a moment ago come before the others: hundreds of dead ones must not keep one from coming back.
    """

    def __init__(self, per_second: float = 8.0) -> None:
        if per_second <= 0:
            raise ValueError(f"a budget of {per_second} openings per second opens nothing")
        self._gap = 1.0 / per_second
        self._lock = threading.Lock()
        self._next = 0.0  # monotonic seconds of the next turn
        self._queue: list[_Ticket] = []
        self._numbers = itertools.count()

    def wait_turn(self, stop: threading.Event, *, recent: bool = False) -> bool:
        """Block until it is this caller's turn; return False when `stop` was set meanwhile.

        `recent`: this camera was live a moment ago.
        """
        ticket = _Ticket((not recent, next(self._numbers)))
        with self._lock:
            bisect.insort(self._queue, ticket)
        try:
            while not stop.is_set():
                if (pause := self._pause_of(ticket)) <= 0:
                    return True
                ticket.first.wait(pause)
            return False
        finally:
            with self._lock:
                self._queue.remove(ticket)
                for one in self._queue[:1]:
                    one.first.set()

    def _pause_of(self, ticket: "_Ticket") -> float:
        """Seconds until this ticket may look again; 0 takes the turn."""
        with self._lock:
            ticket.first.clear()
            if self._queue[0] is not ticket:
                return _LOOK
            now = time.monotonic()
            if now < self._next:
                return min(self._next - now, _LOOK)
            self._next = max(now, self._next) + self._gap
            return 0.0


_LOOK = 0.5  # seconds between two looks at `stop` while one waits


@dataclass(slots=True, order=True)
class _Ticket:
    """A place in the queue, by rank and number."""

    rank: tuple[bool, int]
    first: threading.Event = field(default_factory=threading.Event, compare=False)


class Turns(Protocol):
    """Whoever says when a camera may open: the budget itself, or a process that asks it."""

    def wait_turn(self, stop: threading.Event, *, recent: bool = False) -> bool: ...
