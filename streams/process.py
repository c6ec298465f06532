"""A camera read in a process of its own, so that a decoder that crashes or hangs takes nobody with it.

The child decodes and samples; frames come back through a pipe and look like any other source's. The parent kills a
child that has been inside OpenCV or silent for too long, notices one that died, and replaces both.
"""

import math
import mmap
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import reduction
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Protocol

import numpy as np

from detector.frame import Frame, Image
from streams.backoff import Backoff, Turns
from streams.camera import RECENT, CameraCounts, CameraSource
from streams.connection import knock
from streams.errors import CameraError
from streams.job import CameraJob
from streams.measure import Plan
from streams.sink import CameraNote
from streams.states import CameraState

HEARTBEAT = 2.0  # seconds between two reports of a child; frames and changes of state are told at once
PATIENCE = 3.0  # times the longest deadline that a call into OpenCV may take before the child counts as hung
START = 60.0  # seconds that a child may take until its first word: it waits for a busy machine to fork it


MakeSource = Callable[[CameraJob, Turns, Callable[[CameraNote], None]], CameraSource]


class _Handle(Protocol):
    """A file descriptor on its way to the child (multiprocessing.reduction)."""

    def detach(self) -> int: ...


class _Pixels:
    """Memory that parent and child share, for the pixels of one frame: a pipe would cost four times as much CPU.

    Pages that no frame has touched take no memory, so the size may be that of the largest picture there is.
    """

    SIZE = 128 * 1024 * 1024

    def __init__(self, fd: int | None = None) -> None:
        self._fd = os.memfd_create("frame") if fd is None else fd
        if fd is None:
            os.ftruncate(self._fd, self.SIZE)
        self._map = mmap.mmap(self._fd, self.SIZE)

    def __reduce__(self) -> "tuple[Callable[[_Handle], _Pixels], tuple[_Handle]]":
        return _same_pixels, (reduction.DupFd(self._fd),)

    def write(self, image: Image) -> None:
        view = np.frombuffer(self._map, np.uint8, image.size)
        np.copyto(view.reshape(image.shape), image)

    def read(self, shape: tuple[int, ...]) -> Image:
        return np.frombuffer(self._map, np.uint8, math.prod(shape)).reshape(shape).copy()

    def close(self) -> None:
        self._map.close()
        os.close(self._fd)


def _same_pixels(handle: _Handle) -> _Pixels:
    return _Pixels(handle.detach())


@dataclass(frozen=True, slots=True)
class _Picture:
    """A frame whose pixels lie in the shared memory until the parent says that it has taken them."""

    shape: tuple[int, ...]
    captured_at: datetime
    lag: float
    index: int
    epoch: int
    counts: CameraCounts


@dataclass(frozen=True, slots=True)
class _Report:
    counts: CameraCounts
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class _TurnWanted:
    pass


_Message = _Picture | _Report | _TurnWanted | CameraNote


