"""Watching one source: its frames, a look at each, and what was found handed on."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from detector.candidate import Candidate
from detector.vision.frame import Frame
from streams.camera.state import CameraState
from streams.frames.handover import Handover
from streams.frames.queue import FrameQueue
from streams.frames.sampling import Sampler, live_sampler, recording_sampler
from streams.frames.sink import CameraNote, Sink
from streams.frames.source import Source

log = logging.getLogger(__name__)

QUEUE = 2  # frames that may wait: one being late is forgiven, more would only make every picture old

Look = Callable[[Frame], Sequence[Candidate]]


@dataclass(slots=True)
class WatchCounts:
    """What happened so far; written by the watcher alone, read by anybody. Times are monotonic seconds."""

    looked: int = 0
    dropped: int = 0  # frames pushed out of the queue by newer ones
    candidates: int = 0
    errors: int = 0  # looks that failed, or whose candidates were not taken at once
    blind: bool = False  # the last look failed, or candidates wait for the store
    last_error: str = ""
    last_look: float | None = None
    look_seconds: float = 0.0


def watch(
    source: Source,
    look: Look,
    sink: Sink,
    every: timedelta = timedelta(0),
    stop: threading.Event | None = None,
    counts: WatchCounts | None = None,
    handover: Handover | None = None,
) -> WatchCounts:
    """Analyse one frame of the source per period until the source ends or `stop` is set; returns what happened.

    `every` 0 takes each frame that the source gives. A look that fails is counted and noted (state `blind`), and the
    next frame is looked at as if nothing had been: one odd picture must not end a camera. What the sink does not take
    waits in `handover` and is offered again; whoever watches the source again hands it in again. Raises the StreamError
    that ended the source, such as NotAVideo.
    """
    stop = stop or threading.Event()
    counts = counts or WatchCounts()
    frames = FrameQueue(QUEUE, drop=source.live)
    sampler = live_sampler(every, source.name) if source.live else recording_sampler(every)
    reader = threading.Thread(target=_read, args=(source, sampler, frames), name=f"read {source.name}", daemon=True)
    reader.start()
    handover = handover or Handover(sink)
    looker = _Looker(source.name, look, handover, counts)
    try:
        while not stop.is_set() and not frames.finished:
            frame = frames.get(timeout=1.0)
            counts.dropped = frames.dropped
            if frame is not None:
                looker.look_at(frame)
    finally:
        source.stop()
        frames.close()
        reader.join()
        handover.finish()
        counts.candidates = handover.taken
    if frames.error is not None:
        raise frames.error
    return counts


def _read(source: Source, sampler: Sampler, frames: FrameQueue) -> None:
    try:
        for frame in source.frames():
            if sampler.due(frame.captured_at):
                frames.put(frame)
    except BaseException as error:  # noqa: BLE001 - raised again in the watching thread, where somebody listens
        frames.close(error)
    else:
        frames.close()


class _Looker:
    """Looks at frames and notes when that begins to fail and when it works again."""

    def __init__(self, name: str, look: Look, handover: Handover, counts: WatchCounts) -> None:
        self._name = name
        self._look = look
        self._handover = handover
        self._counts = counts

    def look_at(self, frame: Frame) -> None:
        began = time.monotonic()
        try:
            found = self._look(frame)
        except Exception as error:  # whatever a model raises: noted, and the watch goes on
            self._hand_over(())
            self._failed("analysis of a frame failed", f"{type(error).__name__}: {error}")
            log.debug("camera %s: traceback of the failed analysis", self._name, exc_info=error)
        else:
            self._hand_over(found)
            if self._handover.waiting:
                why = f"{self._handover.waiting} candidates wait for the store: {self._handover.error}"
                self._failed("candidates are not stored yet", why)
            else:
                self._worked()
        self._counts.looked += 1
        self._counts.last_look = time.monotonic()
        self._counts.look_seconds += self._counts.last_look - began

    def _hand_over(self, found: Sequence[Candidate]) -> None:
        self._handover.offer(found)
        self._counts.candidates = self._handover.taken

    def _failed(self, what: str, why: str) -> None:
        self._counts.errors += 1
        self._counts.last_error = why
        if not self._counts.blind:
            log.error("camera %s: %s: %s", self._name, what, why)
            self._counts.blind = True
            self._note(CameraState.FAILING, self._counts.last_error)

    def _worked(self) -> None:
        if self._counts.blind:
            self._counts.blind = False
            self._note(CameraState.LIVE, "looking works again")

    def _note(self, state: CameraState, reason: str) -> None:
        self._handover.sink.note(CameraNote(self._name, state.value, datetime.now(UTC), reason))
