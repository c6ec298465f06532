"""What cameras, their faults and their errors are called on the pages."""

from typing import Final

from detector.reason import N_

CAMERA_STATES: Final = {
    "idle": N_("Not started"),
    "opening": N_("Connecting"),
    "live": N_("Live"),
    "failing": N_("Not analysed"),
    "unhealthy": N_("Picture faulty"),
    "waiting": N_("Waiting to retry"),
    "paused": N_("Paused"),
    "ended": N_("Ended"),
    "stopped": N_("Stopped"),
}
CAMERA_FAULTS: Final = {
    "black": N_("black"),
    "over-exposed": N_("over-exposed"),
    "frozen": N_("frozen"),
    "blurred": N_("blurred"),
    "covered": N_("covered"),
    "moved": N_("moved"),
}
CAMERA_ERRORS: Final = {
    "failed": N_("failed"),
    "not allowed": N_("outside the camera networks"),
    "refused": N_("connection refused"),
    "unreachable": N_("unreachable"),
    "timed out": N_("timed out"),
    "unauthorised": N_("wrong user or password"),
    "not found": N_("no such stream"),
    "transport refused": N_("transport refused"),
    "picture too large": N_("picture too large"),
    "unsupported codec": N_("unsupported codec"),
    "no frames": N_("sends no pictures"),
    "cut": N_("cut off"),
    "stale": N_("pictures come too late"),
}
CAMERA_TROUBLES: Final = {  # by the word of streams.errors
    "failed": N_("It sends no pictures; the cause is not known."),
    "not allowed": N_("Its host name, or a redirect it sent, resolves to an address outside the camera networks."),
    "refused": N_("The connection was refused: is it switched on, is the port right?"),
    "unreachable": N_("Its host name does not resolve, or there is no route to it."),
    "timed out": N_("It did not answer in time."),
    "unauthorised": N_("User name or password are wrong, or missing."),
    "not found": N_("It has no such stream: is the path of its address right?"),
    "transport refused": N_("It does not send over this transport: set `transport: udp` (or tcp) in the camera file."),
    "picture too large": N_("Its pictures are larger than is supported: set a smaller picture size."),
    "unsupported codec": N_("The codec of its stream is not supported: set it to H.264 or H.265."),
    "no frames": N_("It answers but sends no picture."),
    "cut": N_("Its stream was cut off."),
    "stale": N_("Its pictures arrive too late, and stay late."),
}
STATE_TROUBLES: Final = {  # where there is no such word
    "waiting": N_("It sends no pictures at the moment; the service tries again."),
    "failing": N_("Its pictures arrive, but their analysis fails."),
    "stopped": N_("It cannot be watched."),
}
CAMERA_ACTS: Final = {
    "added": N_("Added"),
    "changed": N_("Changed"),
    "paused": N_("Paused"),
    "resumed": N_("Watched again"),
    "removed": N_("Removed"),
}
REGISTRY_CHANGES: Final = {
    "import": N_("import of"),
    "pause": N_("paused"),
    "resume": N_("resumed"),
    "remove": N_("removed"),
    "legacy": N_("by an early version"),
}
CAMERA_FIELDS: Final = {
    "name": N_("name"),
    "address": N_("address"),
    "every": N_("sampling period"),
    "models": N_("models"),
    "position": N_("position"),
    "calibration": N_("calibration"),
    "district": N_("district"),
    "grade": N_("grade"),
    "transport": N_("transport"),
    "legal_review": N_("legal review"),
}
LOOK_TASKS: Final = {"stalls": N_("Stalls"), "signs": N_("Signs")}
LOOK_REASONS: Final = {
    "first": N_("first look"),
    "beat": N_("its interval was over"),
    "something_new": N_("a new object stands"),
    "confirm": N_("to confirm a sign"),
    "place_changed": N_("something has changed"),
    "before_candidate": N_("before a candidate"),
    "view_or_light_changed": N_("view or light changed"),
    "shared_network": N_("run for another task"),
}


def camera_trouble(state: str, reason: str) -> str:
    """Return why a camera in this state is not live, by the word of its last error; empty where its state says all."""
    return CAMERA_TROUBLES.get(reason) or STATE_TROUBLES.get(state, "")
