"""What a reading process is asked, and what it may say: JSON lines, checked as anything that a stranger wrote.

A decoder that was taken over writes what it likes; so nothing is unpickled, and every number has its bounds.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from detector.frame import Lens, Part, Pose

PIXELS: Final = 120_000_000  # of the largest picture; see detector/__init__.py
LONGEST_LINE: Final = 64 * 1024  # bytes of one message

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Text = Annotated[str, Field(max_length=2000)]
Side = Annotated[int, Field(ge=1, le=65_535)]


def _within_reason(at: datetime) -> datetime:
    """A moment that can be told in any zone: the first and the last year have hours that some zones cannot say."""
    if not 1900 < at.year < 9998:
        raise ValueError("no year in which anything was filmed")
    return at


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AskedClip(_Message):
    """A file to read, by its path, and the path of its telemetry."""

    path: str
    telemetry: str | None


class Asked(_Message):
    """What the process has to do: say how long the one video is, or give the frames of all clips."""

    what: Literal["length", "frames"]
    clips: tuple[AskedClip, ...]
    zone: str
    span: tuple[float, float | None]
    memory: int  # bytes
    cpu: int  # seconds


class SaidPose(_Message):
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
    def of(cls, pose: Pose) -> "SaidPose":
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
        """The pose that was meant."""
        lens = Lens(*self.lens, self.distortion)
        turn = (self.yaw, self.pitch, self.roll)
        doubts = (self.interpolated, self.absent, self.gap)
        return Pose(self.lat, self.lon, self.height, *turn, lens, self.rtk, *doubts)


class Picture(_Message):
    """A frame of the clip of that number; its pixels lie in the shared memory until the next one is asked for."""

    kind: Literal["picture"] = "picture"
    clip: Annotated[int, Field(ge=0)]
    index: Annotated[int, Field(ge=0)]
    height: Side
    width: Side
    captured_at: Annotated[AwareDatetime, AfterValidator(_within_reason)]
    pose: SaidPose | None
    timed: bool = True


class Unreadable(_Message):
    """The clip of that number cannot be read; the others can still be."""

    kind: Literal["unreadable"] = "unreadable"
    clip: Annotated[int, Field(ge=0)]
    text: Text


class Length(_Message):
    """How many seconds a video lasts, 0 where it does not say."""

    kind: Literal["length"] = "length"
    seconds: Annotated[float, Field(ge=0, le=1e6)]


class Note(_Message):
    """Something that was skipped, in words."""

    kind: Literal["note"] = "note"
    text: Text


class Refused(_Message):
    """The file is not what we read; the process is well."""

    kind: Literal["refused"] = "refused"
    text: Text


class Failed(_Message):
    """The process met what it should not have met."""

    kind: Literal["failed"] = "failed"
    text: Text


class Done(_Message):
    """That was all."""

    kind: Literal["done"] = "done"


Said = Picture | Unreadable | Length | Note | Refused | Failed | Done
SAID: Final[TypeAdapter[Said]] = TypeAdapter(Annotated[Said, Field(discriminator="kind")])
