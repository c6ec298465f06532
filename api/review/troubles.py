"""What went wrong, as a sentence that is translated. On the page the technical words, which are English, follow it."""

from typing import Final

from api.context import CameraView


def N_(message: str) -> str:  # gettext's customary name for "translate this later"
    """Mark a text for the catalogue; it is translated where it is shown."""
    return message


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
    "blind": N_("Its pictures come, but looking at them fails."),
    "stopped": N_("It cannot be watched."),
}
# Errors of footage are stored as their text alone: what stands in it tells which one it is. The first that fits counts.
FOOTAGE_TROUBLES: Final = {
    "among its files": N_("There is neither a video nor a photo among the files."),
    "neither a video": N_("The file is neither a video nor a photo of a kind that is read here."),
    "neither videos": N_("The file is neither a video nor a photo of a kind that is read here."),
    "a picture, not a video": N_("The file is a picture, although its name says video."),
    "in none of the codecs": N_("The video is in a codec that is not read here: record in H.264 or H.265."),
    "is it complete?": N_("The file is damaged, or a part of it is missing."),
    "refused by the decoder": N_("The file is damaged, or a part of it is missing."),
    "no picture that decodes": N_("The file opens, but no picture in it can be read."),
    "claims to last": N_("The file claims to last longer than any flight."),
    "cannot be read (": N_("The file cannot be read from the disk."),
    "CPU time": N_("Reading it took too long and was ended."),
    "said nothing for": N_("Reading it took too long and was ended."),
    "more memory": N_("Reading it would take more memory than one file may have."),
    "reading process": N_("The program that reads it broke down over it."),
    "memory ran out": N_("Looking at it took more memory than the machine has."),
    "worker": N_("The program that looks at it broke down over it."),
    "nothing moved for": N_("Looking at it stood still and was ended."),
    "never finished": N_("It was begun again and again and never finished."),
}
OTHERWISE: Final = N_("It could not be looked at.")


def camera_trouble(view: CameraView) -> str:
    """Why a camera is not live; empty where its state says all."""
    word = view.status.reason if view.status else ""
    return CAMERA_TROUBLES.get(word) or STATE_TROUBLES.get(view.state, "")


def footage_trouble(reason: str) -> str:
    """Why a piece of footage was set aside, by the text of the error."""
    return next((sentence for part, sentence in FOOTAGE_TROUBLES.items() if part in reason), OTHERWISE)
