"""What went wrong, as a sentence that is translated."""

from typing import Final

from detector.reason import N_
from streams.footage_wording import TEXTS as READING_ERRORS

CAMERA_TROUBLES: Final = {  # by the word of streams.errors
    "failed": N_("It gives no pictures, and it cannot be told why."),
    "not allowed": N_("Its host name, or a redirect of its own, leads to a place outside the camera networks."),
    "refused": N_("Nobody listens at its address: is it switched on, is the port right?"),
    "unreachable": N_("Its host name is not known, or no way leads there."),
    "timed out": N_("It did not answer in time."),
    "unauthorised": N_("User name or password are wrong, or missing."),
    "not found": N_("It knows no such stream: is the path of its address right?"),
    "transport refused": N_("It does not send over this transport: set `transport: udp` (or tcp) in the camera file."),
    "picture too large": N_("Its pictures have more pixels than are read here: set it to a smaller picture size."),
    "unsupported codec": N_("Its stream is in no codec that is read here: set it to H.264 or H.265."),
    "no frames": N_("It answers but sends no picture."),
    "cut": N_("Its stream was cut off."),
    "stale": N_("Its pictures come too late, and stay late."),
}
STATE_TROUBLES: Final = {  # where there is no such word
    "waiting": N_("It gives no pictures just now; another try follows by itself."),
    "failing": N_("Its pictures come, but looking at them fails."),
    "stopped": N_("It cannot be watched."),
}
FOOTAGE_ERRORS: Final[dict[str, str]] = {
    **READING_ERRORS,
    "worker_exited": N_("its worker ended with exit code %(exit_code)s"),
    "worker_crashed": N_("its worker ended with %(signal)s"),
    "worker_out_of_memory": N_("its worker was ended because memory ran out"),
    "stalled": N_("nothing moved for %(seconds)s s"),
    "never_finished": N_("it was begun %(times)s times and never finished"),
    "no_footage": N_("there is neither a video nor a photo among the files"),
    "not_looked_at": N_("could not be looked at: %(detail)s"),
}
"""Why footage was set aside: what reading it said, and what became of the work on it."""


def camera_trouble(state: str, reason: str) -> str:
    """Return why a camera in this state is not live, by the word of its last error; empty where its state says all."""
    return CAMERA_TROUBLES.get(reason) or STATE_TROUBLES.get(state, "")
