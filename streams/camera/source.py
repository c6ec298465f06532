"""One camera: an RTSP address that becomes frames, and comes back by itself whatever happens to it."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from detector.vision.frame import Frame, Image
from streams.camera.address import CameraAddress, Reach
from streams.camera.backoff import Backoff, OpeningBudget, Turns
from streams.camera.capture_clock import CaptureClock, clock_ahead
from streams.camera.connection import CameraStream, knock, open_stream
from streams.camera.probe import (
    JOINABLE,
    LONG,
    Mode,
    ReadingPlan,
    StreamFacts,
    check_size,
    choose_mode,
    deadlines_for,
    measure,
)
from streams.camera.readers import DecodingReader, PacketReader, PictureReader
from streams.camera.state import CameraState, check_move
from streams.errors import (
    CameraError,
    NoFrames,
    NoMedia,
    StreamCut,
    StreamStale,
    TimedOut,
    TransportRefused,
    Unauthorised,
)
from streams.frames.sampling import live_sampler, recording_sampler
from streams.frames.sink import CameraNote
from streams.video.capture import Deadlines, Stamp

log = logging.getLogger(__name__)

STALE = 10.0  # a picture older than this many seconds is dropped; so long late, the stream is opened anew
STEADY = 20.0  # seconds a camera must stay alive before its pauses become short again
WAITED = 0.1  # seconds after an opening within which pictures are read that came before
RECENT = 600.0  # seconds since its last picture for which a camera is opened before others, after short pauses
SHORT = 4.0  # the longest of those pauses, in seconds


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
    # Inside OpenCV since (monotonic seconds); long ago means that it hangs. Later than it really was where a call may
    # take longer than the usual deadlines.
    busy_since: float | None = None


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
        self._switched = False  # to the other transport, as the camera refuses the one that was set
        self._alive_at: float | None = None  # when it last gave anything, in monotonic seconds
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
        """Tell whether frames come in real time: a recording waits for its reader, even over RTSP."""
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
        self._patient = isinstance(error, NoMedia) and not self._patient
        if isinstance(error, TimedOut | NoMedia):
            self.plan = None  # somebody may have set another key-frame distance: measure again
        self.counts.last_error, self.counts.last_reason = str(error), error.reason
        pause = self._backoff.next_pause(SHORT if self._recent() else None)
        if isinstance(error, Unauthorised):
            pause = max(pause, self._backoff.cap / 2)  # many cameras lock the account after a few wrong passwords
        if isinstance(error, TransportRefused):
            self._transport = "udp" if self._transport == "tcp" else "tcp"
            pause, self._switched = pause if self._switched else 0.0, True
        self._move(CameraState.WAITING, f"{error}; next try in {pause:.1f} s")
        self._stop.wait(pause)

    def _recent(self) -> bool:
        """Return whether the camera gave something within the last minutes.

        It is served first, and is likely to be back.
        """
        return self._alive_at is not None and time.monotonic() - self._alive_at < RECENT

    def _one_connection(self) -> Iterator[Frame]:
        if not self._recent():  # a camera that is away takes no turn from those that are there
            knock(self.address, self._reach, self._deadlines.open)
        if not self._budget.wait_turn(self._stop, recent=self._recent()):
            return
        plan, stream = self.plan, None
        measured = plan is None
        if plan is None:
            plan, stream = yield from self._make_plan()
            self.plan = plan
        self.counts.mode = plan.mode.value
        passing = measured and stream is None and _often(plan)
        stream = stream or self._open(plan.address, plan.mode, self._deadlines_for(plan.facts, plan.mode))
        try:
            yield from self._read(stream, plan, passing=passing)
        finally:
            stream.close()

    def _make_plan(self) -> Generator[Frame, None, tuple[ReadingPlan, CameraStream | None]]:
        """Measured at the first opening: what a camera sends changes only when somebody sets it up anew.

        The sub-stream is taken where there is one of at least the width that is wanted; one that fails is no reason to
        lose the camera. The stream comes with the plan where it can be read on as it is open.
        """
        if self._start is not None or self._every <= timedelta(0):
            return ReadingPlan(self.address, Mode.FULL, None), None
        if self.substream is not None:
            try:
                facts, stream = yield from self._measure(self.substream, self._sharp_width)
            except CameraError as error:
                log.warning("%s; the main stream is used", error)
            else:
                if facts.width >= self._sharp_width:
                    return self._planned(self.substream, facts, stream)
                stream.close()
        facts, stream = yield from self._measure(self.address, 0)
        return self._planned(self.address, facts, stream)

    def _planned(
        self, address: CameraAddress, facts: StreamFacts, stream: CameraStream
    ) -> tuple[ReadingPlan, CameraStream | None]:
        self._alive_at = time.monotonic()
        plan = ReadingPlan(address, choose_mode(facts, self._every), facts)
        wanted = self._deadlines_for(facts, plan.mode).read
        if plan.mode is Mode.PACKETS and wanted <= self._deadlines_for(None, Mode.FULL).read:
            return plan, stream
        stream.close()
        self._budget.wait_turn(self._stop, recent=True)
        return plan, None

    def _measure(self, address: CameraAddress, width: int) -> Generator[Frame, None, tuple[StreamFacts, CameraStream]]:
        """Measure a stream, which stays open, and give the pictures that it is measured by if they are so wide."""
        deadlines = self._deadlines_for(None, Mode.FULL)
        limit = max(self._every.total_seconds() * 2, 6.0, deadlines.read if self._patient else 0.0)
        stream = self._open(address, Mode.PACKETS, deadlines)
        try:
            pictures = measure(stream, address.masked, deadlines.read, limit=limit, stop=self._stop)
            while True:
                try:
                    with self._busy(limit + deadlines.read):
                        image = next(pictures)
                except StopIteration as end:
                    facts: StreamFacts = end.value
                    return facts, stream
                now = datetime.now(UTC)
                if image.shape[1] >= width and self._sampler.due(now):
                    yield self._frame(image, now, 0.0, time.monotonic())
        except BaseException:
            stream.close()
            raise

    def _open(self, address: CameraAddress, mode: Mode, deadlines: Deadlines) -> CameraStream:
        self.counts.openings += 1
        with self._busy(self._deadlines.open + deadlines.open):
            return open_stream(
                *(address, self._reach, self._transport, deadlines),
                answer=self._deadlines.open,
                raw=mode is Mode.PACKETS,
                key_frames=mode is Mode.KEY,
                patient=self._patient,
            )

    @contextmanager
    def _busy(self, allowed: float) -> Iterator[None]:
        """While a call into OpenCV lasts, which may take so many seconds."""
        usual = max(self._deadlines.open, self._deadlines.read)
        self.counts.busy_since = time.monotonic() + max(0.0, allowed - usual)
        try:
            yield
        finally:
            self.counts.busy_since = None

    def _reader(self, stream: CameraStream, plan: ReadingPlan) -> PictureReader:
        if plan.mode is not Mode.PACKETS or plan.facts is None:
            return DecodingReader(stream.capture)
        patience, facts = self._deadlines_for(plan.facts, plan.mode).read, plan.facts
        codec = JOINABLE.get(facts.codec, facts.codec)
        return PacketReader(
            stream.capture, codec, stream.parameters, whole=facts.whole, patience=patience, stop=self._stop
        )

    def _deadlines_for(self, facts: StreamFacts | None, mode: Mode) -> Deadlines:
        if self._start is not None:
            return self._deadlines
        key_frames = mode is not Mode.FULL
        return deadlines_for(self._deadlines, facts, self._every, key_frames=key_frames, patient=self._patient)

    def _read(self, stream: CameraStream, plan: ReadingPlan, *, passing: bool) -> Iterator[Frame]:
        """Grabs everything, so that nothing queues up behind us, and decodes to a picture only what is wanted.

        With `passing` pictures that waited while FFmpeg opened the stream are passed over: it is not known how long.
        """
        reader, opened = self._reader(stream, plan), time.monotonic()
        silence = self._deadlines_for(plan.facts, plan.mode).read
        self.clock = CaptureClock(jumps=self.clock.jumps)
        last: Stamp | None = None
        late_since: float | None = None
        failing_since: float | None = None
        while not self._stop.is_set():
            asked = time.monotonic()
            with self._busy(silence):
                stamp = reader.grab()
            if stamp is None:
                waited = time.monotonic() - asked
                if last is not None and waited < 0.9 * silence and stream.relay.open:
                    # The decoder has given up, not the camera.
                    raise self._no_picture(plan, "sends packets, but none of its pictures decodes")
                raise self._why_ended(plan, last is None, waited, silence)
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
            if passing and arrival - opened < WAITED:
                continue
            if not self._sampler.due(captured_at):
                continue
            if (image := reader.picture()) is None:
                failing_since = self._undecoded(plan, arrival, failing_since)
                continue
            failing_since = None
            yield self._frame(image, captured_at, lag, arrival)

    def _undecoded(self, plan: ReadingPlan, arrival: float, since: float | None) -> float:
        """Return a picture that was wanted does not decode; when none has for a period, the camera has a fault."""
        if since is None or arrival - since < max(0.9 * self._every.total_seconds(), 0.5):
            return arrival if since is None else since
        raise self._no_picture(plan, "sends packets, but none of its pictures decodes")

    def _no_picture(self, plan: ReadingPlan, what: str) -> NoFrames:
        """Return the error for a stream without pictures; what cannot be read by key frames is decoded whole next."""
        if plan.mode is Mode.FULL or plan.facts is None:
            return NoMedia(f"{self.address.masked}: {what}")
        self.plan = replace(plan, mode=Mode.FULL)
        return NoFrames(f"{self.address.masked}: {what}; from now on every frame is decoded, not key frames alone")

    def _reject_halves(self) -> None:
        self.counts.halves += 1
        if self.plan is None or self.plan.facts is None:
            return
        # Measuring missed it: from now on the parts of a picture are put together before they are decoded.
        facts = replace(self.plan.facts, whole=False)
        self.plan = ReadingPlan(self.plan.address, choose_mode(facts, self._every), facts)
        raise StreamCut(f"{self.address.masked}: sends each picture in halves; reconnecting to join them")

    def _drop_stale(self, lag: float, arrival: float, late_since: float | None) -> float:
        self.counts.stale += 1
        since = arrival if late_since is None else late_since
        if arrival - since > STALE:
            raise StreamStale(f"{self.address.masked}: pictures arrive {lag:.0f} s late; reconnecting")
        return since

    def _why_ended(self, plan: ReadingPlan, nothing_came: bool, waited: float, silence: float) -> CameraError:
        silent = waited >= silence * 0.9  # FFmpeg says the same, nothing, of an end and of a time-out
        if nothing_came:
            return self._no_picture(plan, f"opened, but no picture came within {waited:.0f} s")
        if silent:
            return TimedOut(f"{self.address.masked}: no picture for {waited:.0f} s")
        return StreamCut(f"{self.address.masked}: the camera ended the stream")

    def _captured_at(self, pts: float, lag: float) -> datetime:
        if self._start is not None:
            return self._start + timedelta(seconds=pts * self._speed)
        return datetime.now(UTC) - timedelta(seconds=lag)

    def _frame(self, image: Image, captured_at: datetime, lag: float, arrival: float) -> Frame:
        height, width = image.shape[:2]
        check_size(width, height, self.address.masked)
        if self._size is not None and self._size != (width, height):
            self.counts.epoch += 1
        self._size = (width, height)
        self.counts.delivered += 1
        self.counts.lag, self.counts.last_frame = lag, arrival
        self._alive_at, self._switched = arrival, False
        self.counts.drift_ppm, self.counts.clock_jumps = self.clock.drift_ppm, self.clock.jumps
        self._move(CameraState.LIVE)
        clock = clock_ahead() if self._start is None else None
        return Frame(image, captured_at, self._name, lag, self.counts.delivered - 1, self.counts.epoch, clock=clock)

    def _move(self, state: CameraState, reason: str = "") -> None:
        check_move(self.state, state)
        changed = state is not self.state
        self.counts.state = state
        if changed and self._on_note is not None:
            self._on_note(CameraNote(self._name, state.value, datetime.now(UTC), reason))


def _often(plan: ReadingPlan) -> bool:
    """Return whether the next key picture is never far, so that one may be passed over."""
    return plan.facts is not None and plan.facts.gop is not None and plan.facts.gop < LONG
