"""Many RTSP cameras at little cost, for benchmarks/cameras.py: well ones, broken ones, and a power cut.

Packets are laid out once; only their numbers and times are written into them while it runs. What is wrong with the
broken ones is what is wrong in the tests (tests/streams/rtsp_server.py).
"""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams.loopback.server import ServerThread, Session
from streams.video.rtp import CLOCK, EncodedClip, Packetiser, read_clip
from tests.streams.rtsp_server import BadServer, Camera, Fault

FPS = 25
FAULTS: tuple[Fault | str, ...] = (
    *(Fault.STALL, Fault.CUT, Fault.HANG, Fault.SILENT, Fault.MISSING, Fault.FROZEN, Fault.CODEC, Fault.GARBAGE),
    *(Fault.RESIZE, Fault.SLICES, "Basic", "Digest"),  # the last two: a password that nobody gave us
)


@dataclass(frozen=True, slots=True)
class Laid:
    """One picture as it goes over the wire, interleaved on channel 0; `heads` are the offsets of its RTP headers."""

    wire: NDArray[np.uint8]
    heads: NDArray[np.int64]

    @classmethod
    def of(cls, packets: Sequence[bytes]) -> "Laid":
        parts, heads, at = [], [], 0
        for packet in packets:
            parts.append(b"$\0" + len(packet).to_bytes(2, "big") + packet)
            heads.append(at + 4)
            at += 4 + len(packet)
        return cls(np.frombuffer(b"".join(parts), np.uint8), np.array(heads))

    def numbered(self, sequence: int, stamp: int) -> bytes:
        """Return the bytes with these RTP numbers, counting up, and this time."""
        wire, numbers = self.wire.copy(), (sequence + np.arange(len(self.heads))) & 0xFFFF
        wire[self.heads + 2], wire[self.heads + 3] = numbers >> 8, numbers & 255
        for byte in range(4):
            wire[self.heads + 4 + byte] = stamp >> (24 - 8 * byte) & 255
        return wire.tobytes()


class BulkServer(BadServer):
    """Plays well cameras cheaply; the others fail as in the tests."""

    def __init__(self) -> None:
        super().__init__()
        self._laid: dict[int, list[Laid]] = {}

    def lay_out(self, clip: EncodedClip) -> None:
        packetiser = Packetiser(clip.codec, 7, 0, 0)
        self._laid[id(clip)] = [Laid.of(list(packetiser.packets(picture, 0.0))) for picture in clip.pictures]

    async def play(self, session: Session) -> None:
        camera = self.cameras[session.path]
        if camera.fault is not Fault.NONE or session.channel != 0:
            return await super().play(session)
        self.sessions.append(session)
        laid, clock = self._laid[id(camera.clip)], asyncio.get_running_loop()
        began, number, sequence = clock.time(), 0, 0
        while not session.writer.is_closing():
            picture = laid[number % len(laid)]
            session.writer.write(picture.numbered(sequence, number * CLOCK // FPS))
            await session.writer.drain()
            sequence, number = sequence + len(picture.heads), number + 1
            await asyncio.sleep(max(0.0, began + number / FPS - clock.time()))


@dataclass(frozen=True, slots=True)
class Clips:
    """What the cameras play: all, those that change their size, and those that mark every slice."""

    main: Path
    small: Path
    sliced: Path


@dataclass(frozen=True, slots=True)
class Opened:
    """When each well camera was asked for its description (monotonic seconds), and what serving cost."""

    openings: dict[str, list[float]]
    cpu_seconds: float


def serve(
    clips: Clips,
    cameras: int,
    broken: int,
    port: "multiprocessing.Queue[int]",
    commands: "multiprocessing.Queue[str]",
    seen: "multiprocessing.Queue[Opened]",
) -> None:
    """Run in a process of its own: "cut" cuts every connection, anything else ends it and returns what it recorded."""
    clip, server = read_clip(clips.main), BulkServer()
    server.lay_out(clip)
    for number in range(cameras):
        server.cameras[f"camera{number}"] = Camera(clip)
    if broken:
        _break(server, clip, clips, broken)
    host = ServerThread(server)
    host.start()
    port.put(host.port)
    while commands.get() == "cut":
        host.call(server.drop_all)
    well = {path: camera.opened_at for path, camera in server.cameras.items() if path.startswith("camera")}
    seen.put(Opened(well, time.process_time()))


def _break(server: BulkServer, clip: EncodedClip, clips: Clips, broken: int) -> None:
    small, sliced = read_clip(clips.small), read_clip(clips.sliced)
    for number in range(broken):
        fault = FAULTS[number % len(FAULTS)]
        if isinstance(fault, Fault):
            played = sliced if fault is Fault.SLICES else clip
            camera = Camera(played, fault, after=5.0 + number, other=small)
        else:
            camera = Camera(clip, auth=fault)
        server.cameras[f"broken{number}"] = camera
