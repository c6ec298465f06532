"""One camera: an RTSP address that becomes frames, and comes back by itself whatever happens to it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import cv2

from detector.vision.frame import Frame, Image
from streams.camera.address import CameraAddress, Reach
from streams.camera.backoff import Backoff, OpeningBudget, Turns
from streams.camera.capture_clock import CaptureClock
from streams.camera.diagnose import diagnose
from streams.camera.probe import Mode, ReadingPlan, StreamFacts, choose_mode, make_plan, measure, reached
from streams.camera.readers import DecodingReader, PacketReader, PictureReader
from streams.camera.state import CameraState, check_move
from streams.errors import CameraError, NoFrames, StreamCut, StreamStale, TimedOut, Unauthorised
from streams.frames.sampling import live_sampler, recording_sampler
from streams.frames.sink import CameraNote
from streams.video.capture import Deadlines, Stamp, open_rtsp, rtsp_options

STALE = 10.0  # a picture older than this many seconds is dropped; so long late, the stream is opened anew
STEADY = 20.0  # seconds a camera must stay alive before its pauses become short again


@dataclass(slots=True)
class CameraCounts:
    """What happened to one camera since its start; written by its reader alone, read by anybody."""

    delivered: int = 0
    stale: int = 0  # frames dropped because they were older than the limit
    halves: int = 0  # half pictures (equal PTS) rejected
    openings: int = 0
    failures: int = 0
    epoch: int = 0
    lag: float = 0.0
    drift_ppm: float | None = None  # how fast the camera's clock runs; None until ten minutes have passed
    clock_jumps: int = 0
    last_frame: float | None = None  # monotonic seconds
    last_error: str = ""
    last_reason: str = ""
    mode: str = ""
    state: CameraState = CameraState.IDLE
    busy_since: float | None = None  # inside OpenCV since (monotonic seconds); long ago means that it hangs


class CameraSource:
    """A camera as a Source: frames until `stop`, with every reconnection in between hidden here.

    With `start` the address plays a recording: its first picture was taken at `start`, one second of the stream is
    `speed` seconds of the scene, and the source ends when the stream does. Such a stream is decoded fully.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "",
        substream: str | None = None,
        sharp_width: int = 640,
        every: timedelta = timedelta(0),
        transport: Literal["tcp", "udp"] = "tcp",
        deadlines: Deadlines | None = None,
        reach: Reach | None = None,
        budget: Turns | None = None,
        backoff: Backoff | None = None,
        on_note: Callable[[CameraNote], None] | None = None,
        start: datetime | None = None,
        speed: float = 1.0,
    ) -> None:
        """`every` 0 delivers every frame that is decoded. `substream` is read instead when it is `sharp_width` wide.
        With `reach` the host is looked up at each opening, and one outside is not connected to.

        Raises AddressRefused; connects to nothing yet.
        """
        self.address = CameraAddress.parse(url)
        self.substream = CameraAddress.parse(substream) if substream else None
        self.counts = CameraCounts()
        self.plan: ReadingPlan | None = None
        self._sharp_width = sharp_width
        self.clock = CaptureClock()
        self._name = name or self.address.masked
        self._every = every
        self._transport = transport
        self._deadlines = deadlines or Deadlines()
        self._reach = reach
        self._patient = False
        self._budget = budget or OpeningBudget()
        self._backoff = backoff or Backoff()
        self._on_note = on_note
        self._start = start
        self._speed = speed
        self._sampler = live_sampler(every, self._name) if start is None else recording_sampler(every)
        self._stop = threading.Event()
        self._size: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def live(self) -> bool:
        """A recording waits for us even over RTSP: its sender stops where nobody reads."""
        return self._start is None

    @property
    def state(self) -> CameraState:
        return self.counts.state

    def stop(self) -> None:
        self._stop.set()

    def frames(self) -> Iterator[Frame]:
        """Frames in order of capture. Ends after `stop`, within the read deadline at most, or with its recording."""
        try:
            while not self._stop.is_set():
                self._move(CameraState.OPENING)
                try:
                    yield from self._one_connection()
                except CameraError as error:
                    if self._ended():
                        self._move(CameraState.ENDED)
                        return
                    self._fail(error)
        finally:
            if self.state is not CameraState.ENDED:
                self._move(CameraState.STOPPED)

    def _ended(self) -> bool:
        return self._start is not None and self.counts.delivered > 0

    def _fail(self, error: CameraError) -> None:
        if self._stop.is_set():
            return
        self.counts.failures += 1
        if isinstance(error, NoFrames):
            self._patient = not self._patient
        if isinstance(error, TimedOut) or (self.plan and self.plan.facts and self.plan.facts.broke):
            self.plan = None  # somebody may have set another key-frame distance, or it was never seen: measure again
        self.counts.last_error, self.counts.last_reason = str(error), error.reason
        pause = self._backoff.next_pause()
        if isinstance(error, Unauthorised):
            pause = max(pause, self._backoff.cap / 2)  # many cameras lock the account after a few wrong passwords
        self._move(CameraState.WAITING, f"{error}; next try in {pause:.1f} s")
        self._stop.wait(pause)

    def _one_connection(self) -> Iterator[Frame]:
        if not self._budget.wait_turn(self._stop):
            return
        plan = self.plan = self._make_plan()
        self.counts.mode = plan.mode.value
        capture = self._open(plan)
        try:
            yield from self._read(self._reader(capture, plan))
        finally:
            # Another thread may be inside read(): releasing here is safe because this generator is that thread.
            with suppress(cv2.error):
                capture.release()

    def _make_plan(self) -> ReadingPlan:
        """Measured at the first opening: what a camera sends changes only when somebody sets it up anew."""
        if self._start is not None or self._every <= timedelta(0):
            return ReadingPlan(self.address, Mode.FULL, None)
        if self.plan is not None:
            return self.plan
        plan = make_plan(self.address, self.substream, self._every, self._sharp_width, self._measure)
        self._budget.wait_turn(self._stop)
        return plan

    def _measure(self, address: CameraAddress) -> StreamFacts:
        self.counts.openings += 1
        limit = max(self._every.total_seconds() * 2, 6.0)
        with self._busy():
            address = reached(address, self._reach)
            return measure(address, self._options(Mode.FULL), self._deadlines, limit=limit, stop=self._stop)

    def _options(self, mode: Mode) -> str:
        return rtsp_options(transport=self._transport, key_frames=mode is Mode.KEY, patient=self._patient)

    def _open(self, plan: ReadingPlan) -> cv2.VideoCapture:
        self.counts.openings += 1
        raw = plan.mode is Mode.PACKETS
        with self._busy():
            address = reached(plan.address, self._reach)
            capture = open_rtsp(address.url, self._options(plan.mode), self._deadlines_for(plan), raw=raw)
        if not capture.isOpened():
            raise diagnose(address, self._deadlines.open)
        return capture

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self.counts.busy_since = time.monotonic()
        try:
            yield
        finally:
            self.counts.busy_since = None

    def _reader(self, capture: cv2.VideoCapture, plan: ReadingPlan) -> PictureReader:
        if plan.mode is not Mode.PACKETS or plan.facts is None:
            return DecodingReader(capture)
        patience, facts = self._deadlines_for(plan).read, plan.facts
        return PacketReader(capture, facts.codec, whole=facts.whole, patience=patience, stop=self._stop)

    def _deadlines_for(self, plan: ReadingPlan) -> Deadlines:
        """Where key frames alone are read, silence is only longer than the key-frame distance, and then some."""
        if plan.mode is Mode.FULL or plan.facts is None or plan.facts.gop is None:
            return self._deadlines
        return replace(self._deadlines, read=max(self._deadlines.read, 2 * plan.facts.gop + 1))

    def _read(self, reader: PictureReader) -> Iterator[Frame]:
        """Grabs everything, so that nothing queues up behind us, and decodes to a picture only what is wanted."""
        opened = time.monotonic()
        self.clock = CaptureClock(jumps=self.clock.jumps)
        last: Stamp | None = None
        late_since: float | None = None
        while not self._stop.is_set():
            asked = time.monotonic()
            with self._busy():
                stamp = reader.grab()
            if stamp is None:
                raise self._why_ended(last is None, time.monotonic() - asked)
            arrival = time.monotonic()
            if stamp.same_picture(last):
                self._reject_halves()
                continue
            last = stamp
            lag = 0.0 if self._start else self.clock.lag(stamp.seconds, arrival)
            if lag > STALE:
                late_since = self._drop_stale(lag, arrival, late_since)
                continue
            late_since = None
            if arrival - opened > STEADY:
                self._backoff.reset()
            captured_at = self._captured_at(stamp.seconds, lag)
            if not self._sampler.due(captured_at):
                continue
            if (image := reader.picture()) is not None:
                yield self._frame(image, captured_at, lag, arrival)

    def _reject_halves(self) -> None:
        self.counts.halves += 1
        if self.plan is None or self.plan.facts is None:
            return
        # Measuring missed it: from now on the parts of a picture are put together before they are decoded.
        facts = replace(self.plan.facts, whole=False)
        self.plan = ReadingPlan(self.plan.address, choose_mode(facts, self._every), facts)
        raise StreamCut(f"{self.address.masked}: sends each picture in halves; connecting anew to join them")

    def _drop_stale(self, lag: float, arrival: float, late_since: float | None) -> float:
        self.counts.stale += 1
        since = arrival if late_since is None else late_since
        if arrival - since > STALE:
            raise StreamStale(f"{self.address.masked}: pictures arrive {lag:.0f} s late; connecting anew")
        return since

    def _why_ended(self, nothing_came: bool, waited: float) -> CameraError:
        silent = waited >= self._deadlines.read * 0.9  # FFmpeg says the same, nothing, of an end and of a time-out
        if nothing_came:
            return NoFrames(f"{self.address.masked}: opened, but no picture came within {waited:.0f} s")
        if silent:
            return TimedOut(f"{self.address.masked}: no picture for {waited:.0f} s")
        return StreamCut(f"{self.address.masked}: the camera ended the stream")

    def _captured_at(self, pts: float, lag: float) -> datetime:
        if self._start is not None:
            return self._start + timedelta(seconds=pts * self._speed)
        return datetime.now(UTC) - timedelta(seconds=lag)

    def _frame(self, image: Image, captured_at: datetime, lag: float, arrival: float) -> Frame:
        height, width = image.shape[:2]
        if self._size is not None and self._size != (width, height):
            self.counts.epoch += 1
        self._size = (width, height)
        self.counts.delivered += 1
        self.counts.lag, self.counts.last_frame = lag, arrival
        self.counts.drift_ppm, self.counts.clock_jumps = self.clock.drift_ppm, self.clock.jumps
        self._move(CameraState.LIVE)
        return Frame(image, captured_at, self._name, lag, self.counts.delivered - 1, self.counts.epoch)

    def _move(self, state: CameraState, reason: str = "") -> None:
        check_move(self.state, state)
        changed = state is not self.state
        self.counts.state = state
        if changed and self._on_note is not None:
            self._on_note(CameraNote(self._name, state.value, datetime.now(UTC), reason))
