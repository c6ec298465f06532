"""What can go wrong on the way from a camera to a frame.

StreamError
├── AddressRefused         no RTSP address, or one that lies outside the camera networks
├── CamerasInvalid         a camera file has faults (all of them, each with its line)
├── NotOnvif               what a device answers is no ONVIF that is followed; one line, without its words
├── FootageError           footage could not be read; `reason` says why as a code
│   ├── NotAVideo          a file is neither a video nor a picture that we open
│   └── DecoderFailed      the process that read a file died, hung, or asked for more than it may have
├── TelemetryUnreadable    a file holds no telemetry that we know
├── MemoryDamaged          what was kept of a camera's view over a restart cannot be read
├── IllegalMove            a camera was asked to go from one state to another that does not follow it
├── CameraUnknown          no camera of that id in the fleet, or one that is there already
└── CameraError            why a camera gives no frames just now; `reason` is the word shown to people
    ├── NotAllowed         its host lies outside the camera networks by now
    ├── ConnectionRefused            nobody listens at the address
    ├── Unreachable        the host name is unknown, or no route leads there
    ├── TimedOut           the camera did not answer in time
    ├── Unauthorised       user or password are wrong, or missing
    ├── StreamNotFound           the camera has no such stream
    ├── TransportRefused   the camera does not send over TCP (or over UDP), as it was asked to
    ├── PictureTooLarge    its pictures have more pixels than are decoded
    ├── UnsupportedCodec   the stream is neither H.264 nor H.265 (nor another that OpenCV decodes)
    ├── NoFrames           the camera answers but sends no picture
    │   └── NoMedia        it plays, and sends nothing, or too seldom for the time that was waited
    ├── StreamCut          the stream was alive and ended
    └── StreamStale        pictures arrive later than the limit, and stay late
"""

from typing import Self

from detector.reason import Param, Reason, say
from streams.footage_wording import TEXTS, FootageFault


class StreamError(Exception):
    """Base of every error that streams/ raises on purpose; its text is one line fit for a user, without a password."""


class AddressRefused(StreamError):
    """No RTSP address, or one that lies outside the camera networks."""


class CamerasInvalid(StreamError):
    """A camera file has faults; `faults` lists every one with its line."""

    def __init__(self, path: str, faults: tuple[str, ...]) -> None:
        self.path = path
        self.faults = faults
        super().__init__(f"{path}: " + "; ".join(faults))


class NotOnvif(StreamError):
    """What a device answers is no ONVIF that is followed."""


class FootageError(StreamError):
    """Footage could not be read; `reason` says why as a code, `where` which file it was.

    Where only a sentence is given, it is the detail of the class's most general code.
    """

    general = FootageFault.NOT_FOOTAGE

    def __init__(self, text: str, reason: Reason | None = None, where: str = "") -> None:
        self.reason = reason or Reason(self.general, {"detail": text})
        self.where = where
        super().__init__(text)

    @classmethod
    def of(cls, where: object, code: FootageFault, **params: Param) -> Self:
        """Return the error of a file, `where` it lies or what it is called."""
        reason = Reason(code, params)
        return cls(f"{where}: {say(reason, TEXTS)}", reason, str(where))


class NotAVideo(FootageError):
    """A file is neither a video nor a picture that we open."""


class DecoderFailed(FootageError):
    """The process that read a file died, hung, or asked for more than it may have."""

    general = FootageFault.DECODER_FAILED


class TelemetryUnreadable(StreamError):
    """A file holds no telemetry that we know."""


class MemoryDamaged(StreamError):
    """What was kept of a camera's view over a restart cannot be read."""


class IllegalMove(StreamError):
    """A camera was asked to go from one state to another that does not follow it."""


class CameraUnknown(StreamError):
    """No camera of that id in the fleet, or one that is there already."""


class CameraError(StreamError):
    """Why a camera gives no frames just now; `reason` is the word shown to people."""

    reason = "failed"


class NotAllowed(CameraError):
    """The host name led to a camera network when it was imported, and does so no more."""

    reason = "not allowed"


class ConnectionRefused(CameraError):
    """Nobody listens at the address."""

    reason = "refused"


class Unreachable(CameraError):
    """The host name is unknown, or no route leads there."""

    reason = "unreachable"


class TimedOut(CameraError):
    """The camera did not answer in time."""

    reason = "timed out"


class Unauthorised(CameraError):
    """User or password are wrong, or missing."""

    reason = "unauthorised"


class StreamNotFound(CameraError):
    """The camera knows no such stream."""

    reason = "not found"


class TransportRefused(CameraError):
    """The camera does not send over TCP, or not over UDP, as it was asked to."""

    reason = "transport refused"


class PictureTooLarge(CameraError):
    """The camera's pictures have more pixels than are decoded."""

    reason = "picture too large"


class UnsupportedCodec(CameraError):
    """The stream is in no codec that we decode."""

    reason = "unsupported codec"


class NoFrames(CameraError):
    """The camera answers but sends no picture."""

    reason = "no frames"


class NoMedia(NoFrames):
    """The camera plays its stream, and sends nothing that decodes, or too seldom for the time that was waited."""


class StreamCut(CameraError):
    """The stream was alive and ended."""

    reason = "cut"


class StreamStale(CameraError):
    """Pictures arrive later than the limit, and stay late."""

    reason = "stale"
