"""The process that reads one camera: it decodes and samples, and says each frame by one line.

It is isolated before this module is imported (see `launch.py`): it reads its own code, connects where the service says
that its camera is, and asks the service for the numbers of a host.
"""

import errno
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import cv2

from streams.camera.backoff import Turns
from streams.camera.job import CameraJob
from streams.camera.source import CameraSource
from streams.camera.state import CameraState
from streams.frames.sink import CameraNote
from streams.sandbox.camera_messages import (
    HEARTBEAT,
    TOLD,
    AskedCamera,
    CameraPicture,
    Found,
    LookUp,
    ReaderReport,
    SaidCounts,
    SaidNote,
    SaidPlan,
    Taken,
    Turn,
    TurnWanted,
)
from streams.sandbox.channel import ChildChannel
from streams.sandbox.isolation import limit_memory
from streams.sandbox.messages import Message
from streams.sandbox.pixels import PixelsOut

_THREADS: Final = 4
_LOOK_UP: Final = 20.0  # seconds that the service may take to find a host

MakeSource = Callable[[CameraJob, Turns, Callable[[CameraNote], None]], CameraSource]


def main(channel: int, pixels: int, held: Mapping[str, object]) -> None:
    """Read the camera until it is stopped or the service has gone."""
    run(channel, pixels, CameraJob.source)


def run(channel: int, pixels: int, make_source: MakeSource) -> None:
    """Read what `make_source` makes of the job."""
    reader = _Reader(ChildChannel(channel))
    asked = AskedCamera.model_validate_json(reader.channel.hear())
    limit_memory(asked.memory)
    job = asked.job()
    reader.source = source = make_source(job, reader, reader.note)
    source.plan = told = asked.known.plan(job) if asked.known else None
    socket.getaddrinfo = reader.look_up  # type: ignore[assignment]  # fewer shapes of answer than the standard one
    cv2.setNumThreads(min(cv2.getNumThreads(), _THREADS))
    threading.Thread(target=reader.report, args=(job,), daemon=True).start()
    threading.Thread(target=reader.obey, daemon=True).start()
    out = PixelsOut(pixels)
    for frame in source.frames():
        if source.plan is not told:  # at once: whoever replaces this process need not measure again
            told = source.plan
            reader.say_report(job)
        if not reader.taken.is_set():
            continue  # the service has not got round to the last one; waiting here would let the stream queue up
        reader.taken.clear()
        out.write(frame.image)
        picture = CameraPicture(
            height=frame.height,
            width=frame.width,
            captured_at=frame.captured_at,
            lag=frame.lag,
            index=frame.index,
            epoch=frame.epoch,
            counts=SaidCounts.of(source.counts),
        )
        reader.say(picture)


class _Reader:
    """What the process and the service say to each other; also the reader's `Turns`."""

    def __init__(self, channel: ChildChannel) -> None:
        self.channel = channel
        self.source: CameraSource | None = None
        self.taken = threading.Event()
        self.taken.set()
        self._granted = threading.Event()
        self._asking = threading.Lock()
        self._answered = threading.Event()
        self._found: tuple[str, ...] = ()

    def say(self, message: Message) -> None:
        try:
            self.channel.say(message.model_dump_json())
        except OSError:  # the service has gone or has had enough of us
            self._stop()

    def note(self, note: CameraNote) -> None:
        self.say(SaidNote(state=CameraState(note.state), reason=note.reason[:2000]))

    def report(self, job: CameraJob) -> None:
        """Say how the camera is doing, for ever."""
        while True:
            self.say_report(job)
            time.sleep(HEARTBEAT)

    def say_report(self, job: CameraJob) -> None:
        """Say how the camera is doing."""
        if self.source is not None:
            plan = SaidPlan.of(self.source.plan, job) if self.source.plan else None
            self.say(ReaderReport(counts=SaidCounts.of(self.source.counts), plan=plan))

    def obey(self) -> None:
        """Follow the service, which says when to open and when it has taken a frame; end when it closes the pipe."""
        while line := self.channel.hear():
            told = TOLD.validate_json(line)
            if isinstance(told, Taken):
                self.taken.set()
            elif isinstance(told, Turn):
                self._granted.set()
            elif isinstance(told, Found):
                self._found = told.ips
                self._answered.set()
        self._stop()

    def wait_turn(self, stop: threading.Event, *, recent: bool = False) -> bool:
        """Ask the service for a turn of the site's budget, and wait for it."""
        self._granted.clear()
        self.say(TurnWanted(recent=recent))
        while not stop.is_set():
            if self._granted.wait(0.2):
                return True
        return False

    def look_up(self, host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        """`socket.getaddrinfo` by asking the service, which also says so whether it will connect there."""
        with self._asking:
            ips = self._ask(host, port)
        if not ips and _is_number(host):
            raise PermissionError(errno.EACCES, "a second redirect within a minute, which is not followed")
        if not ips:
            raise socket.gaierror(socket.EAI_NONAME, os.strerror(2))
        return [_entry(ip, port) for ip in ips]

    def _ask(self, host: str, port: int) -> tuple[str, ...]:
        self._answered.clear()
        self.say(LookUp(host=host[:255], port=port))
        return self._found if self._answered.wait(_LOOK_UP) else ()

    def _stop(self) -> None:
        if self.source is not None:
            self.source.stop()


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _entry(ip: str, port: int) -> tuple[object, ...]:
    if ":" in ip:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, port)
