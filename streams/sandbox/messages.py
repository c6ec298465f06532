"""What a reading process is asked, and what it may say: JSON lines, validated as untrusted input.

A decoder that was taken over writes what it likes; so nothing is unpickled, and every number has its bounds.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from detector.vision.frame import Lens, Part, Pose
from streams.footage_wording import FootageFault

_FIRST_YEAR, _LAST_YEAR = 1970, 2200  # further out no file system or database agrees on a time, nor a time zone


def _usual(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year < _LAST_YEAR:
        raise ValueError(f"the year {at.year} is no time at which a picture was taken")
    return at.astimezone(UTC)


def _on_one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


Moment = Annotated[AwareDatetime, AfterValidator(_usual)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(_on_one_line)]
Name = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
Param = Text | Annotated[int, Field(ge=-(10**9), le=10**9)] | Finite | None
Side = Annotated[int, Field(ge=1, le=65_535)]


class Message(BaseModel):
    """One line: frozen, nothing unknown in it, no text taken for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ClipRequest(Message):
    """A file to read and its telemetry, as open file descriptors."""

    file: Annotated[int, Field(ge=0)]
    telemetry: Annotated[int, Field(ge=0)] | None


class Request(Message):
    """What the process has to do: say how long the one video is, or give the frames of all clips."""

    what: Literal["length", "frames"]
    clips: tuple[ClipRequest, ...]
    zone: str
    span: tuple[float, float | None]
    memory: int  # bytes
    cpu: int  # seconds


class PoseMessage(Message):
    """A `Pose`."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    height: Finite
    yaw: Finite
    pitch: Finite
    roll: Finite
    lens: tuple[Annotated[float, Field(gt=0, le=1e9)], Annotated[float, Field(gt=0, le=1e9)], Finite, Finite]
    distortion: tuple[Finite, Finite, Finite, Finite, Finite]
    rtk: bool
    interpolated: Annotated[tuple[Part, ...], Field(max_length=5)] = ()
    absent: Annotated[tuple[Part, ...], Field(max_length=5)] = ()
    gap: Annotated[float, Field(ge=0, le=60)] = 0.0

    @classmethod
    def of(cls, pose: Pose) -> "PoseMessage":
        lens = pose.lens
        return cls(
            lat=pose.lat,
            lon=pose.lon,
            height=pose.height,
            yaw=pose.yaw,
            pitch=pose.pitch,
            roll=pose.roll,
            lens=(lens.fx, lens.fy, lens.cx, lens.cy),
            distortion=lens.distortion,
            rtk=pose.rtk,
            interpolated=pose.interpolated,
            absent=pose.absent,
            gap=pose.gap,
        )

    def pose(self) -> Pose:
        """Return the pose that was meant."""
        lens = Lens(*self.lens, self.distortion)
        turn = (self.yaw, self.pitch, self.roll)
        doubts = (self.interpolated, self.absent, self.gap)
        return Pose(self.lat, self.lon, self.height, *turn, lens, self.rtk, *doubts)


class PictureMessage(Message):
    """A frame of the clip of that number; its pixels lie in the shared memory until the next one is asked for."""

    kind: Literal["picture"] = "picture"
    clip: Annotated[int, Field(ge=0)]
    index: Annotated[int, Field(ge=0)]
    height: Side
    width: Side
    captured_at: Moment
    pose: PoseMessage | None
    timed: bool = True


class LengthMessage(Message):
    """How many seconds a video lasts, 0 where it does not say."""

    kind: Literal["length"] = "length"
    seconds: Annotated[float, Field(ge=0, le=1e6)]


class NoteMessage(Message):
    """Something that was skipped, in words."""

    kind: Literal["note"] = "note"
    text: Text


class Begun(Message):
    """The clip of that number is being read: what happens from now on is its doing."""

    kind: Literal["begun"] = "begun"
    clip: Annotated[int, Field(ge=0)]


class RefusedMessage(Message):
    """The clip at hand is not what we read; the process is well and goes on with the next.

    `code` and its `params` say why, `text` in words.
    """

    kind: Literal["refused"] = "refused"
    text: Text
    code: FootageFault = FootageFault.NOT_FOOTAGE
    params: Annotated[dict[Name, Param], Field(max_length=8)] = {}


class FailedMessage(Message):
    """The process met what it should not have met in the clip at hand, and goes on with the next."""

    kind: Literal["failed"] = "failed"
    text: Text
    code: Literal[FootageFault.OUT_OF_MEMORY, FootageFault.DECODER_FAILED] = FootageFault.DECODER_FAILED


class DoneMessage(Message):
    """That was all."""

    kind: Literal["done"] = "done"


Said = PictureMessage | LengthMessage | NoteMessage | Begun | RefusedMessage | FailedMessage | DoneMessage
SAID: Final[TypeAdapter[Said]] = TypeAdapter(Annotated[Said, Field(discriminator="kind")])
