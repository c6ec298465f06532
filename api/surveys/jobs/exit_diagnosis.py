"""Whoever starts a worker sees how it ends, and what that proves against the chunk that it held.

A crash signal or an exit code of its own making comes from the work; signal 9 comes from outside, unless the kernel's
count of processes that it ended for want of memory rose at the same time.
"""

import logging
import signal
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.db.database import Database
from api.errors import DatabaseUnavailable
from api.surveys.jobs.chunks import JobFault
from api.surveys.jobs.planning import finalize
from api.surveys.messages import FOOTAGE_ERRORS
from detector.reason import Reason, say

log = logging.getLogger(__name__)

CANNOT_WORK: Final = 78
"""Exit code of a worker that cannot work here, whatever the chunk: EX_CONFIG of sysexits.h."""

_CRASHES: Final = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
_LOOKS: Final = 20  # between the kernel's count and the end of a process that gives back gigabytes some time goes by


class MemoryWatch:
    """Whether the kernel has ended a process for want of memory lately."""

    def __init__(self) -> None:
        self._counts = deque([oom_kills()], maxlen=_LOOKS)

    def look(self) -> None:
        """To be called again and again; so many looks are what is taken for lately."""
        self._counts.append(oom_kills())

    def ran_out(self) -> bool:
        """Return whether the count is higher now than it was at the oldest look."""
        return oom_kills() > self._counts[0]


def oom_kills(counters: Sequence[Path] = ()) -> int:
    """Return how many processes the kernel has ended for want of memory.

    In this control group (version 2), else at all.

    `counters` are the kernel's files that say so; the first that is there counts. 0 where none is.
    """
    for file in counters or (_own_group() / "memory.events", Path("/proc/vmstat")):
        try:
            counts = dict(line.split() for line in file.read_text().splitlines())
        except OSError:
            continue
        return int(counts.get("oom_kill", 0))
    return 0


def diagnose_exit(exitcode: int, *, memory_ran_out: bool) -> Reason | None:
    """Return what a worker's end proves against the chunk that it was at; None: nothing."""
    if exitcode > 0 and exitcode != CANNOT_WORK:
        return Reason(JobFault.EXITED, {"exit_code": exitcode})
    if -exitcode in _CRASHES:
        return Reason(JobFault.CRASHED, {"signal": signal.Signals(-exitcode).name})
    if -exitcode == signal.SIGKILL and memory_ran_out:
        return Reason(JobFault.OUT_OF_MEMORY)
    return None


def record_exit(database: Database, worker: str, exitcode: int, *, memory_ran_out: bool) -> None:
    """Free at once what an ended worker held, with a strike where its exit proves one."""
    fault = diagnose_exit(exitcode, memory_ran_out=memory_ran_out)
    try:
        with database.write() as connection:
            settled = finalize(connection, worker, fault)
    except DatabaseUnavailable as error:  # the lease runs out by itself
        log.warning("the chunk of worker %s cannot be released: %s", worker, error)
        return
    for chunk in settled:
        said = say(fault, FOOTAGE_ERRORS) if fault else "its worker was killed from outside"
        log.warning("chunk %s is %s: %s", chunk.id, chunk.state, said)


def _own_group() -> Path:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:  # no Linux
        lines = []
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::")), "")
    return Path("/sys/fs/cgroup") / path
