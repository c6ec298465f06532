"""Background work: a thread that calls one function repeatedly until it is stopped.

Whatever a step raises, the loop goes on: it says so once in the log, waits a while (full jitter, longer each time) and
tries again. It notes when it was last alive; `faults` names the loops of this process that are dead or late, which
`/readyz` reports it.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from api.errors import ApiError
from streams.camera.backoff import Backoff

log = logging.getLogger(__name__)

LATE: Final = timedelta(minutes=2)
LONGEST_RETRY: Final = 60.0  # seconds between two tries of a step that fails again and again

_running: "set[BackgroundLoop]" = set()
_lock = threading.Lock()


def faults() -> tuple[str, ...]:
    """Return what is wrong with the loops of this process that should run: one short sentence for each, sorted."""
    with _lock:
        loops = tuple(_running)
    return tuple(sorted(fault for loop in loops if (fault := loop.fault)))


class BackgroundLoop:
    """A thread that calls `step` between `start` and `stop`; `step` returns whether there may be more to do at once.

    Args:
        name: of the thread, in the log and in `/readyz`.
        step: one round of the work. A long one calls `beat` now and then, and ends when `stopping`.
        pause: how long to wait after a round that left nothing to do; `wake` ends the wait.
        late_after: how long the loop may give no sign of life, pauses not counted, before it counts as late.
        first_pause: how long to wait before the first round.
        longest_retry: the longest wait, in seconds, after a step that failed.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        *,
        pause: timedelta,
        late_after: timedelta = LATE,
        first_pause: timedelta = timedelta(0),
        longest_retry: float = LONGEST_RETRY,
    ) -> None:
        self.name = name
        self._step = step
        self._pause = pause.total_seconds()
        self._late_after = late_after.total_seconds()
        self._first_pause = first_pause.total_seconds()
        self._backoff = Backoff(base=min(1.0, longest_retry), cap=longest_retry)
        self._failing: type[BaseException] | None = None
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._alive_at = self._due = 0.0

    @property
    def stopping(self) -> bool:
        """Return whether the loop was told to stop."""
        return self._stopping.is_set()

    @property
    def alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def fault(self) -> str | None:
        """Return what is wrong with a loop that should run, as a short sentence; None while it is well."""
        if not self.alive:
            return f"{self.name} has ended"
        now = time.monotonic()
        return f"{self.name} is late: no heartbeat for {now - self._alive_at:.0f} s" if now > self._due else None

    def start(self) -> None:
        """Start the thread; from now on `faults` includes this loop."""
        self._stopping.clear()
        self._wanted.clear()
        self.beat(self._first_pause)
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        with _lock:  # a step that ends its own loop at once must find it here
            self._thread.start()
            _running.add(self)

    def stop(self, timeout: timedelta | None = None) -> None:
        """Tell the loop to end and wait for it; a step under way is finished or, after `timeout`, left alone."""
        self.finish()
        if self._thread is not None:
            self._thread.join(None if timeout is None else timeout.total_seconds())

    def finish(self) -> None:
        """Tell the loop to end after the step under way, which may call this itself."""
        self._stopping.set()
        self._wanted.set()
        with _lock:
            _running.discard(self)

    def wake(self) -> None:
        """There may be something to do: end a pause, or add a round to the one under way."""
        self._wanted.set()

    def beat(self, longer: float = 0.0) -> None:
        """Give a sign of life; the next one may take so many seconds longer."""
        self._alive_at = time.monotonic()
        self._due = self._alive_at + longer + self._late_after

    def _run(self) -> None:
        self._stopping.wait(self._first_pause)
        while not self.stopping:
            try:
                self._round()
            except BaseException as error:  # noqa: BLE001 - the loop must outlive every step: SystemExit, no memory, ...
                with suppress(Exception):  # to tell of it may fail as well, for want of memory or of a file
                    self._tell(error)
                wait = self._backoff.next_pause()
                self.beat(wait)
                self._stopping.wait(wait)

    def _round(self) -> None:
        self._wanted.clear()
        self.beat()
        again = self._step()
        if self._failing is not None:
            log.info("%s works again", self.name)
            self._failing = None
        self._backoff.reset()
        if not again:
            self.beat(self._pause)
            self._wanted.wait(self._pause)

    def _tell(self, error: BaseException) -> None:
        """Log a failure, once for each kind in a row: an error with a name in one line, any other with its trace."""
        before, self._failing = self._failing, type(error)
        if before is type(error):
            return
        if isinstance(error, ApiError | OSError):
            log.error("%s failed and is retried: %s", self.name, error)
        else:
            log.error("%s failed unexpectedly and is retried", self.name, exc_info=error)
