"""A camera read in a sandboxed process of its own, so that one that crashes, hangs or is taken over does no harm.

The child decodes and samples; frames come back through shared memory and checked messages
(`sandbox/camera_messages.py`) and look like any other source's. The parent kills a child that has been inside OpenCV or
silent for too long, notices one that died, and replaces both.
"""

import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from pydantic import ValidationError

from detector.vision.frame import Frame
from streams.camera.address import CameraAddress
from streams.camera.backoff import Backoff, Turns
from streams.camera.capture_clock import clock_ahead
from streams.camera.connection import ask_for_stream
from streams.camera.job import CameraJob
from streams.camera.probe import ReadingPlan
from streams.camera.source import CameraCounts
from streams.camera.state import CameraState
from streams.errors import CameraError, Unauthorised
from streams.frames.sink import CameraNote
from streams.sandbox.camera_messages import (
    CAMERA_SAID,
    HEARTBEAT,
    AskedCamera,
    CameraPicture,
    CameraSaid,
    ReaderReport,
    SaidNote,
    Taken,
)
from streams.sandbox.camera_network import CameraNetwork, Flood
from streams.sandbox.channel import Silent
from streams.sandbox.kernel import what_holds
from streams.sandbox.messages import FailedMessage
from streams.sandbox.start import Child, Program, start

log = logging.getLogger(__name__)

PATIENCE = 3.0  # times the longest deadline that a call into OpenCV may take before the child counts as hung
START = 60.0  # seconds that a child may take until its first word: a busy machine has to start it
MEMORY: Final = 1_500_000_000  # bytes beyond what a child has when it starts
READER: Final = Program("streams.sandbox.camera_child")


class ProcessSource:
    """A Source whose camera lives in a child process; `counts` and `plan` are the child's as last reported."""

    def __init__(
        self,
        job: CameraJob,
        budget: Turns,
        on_note: Callable[[CameraNote], None],
        *,
        program: Program = READER,
        backoff: Backoff | None = None,
    ) -> None:
        """`program` is what the child runs. Raises AddressRefused."""
        # An address that is refused is refused here, not in the child.
        self._address = CameraJob.source(job, budget, on_note).address
        self.job = job
        self.counts = CameraCounts()
        self.plan: ReadingPlan | None = None
        self.replaced = 0
        self._budget = budget
        self._on_note = on_note
        self._program = program
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._heard = False  # whether the present child has sent a message
        self._silence = 0.0  # seconds without a message
        self._fault = ""  # what the present child did that it must not
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
            if self._child is not None:  # wakes both ends at once: a shorter wait would cost each camera CPU all day
                self._child.channel.hang_up()

    def kill(self) -> None:
        """End the child at once; `frames` replaces it."""
        with self._lock:
            if self._child is not None:
                self._child.process.kill()

    def frames(self) -> Iterator[Frame]:
        """Frames until `stop`; a child that ends otherwise, or cannot be started, is replaced after a pause."""
        while not self._stop.is_set():
            self._heard, self._silence, self._fault = False, 0.0, ""
            addresses = [CameraAddress.parse(url) for url in (self.job.url, self.job.substream) if url]
            with CameraNetwork(addresses, self.job.reach, self._budget, self._stop) as network:
                try:
                    ask_for_stream(self._address, self.job.reach, self.job.deadlines.open)  # else it costs a process
                    child = self._start(network.ports)
                except (CameraError, OSError) as error:
                    self._wait(error)
                    continue
                try:
                    yield from self._receive(child, network)
                finally:
                    with self._lock:
                        self._child = None
                    self._end(child)
            if not self._stop.is_set():
                self._replace()
        self.counts.state = CameraState.STOPPED
        self._on_note(CameraNote(self.name, CameraState.STOPPED.value, datetime.now(UTC)))

    def _start(self, ports: tuple[int, ...]) -> Child:
        """Start the child. Raises OSError where the machine has no more processes, files or memory."""
        supervised, name = what_holds().supervised, f"camera {self.name}"
        child = start(self._program, name=name, network=True, supervised=supervised, ports=ports)
        with self._lock:
            self._child = child
        return child

    def _wait(self, error: CameraError | OSError) -> None:
        """Wait before another try: the camera does not answer, or the machine is out of a resource."""
        if self._stop.is_set():
            return
        if isinstance(error, CameraError):
            said, reason = str(error), error.reason
        else:
            said, reason = f"its reader cannot be started ({error.strerror or error})", ""
        pause = self._backoff.next_pause()
        if isinstance(error, Unauthorised):
            pause = max(pause, self._backoff.cap / 2)  # many cameras lock the account after a few wrong passwords
        failures = self.counts.failures + 1
        self.counts = CameraCounts(failures=failures, state=CameraState.WAITING, last_error=said, last_reason=reason)
        said = f"{said}; next try in {pause:.1f} s"
        self._on_note(CameraNote(self.name, CameraState.WAITING.value, datetime.now(UTC), said))
        self._stop.wait(pause)

    def _receive(self, child: Child, network: CameraNetwork) -> Iterator[Frame]:
        asked = AskedCamera.of(self.job, self.plan, MEMORY)
        child.channel.say(asked.model_dump_json())
        flood = Flood()
        while not self._stop.is_set() and not self._hangs():
            try:
                line = child.channel.hear(HEARTBEAT)
            except Silent:
                self._silence += HEARTBEAT
                continue
            if line is None:
                return  # the child has gone
            self._heard, self._silence = True, 0.0
            try:
                said = CAMERA_SAID.validate_json(line)
                flood.count()
                if isinstance(said, CameraPicture):
                    self.counts = said.counts.counts()
                    image = child.pixels.read(said.height, said.width)
                    child.channel.say(Taken().model_dump_json())
                    if said.index > 40:
                        self._backoff.reset()
                    at, epoch = said.captured_at, self._epoch + said.epoch
                    yield Frame(image, at, self.name, said.lag, said.index, epoch, clock=clock_ahead())
                else:
                    self._listen(said, child, network)
            except (ValidationError, ValueError) as error:
                self._fault = "its reader sent an invalid message"
                log.warning("camera %s: %s (%s)", self.name, self._fault, type(error).__name__)
                return

    def _listen(self, said: CameraSaid, child: Child, network: CameraNetwork) -> None:
        if isinstance(said, ReaderReport):
            self.counts = said.counts.counts()
            self.plan = said.plan.plan(self.job) if said.plan else self.plan
        elif isinstance(said, SaidNote):
            if said.state is not CameraState.STOPPED:
                self._on_note(CameraNote(self.name, said.state.value, datetime.now(UTC), said.reason))
        elif isinstance(said, FailedMessage):
            self._fault = f"its reader {said.text}"
        else:
            network.answer(said, child)

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
        why = self._fault or ("its reader hung" if self._hangs() else "its reader ended")
        self.replaced += 1
        self._epoch += self.counts.epoch + 1  # nothing that the next child sends continues what this one sent
        pause = self._backoff.next_pause()
        self.counts = CameraCounts(failures=self.counts.failures + 1, state=CameraState.WAITING, last_error=why)
        reason = f"{why}; a new one starts in {pause:.1f} s"
        self._on_note(CameraNote(self.name, CameraState.WAITING.value, datetime.now(UTC), reason))
        self._stop.wait(pause)

    def _end(self, child: Child) -> None:
        if self._stop.is_set() and not self._hangs():
            child.channel.hang_up()
            with suppress(subprocess.TimeoutExpired):  # it goes by itself, unless it is inside a read
                child.process.wait(0.2)
        child.end()