class ProcessSource:
    """A Source whose camera lives in a child process; `counts` and `plan` are the child's as last reported."""

    def __init__(
        self,
        job: CameraJob,
        budget: Turns,
        on_note: Callable[[CameraNote], None],
        *,
        make_source: MakeSource = CameraJob.source,
        backoff: Backoff | None = None,
    ) -> None:
        """`make_source` must be importable by name: it runs in the child. Raises AddressRefused."""
        # An address that is refused is refused here, not in the child.
        self._address = CameraJob.source(job, budget, on_note).address
        self.job = job
        self.counts = CameraCounts()
        self.plan: Plan | None = None
        self.replaced = 0
        self._budget = budget
        self._on_note = on_note
        self._make_source = make_source
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._child: BaseProcess | None = None
        self._lock = threading.Lock()
        self._pipe: Connection[str, _Message] | None = None
        self._heard = False  # a word of the present child
        self._silence = 0.0  # seconds since the last one, waited for in vain
        self._epoch = 0  # epochs of children before this one

    @property
    def name(self) -> str:
        return self.job.id

    @property
    def live(self) -> bool:
        return True

    def stop(self) -> None:
        self._stop.set()
        with self._lock:
            if self._pipe is not None:  # wakes both ends at once: a shorter wait would cost each camera CPU all day
                with socket.socket(fileno=os.dup(self._pipe.fileno())) as end, suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        """Ends the child at once; `frames` replaces it."""
        if self._child is not None:
            self._child.kill()

    def frames(self) -> Iterator[Frame]:
        """Frames until `stop`; a child that ends otherwise is replaced after a pause."""
        while not self._stop.is_set():
            try:
                if self._make_source is CameraJob.source:  # a camera that is away costs no process
                    knock(self._address, self.job.reach, self.job.deadlines.open)
                self._child, ours, pixels = self._start()
            except (CameraError, OSError) as error:
                self._wait(error)
                continue
            self._heard, self._silence = False, 0.0
            with self._lock:
                self._pipe = ours
            try:
                yield from self._receive(ours, pixels)
            finally:
                with self._lock:
                    self._pipe = None
                    ours.close()
                pixels.close()
                self._end(self._child)
            if not self._stop.is_set():
                self._replace()
        self.counts.state = CameraState.STOPPED
        self._on_note(CameraNote(self.name, CameraState.STOPPED.value, datetime.now(UTC)))

    def _start(self) -> "tuple[BaseProcess, Connection[str, _Message], _Pixels]":
        """A child, our end of its pipe, and the memory shared with it. Raises OSError where the machine has no more."""
        ours, theirs = context().Pipe(duplex=True)
        with ExitStack() as undo:
            undo.callback(ours.close)
            with closing(theirs):
                pixels = _Pixels()
                undo.callback(pixels.close)
                arguments = (self.job, self.plan, self._make_source, theirs, pixels)
                child = context().Process(target=_child, args=arguments, name=f"camera {self.name}", daemon=True)
                child.start()
            undo.pop_all()
        return child, ours, pixels

    def _wait(self, error: CameraError | OSError) -> None:
        """There is no child yet: the camera is away, or the machine has no process or no file to spare."""
        if self._stop.is_set():
            return
        if isinstance(error, CameraError):
            said, reason = str(error), error.reason
        else:
            said, reason = f"its reader cannot be started ({error.strerror or error})", ""
        pause = self._backoff.next_pause()
        failures = self.counts.failures + 1
        self.counts = CameraCounts(failures=failures, state=CameraState.WAITING, last_error=said, last_reason=reason)
        said = f"{said}; next try in {pause:.1f} s"
        self._on_note(CameraNote(self.name, CameraState.WAITING.value, datetime.now(UTC), said))
        self._stop.wait(pause)

    def _receive(self, pipe: "Connection[str, _Message]", pixels: _Pixels) -> Iterator[Frame]:
        while not self._stop.is_set() and not self._hangs():
            try:
                if not pipe.poll(HEARTBEAT):
                    self._silence += HEARTBEAT
                    continue
                message = pipe.recv()
                self._heard, self._silence = True, 0.0
                if isinstance(message, _Picture):
                    self.counts = message.counts
                    image = pixels.read(message.shape)
                    with suppress(ConnectionError):  # it may have died since; its last frame is as good as any
                        pipe.send("taken")
                    yield self._frame(message, image)
                elif isinstance(message, _TurnWanted):
                    threading.Thread(target=self._grant_turn, args=(pipe,), daemon=True).start()
                else:
                    self._listen(message)
            except (EOFError, ConnectionError):
                return  # the child has gone

    def _listen(self, message: _Report | CameraNote) -> None:
        if isinstance(message, _Report):
            self.counts, self.plan = message.counts, message.plan or self.plan
        elif message.state != CameraState.STOPPED.value:
            self._on_note(message)

    def _frame(self, picture: _Picture, image: Image) -> Frame:
        if picture.index > 40:
            self._backoff.reset()
        return Frame(image, picture.captured_at, self.name, picture.lag, picture.index, self._epoch + picture.epoch)

    def _grant_turn(self, pipe: "Connection[str, _Message]") -> None:
        since = self.counts.last_frame
        recent = since is not None and time.monotonic() - since < RECENT
        if self._budget.wait_turn(self._stop, recent=recent):
            with suppress(OSError, ValueError):  # the child may have gone, its pipe be closed
                pipe.send("turn")

    def _hangs(self) -> bool:
        """Whether the child has been inside one call of OpenCV, or silent, for far longer than any deadline allows.

        Both are needed: one that was stopped or holds Python's lock does not report that it is inside a call.
        """
        gop = self.plan.facts.gop if self.plan and self.plan.facts else None
        deadline = max(self.job.deadlines.open, self.job.deadlines.read, 2 * (gop or 0.0) + 1)
        if self._silence > (PATIENCE * deadline if self._heard else START):
            return True
        since = self.counts.busy_since
        return since is not None and time.monotonic() - since > PATIENCE * deadline

    def _replace(self) -> None:
        why = "its reader hung" if self._hangs() else "its reader ended"
        self.replaced += 1
        self._epoch += self.counts.epoch + 1  # nothing that the next child sends continues what this one sent
        pause = self._backoff.next_pause()
        self.counts = CameraCounts(failures=self.counts.failures + 1, state=CameraState.WAITING, last_error=why)
        reason = f"{why}; a new one starts in {pause:.1f} s"
        self._on_note(CameraNote(self.name, CameraState.WAITING.value, datetime.now(UTC), reason))
        self._stop.wait(pause)

    def _end(self, child: BaseProcess) -> None:
        if self._stop.is_set() and not self._hangs():
            child.join(0.2)  # it sees its pipe closed and goes by itself, unless it is inside a read
        child.kill()
        child.join()
        child.close()
        self._child = None


