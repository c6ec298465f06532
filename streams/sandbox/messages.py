"""What a reading process is asked, and what it may say: JSON lines, checked as anything that a stranger wrote.

A decoder that was taken over writes what it likes; so nothing is unpickled, and every number has its bounds.
"""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from detector.vision.frame import Lens, Pose
from streams.footage_wording import FootageFault

PIXELS: Final = 120_000_000  # of the largest picture; see detector/__init__.py
LONGEST_LINE: Final = 64 * 1024  # bytes of one message

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
Param = Text | Annotated[int, Field(ge=-(10**9), le=10**9)] | Finite | None
Side = Annotated[int, Field(ge=1, le=65_535)]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ClipRequest(_Message):
    """A file to read, by its path, and the path of its telemetry."""

    path: str
    telemetry: str | None


class Request(_Message):
    """What the process has to do: say how long the one video is, or give the frames of all clips."""

    what: Literal["length", "frames"]
    clips: tuple[ClipRequest, ...]
    zone: str
    span: tuple[float, float | None]
    memory: int  # bytes
    cpu: int  # seconds


class PoseMessage(_Message):
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
        )

    def pose(self) -> Pose:
        """The pose that was meant."""
        lens = Lens(*self.lens, self.distortion)
        return Pose(self.lat, self.lon, self.height, self.yaw, self.pitch, self.roll, lens, self.rtk)


class PictureMessage(_Message):
    """A frame of the clip of that number; its pixels lie in the shared memory until the next one is asked for."""

    kind: Literal["picture"] = "picture"
    clip: Annotated[int, Field(ge=0)]
    index: Annotated[int, Field(ge=0)]
    height: Side
    width: Side
    captured_at: AwareDatetime
    pose: PoseMessage | None


class LengthMessage(_Message):
    """How many seconds a video lasts, 0 where it does not say."""

    kind: Literal["length"] = "length"
    seconds: Annotated[float, Field(ge=0, le=1e6)]


class NoteMessage(_Message):
    """Something that was skipped, in words."""

    kind: Literal["note"] = "note"
    text: Text


class RefusedMessage(_Message):
    """The file is not what we read; the process is well. `code` and its `params` say why, `text` in words.

    `where` is the path of the file that is meant.
    """

    kind: Literal["refused"] = "refused"
    text: Text
    where: Text = ""
    code: FootageFault = FootageFault.NOT_FOOTAGE
    params: Annotated[dict[Name, Param], Field(max_length=8)] = {}


class FailedMessage(_Message):
    """The process met what it should not have met."""

    kind: Literal["failed"] = "failed"
    text: Text
    code: Literal[FootageFault.OUT_OF_MEMORY, FootageFault.DECODER_FAILED] = FootageFault.DECODER_FAILED


class DoneMessage(_Message):
    """That was all."""

    kind: Literal["done"] = "done"


Said = PictureMessage | LengthMessage | NoteMessage | RefusedMessage | FailedMessage | DoneMessage
SAID: Final[TypeAdapter[Said]] = TypeAdapter(Annotated[Said, Field(discriminator="kind")])
