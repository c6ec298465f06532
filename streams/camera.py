"""One camera: an RTSP address that becomes frames, and comes back by itself whatever happens to it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import cv2

from detector.frame import Frame, Image
from streams.address import CameraAddress
from streams.backoff import Backoff, OpeningBudget
from streams.clock import CaptureClock
from streams.diagnose import diagnose
from streams.errors import CameraError, NoFrames, StreamCut, StreamStale, TimedOut, Unauthorised
from streams.ffmpeg import Deadlines, Stamp, open_rtsp, rtsp_options
from streams.measure import Mode, StreamFacts, choose_mode, measure
from streams.readers import DecodingReader, PacketReader, PictureReader
from streams.sampling import Sampler, phase_of
from streams.sink import CameraNote
from streams.states import CameraState, check_move

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
    last_frame: float | None = None  # monotonic seconds
    last_error: str = ""
    last_reason: str = ""
    mode: str = ""
    state: CameraState = field(default=CameraState.IDLE)


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
        every: timedelta = timedelta(0),
        transport: Literal["tcp", "udp"] = "tcp",
        deadlines: Deadlines | None = None,
        budget: OpeningBudget | None = None,
        backoff: Backoff | None = None,
        on_note: Callable[[CameraNote], None] | None = None,
        start: datetime | None = None,
        speed: float = 1.0,
    ) -> None:
        """`every` 0 delivers every frame that is decoded. Raises AddressRefused; connects to nothing yet."""
        self.address = CameraAddress.parse(url)
        self.counts = CameraCounts()
        self.facts: StreamFacts | None = None
        self.clock = CaptureClock()
        self._name = name or self.address.masked
        self._every = every
        self._transport = transport
        self._deadlines = deadlines or Deadlines()
        self._patient = False
        self._budget = budget or OpeningBudget()
        self._backoff = backoff or Backoff()
        self._on_note = on_note
        self._start = start
        self._speed = speed
        self._sampler = Sampler(every, phase_of(self._name) if start is None else 0.5)
        self._stop = threading.Event()
        self._size: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def live(self) -> bool:
        return True

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
        if isinstance(error, TimedOut):
            self.facts = None  # somebody may have set another key-frame distance: measure again
        self.counts.last_error, self.counts.last_reason = str(error), error.reason
        pause = self._backoff.next_pause()
        if isinstance(error, Unauthorised):
            pause = max(pause, self._backoff.cap / 2)  # many cameras lock the account after a few wrong passwords
        self._move(CameraState.WAITING, f"{error}; next try in {pause:.1f} s")
        self._stop.wait(pause)

    def _one_connection(self) -> Iterator[Frame]:
        if not self._budget.wait_turn(self._stop):
            return
        mode = self._choose_mode()
        self.counts.mode = mode.value
        capture = self._open(mode)
        try:
            yield from self._read(self._reader(capture, mode))
        finally:
            # Another thread may be inside read(): releasing here is safe because this generator is that thread.
            with suppress(cv2.error):
                capture.release()

    def _choose_mode(self) -> Mode:
        """Measured at the first opening: what a camera sends changes only when somebody sets it up anew."""
        if self._start is not None or self._every <= timedelta(0):
            return Mode.FULL
        if self.facts is None:
            limit = max(self._every.total_seconds() * 2, 6.0)
            self.counts.openings += 1
            self.facts = measure(self.address, self._options(), self._deadlines, limit=limit, stop=self._stop)
            self._budget.wait_turn(self._stop)
        return choose_mode(self.facts, self._every)

    def _options(self, mode: Mode = Mode.FULL) -> str:
        return rtsp_options(transport=self._transport, key_frames=mode is Mode.KEY, patient=self._patient)

    def _open(self, mode: Mode) -> cv2.VideoCapture:
        self.counts.openings += 1
        raw = mode is Mode.PACKETS
        capture = open_rtsp(self.address.url, self._options(mode), self._deadlines_for(mode), raw=raw)
        if not capture.isOpened():
            raise diagnose(self.address, self._deadlines.open)
        return capture

    def _reader(self, capture: cv2.VideoCapture, mode: Mode) -> PictureReader:
        if mode is not Mode.PACKETS or self.facts is None:
            return DecodingReader(capture)
        patience, whole = self._deadlines_for(mode).read, self.facts.whole
        return PacketReader(capture, self.facts.codec, whole=whole, patience=patience, stop=self._stop)

    def _deadlines_for(self, mode: Mode) -> Deadlines:
        """Where key frames alone are read, silence is only longer than the key-frame distance, and then some."""
        if mode is Mode.FULL or self.facts is None or self.facts.gop is None:
            return self._deadlines
        return replace(self._deadlines, read=max(self._deadlines.read, 2 * self.facts.gop + 1))

    def _read(self, reader: PictureReader) -> Iterator[Frame]:
        """Grabs everything, so that nothing queues up behind us, and decodes to a picture only what is wanted."""
        opened = time.monotonic()
        self.clock = CaptureClock(jumps=self.clock.jumps)
        last: Stamp | None = None
        late_since: float | None = None
        while not self._stop.is_set():
            asked = time.monotonic()
            if (stamp := reader.grab()) is None:
                raise self._why_ended(last is None, time.monotonic() - asked)
            arrival = time.monotonic()
            if stamp == last:
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
        if self.facts is None:
            return
        # Measuring missed it: from now on the parts of a picture are put together before they are decoded.
        self.facts = replace(self.facts, whole=False)
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
        self._move(CameraState.LIVE)
        return Frame(image, captured_at, self._name, lag, self.counts.delivered - 1, self.counts.epoch)

    def _move(self, state: CameraState, reason: str = "") -> None:
        check_move(self.state, state)
        changed = state is not self.state
        self.counts.state = state
        if changed and self._on_note is not None:
            self._on_note(CameraNote(self._name, state.value, datetime.now(UTC), reason))
