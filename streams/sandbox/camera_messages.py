"""What a camera's reader is asked, and what it may say: JSON lines, validated as untrusted input.

A camera may be hostile and its decoder taken over; so nothing is unpickled, and every number has its bounds.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from streams.camera.address import CameraAddress, Reach, parse_networks
from streams.camera.job import CameraJob
from streams.camera.probe import Mode, ReadingPlan, StreamFacts
from streams.camera.source import CameraCounts
from streams.camera.state import CameraState
from streams.sandbox.messages import FailedMessage, Finite, Message, Moment, Side, Text
from streams.video.capture import Deadlines

HEARTBEAT: Final = 2.0  # seconds between two reports; frames and changes of state are told at once

Number = Annotated[int, Field(ge=0, le=2**53)]


class SaidFacts(Message):
    """`StreamFacts`."""

    codec: Annotated[str, Field(max_length=40)]
    width: Annotated[int, Field(ge=0, le=65_535)]
    height: Annotated[int, Field(ge=0, le=65_535)]
    fps: Finite
    gop: Annotated[float, Field(ge=0, le=1e6)] | None
    whole: bool
    reordered: bool
    alone: bool


class SaidPlan(Message):
    """A `ReadingPlan`: which of the job's two addresses is read, and how. An address of its own it cannot name."""

    substream: bool
    mode: Mode
    facts: SaidFacts | None

    @classmethod
    def of(cls, plan: ReadingPlan, job: CameraJob) -> "SaidPlan":
        facts = SaidFacts(**asdict(plan.facts)) if plan.facts else None
        substream = job.substream is not None and plan.address == CameraAddress.parse(job.substream)
        return cls(substream=substream, mode=plan.mode, facts=facts)

    def plan(self, job: CameraJob) -> ReadingPlan:
        """Return the plan that was meant."""
        url = job.substream if self.substream and job.substream else job.url
        facts = StreamFacts(**self.facts.model_dump()) if self.facts else None
        return ReadingPlan(CameraAddress.parse(url), self.mode, facts)


class SaidCounts(Message):
    """`CameraCounts`."""

    delivered: Number
    stale: Number
    halves: Number
    openings: Number
    failures: Number
    epoch: Number
    lag: Finite
    drift_ppm: Finite | None
    clock_jumps: Number
    last_frame: Finite | None
    last_error: Text
    last_reason: Text
    mode: Annotated[str, Field(max_length=40)]
    state: CameraState
    busy_since: Finite | None

    @classmethod
    def of(cls, counts: CameraCounts) -> "SaidCounts":
        said = asdict(counts)
        for name in ("last_error", "last_reason"):
            said[name] = said[name][:2000]
        return cls(**said)

    def counts(self) -> CameraCounts:
        """Return the counts that were meant."""
        return CameraCounts(**self.model_dump())


class CameraPicture(Message):
    """A frame; its pixels lie in the shared memory until the service says that it has taken them."""

    kind: Literal["picture"] = "picture"
    height: Side
    width: Side
    captured_at: Moment
    lag: Finite
    index: Number
    epoch: Number
    counts: SaidCounts


class ReaderReport(Message):
    """How the camera is doing, told every few seconds."""

    kind: Literal["report"] = "report"
    counts: SaidCounts
    plan: SaidPlan | None


class TurnWanted(Message):
    """The reader would like to open its camera, which was live a moment ago if it is `recent`."""

    kind: Literal["turn"] = "turn"
    recent: bool


class LookUp(Message):
    """The reader is about to connect, and needs the numbers of a host: it has no name service of its own."""

    kind: Literal["look_up"] = "look_up"
    host: Annotated[str, Field(max_length=255)]
    port: Annotated[int, Field(ge=0, le=65_535)]


class SaidNote(Message):
    """The camera's state has changed."""

    kind: Literal["note"] = "note"
    state: CameraState
    reason: Text


class Listener(Message):
    """The reader waits for an answer wherever it connects (see `supervisor.py`): its number of the open file."""

    kind: Literal["listener"] = "listener"
    file: Annotated[int, Field(ge=0, le=1 << 20)]


CameraSaid = CameraPicture | ReaderReport | TurnWanted | LookUp | SaidNote | Listener | FailedMessage
CAMERA_SAID: Final[TypeAdapter[CameraSaid]] = TypeAdapter(Annotated[CameraSaid, Field(discriminator="kind")])


class AskedCamera(Message):
    """A `CameraJob`, and the plan that was measured before."""

    id: str
    url: str = Field(repr=False)
    every: float  # seconds
    transport: Literal["tcp", "udp"]
    substream: str | None = Field(repr=False)
    sharp_width: int
    open: float
    read: float
    networks: tuple[str, ...] | None  # None: the address was typed by a person, and may be anywhere
    loopback: bool
    known: SaidPlan | None
    memory: int  # bytes beyond what the process has when it starts

    @classmethod
    def of(cls, job: CameraJob, plan: ReadingPlan | None, memory: int) -> "AskedCamera":
        return cls(
            id=job.id,
            url=job.url,
            every=job.every.total_seconds(),
            transport=job.transport,
            substream=job.substream,
            sharp_width=job.sharp_width,
            open=job.deadlines.open,
            read=job.deadlines.read,
            networks=tuple(map(str, job.reach.networks)) if job.reach else None,
            loopback=job.reach is not None and job.reach.loopback,
            known=SaidPlan.of(plan, job) if plan else None,
            memory=memory,
        )

    def job(self) -> CameraJob:
        """Return the job that was meant."""
        return CameraJob(
            self.id,
            self.url,
            timedelta(seconds=self.every),
            self.transport,
            self.substream,
            self.sharp_width,
            Deadlines(self.open, self.read),
            None if self.networks is None else Reach(parse_networks(self.networks), self.loopback),
        )


class Taken(Message):
    """The service has copied the frame."""

    kind: Literal["taken"] = "taken"


class Turn(Message):
    """It is the reader's turn to open."""

    kind: Literal["turn"] = "turn"


class Found(Message):
    """The numbers of a host, none where it has none or must not be connected to."""

    kind: Literal["found"] = "found"
    host: str
    ips: tuple[str, ...]


Told = Taken | Turn | Found
TOLD: Final[TypeAdapter[Told]] = TypeAdapter(Annotated[Told, Field(discriminator="kind")])
