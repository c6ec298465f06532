"""What the kernel says of this machine's clock: whether something keeps it right, and how far off it may be."""

import ctypes
from dataclasses import dataclass
from typing import Final

_TIME_ERROR: Final = 5  # what adjtimex returns while nothing keeps the clock right
_MAXERROR: Final = 3  # index among the longs: modes, offset, freq, maxerror, ... (struct timex, linux/timex.h)


@dataclass(frozen=True, slots=True)
class HostClock:
    """`error` is the most that the clock may be off, in seconds; None where nothing keeps it right."""

    synchronised: bool
    error: float | None


def host_clock() -> HostClock | None:
    """Return the state of the clock; None where the system does not say (no Linux)."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return None
    asked = (ctypes.c_long * 64)()  # more than struct timex; modes 0 asks and changes nothing
    state: int = adjtimex(ctypes.byref(asked))
    if state < 0:
        return None
    synchronised = state != _TIME_ERROR
    return HostClock(synchronised, asked[_MAXERROR] / 1e6 if synchronised else None)