class _AskedTurns:
    """The child's side of the site's budget: asks the parent and waits for its answer."""

    def __init__(self, send: Callable[[_Message], None]) -> None:
        self._send = send
        self.granted = threading.Event()

    def wait_turn(self, stop: threading.Event, *, recent: bool = False) -> bool:
        self.granted.clear()
        self._send(_TurnWanted())
        while not stop.is_set():
            if self.granted.wait(0.2):
                return True
        return False


def _child(
    job: CameraJob, plan: Plan | None, make_source: MakeSource, pipe: "Connection[_Message, str]", pixels: _Pixels
) -> None:
    """Runs in the child until the camera is stopped or the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its children itself
    lock = threading.Lock()
    taken = threading.Event()
    taken.set()

    def send(message: _Message) -> None:
        try:
            with lock:
                pipe.send(message)
        except OSError:  # the parent has gone or has had enough of us
            source.stop()

    turns = _AskedTurns(send)
    source = make_source(job, turns, send)
    source.plan = told = plan
    threading.Thread(target=_report, args=(source, send), daemon=True).start()
    threading.Thread(target=_obey, args=(source, turns, taken, pipe), daemon=True).start()
    for frame in source.frames():
        if source.plan is not told:  # at once: whoever replaces this child need not measure again
            told = source.plan
            send(_Report(source.counts, told))
        if not taken.is_set():
            continue  # the parent has not got round to the last one; waiting here would let the stream queue up
        taken.clear()
        pixels.write(frame.image)
        send(_Picture(frame.image.shape, frame.captured_at, frame.lag, frame.index, frame.epoch, source.counts))


def _report(source: CameraSource, send: Callable[[_Message], None]) -> None:
    while True:
        send(_Report(source.counts, source.plan))
        time.sleep(HEARTBEAT)


def _obey(source: CameraSource, turns: _AskedTurns, taken: threading.Event, pipe: "Connection[_Message, str]") -> None:
    """The parent says when to open and when it has taken a frame; when it closes the pipe, the child ends."""
    try:
        while True:
            said = pipe.recv()
            (turns.granted if said == "turn" else taken).set()
    except (EOFError, OSError):
        source.stop()


def context() -> ForkServerContext:
    """Children are forked from a small server that has imported OpenCV and nothing that runs threads."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["streams.camera"])
    return made
