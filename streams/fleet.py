"""Many cameras watched at once; cameras come, change, pause and go while the others are watched on."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.camera.backoff import Backoff, OpeningBudget
from streams.camera.job import CameraJob
from streams.camera.process_source import ProcessSource
from streams.camera.source import CameraSource
from streams.camera.state import CameraState
from streams.errors import CameraUnknown
from streams.frames.handover import Handover
from streams.frames.sink import CameraNote, Sink
from streams.watcher import Look, WatchCounts, watch

log = logging.getLogger(__name__)

__all__ = ["CameraJob", "CameraStatus", "Fleet", "MakeLook"]


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How one camera is doing just now. Ages and lag in seconds, None before the first frame."""

    camera: str
    state: CameraState
    mode: str
    frame_age: float | None
    lag: float
    delivered: int
    looked: int
    dropped: int
    stale: int
    halves: int
    failures: int
    openings: int
    epoch: int
    look_errors: int
    candidates: int
    reason: str
    last_error: str
    drift_ppm: float | None
    clock_jumps: int


_Source = CameraSource | ProcessSource
MakeLook = Callable[[str], Look]  # a camera's id to the look that its frames get: places are kept per camera


class Fleet:
    """Watches many cameras, each with a reading and a looking thread of its own. Thread-safe.

    Decoding and inference leave Python's lock, so threads share the cores. What cameras must not share is a crash or a
    hang of their decoder, nor the turn at which OpenCV reads its options (see ffmpeg.py: a camera that hangs while it
    opens holds up those that open differently, for its deadline). With `processes` every camera is read in a process of
    its own and shares neither: right for more than a handful of cameras, at about 50 MB each.
    """

    def __init__(
        self, make_look: MakeLook, sink: Sink, *, openings_per_second: float = 8.0, processes: bool = False
    ) -> None:
        self._make_look = make_look
        self._sink = sink
        self._budget = OpeningBudget(openings_per_second)
        self._processes = processes
        self._lock = threading.RLock()
        self._watched: dict[str, _Watched] = {}

    def add(self, job: CameraJob, *, paused: bool = False) -> None:
        """Begins to watch a camera, or keeps it for `resume`; raises CameraUnknown when its id is there already,
        AddressRefused.
        """
        with self._lock:
            if job.id in self._watched:
                raise CameraUnknown(f"camera {job.id!r} is watched already; change it instead")
            watched = _Watched(job, self._make_look, self._sink, self._source_of)
            if paused:
                watched.pause()
            else:
                watched.start()  # before it is in the fleet: where no thread can be started, it may be added again
            self._watched[job.id] = watched

    def change(self, job: CameraJob) -> None:
        """Goes on with new settings; a job equal to the present one changes nothing."""
        with self._lock:
            old = self._find(job.id)
            if old.job == job:
                return
            fresh = _Watched(job, self._make_look, self._sink, self._source_of)
            self._watched[job.id] = fresh
        old.stop()
        if not old.paused:
            fresh.start()
        else:
            fresh.pause()

    def remove(self, *cameras: str) -> None:
        """Stop watching cameras; returns when their threads have ended."""
        with self._lock:
            watched = [self._find(camera) for camera in cameras]
            for camera in cameras:
                del self._watched[camera]
        _stop_all(watched)

    def pause(self, camera: str) -> None:
        """Close the camera's connection but keep it in the fleet."""
        self._find(camera).pause()

    def resume(self, camera: str) -> None:
        """Watches a paused camera again."""
        self._find(camera).resume()

    def status(self) -> tuple[CameraStatus, ...]:
        """Return all cameras, in order of their ids."""
        with self._lock:
            return tuple(self._watched[camera].status() for camera in sorted(self._watched))

    def close(self) -> None:
        """Stop every camera and wait for all."""
        with self._lock:
            watched, self._watched = list(self._watched.values()), {}
        _stop_all(watched)

    def _source_of(self, job: CameraJob) -> "_Source":
        make = ProcessSource if self._processes else CameraJob.source
        return make(job, self._budget, self._sink.note)

    def _find(self, camera: str) -> "_Watched":
        with self._lock:
            if camera not in self._watched:
                raise CameraUnknown(f"camera {camera!r} is not in the fleet")
            return self._watched[camera]


def _stop_all(watched: Sequence["_Watched"]) -> None:
    for camera in watched:
        camera.ask_to_stop()  # all are asked first: waiting for one after the other would add up the read deadlines
    for camera in watched:
        camera.stop()


class _Watched:
    """One camera with the thread that watches it."""

    def __init__(
        self, job: CameraJob, make_look: MakeLook, sink: Sink, make_source: Callable[[CameraJob], _Source]
    ) -> None:
        self.job = job
        self._make_look = make_look
        self._sink = sink
        self._make_source = make_source
        self._lock = threading.Lock()
        self._source = make_source(job)
        self._counts = WatchCounts()
        self._handover = Handover(sink)  # what the store has not taken yet outlasts what ends the watching
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._crash = ""
        self.paused = False

    def start(self) -> None:
        with self._lock:
            self._stop = threading.Event()
            thread = threading.Thread(target=self._run, name=f"watch {self.job.id}", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        """Watch until told to stop: whatever ends the watching otherwise (no file, thread or memory to spare, a model
        that does not load) is shown, and after a pause it is begun anew.
        """
        backoff, look, stop = Backoff(), None, self._stop
        while not stop.is_set():
            began = time.monotonic()
            try:
                look = look or self._make_look(self.job.id)
                watch(self._source, look, self._sink, self.job.every, stop, self._counts, self._handover)
                return
            except Exception as error:  # noqa: BLE001 - of any kind: it is in the status and in the log, and not the end
                if time.monotonic() - began > backoff.cap:
                    backoff.reset()
                why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
                self._rest(why, backoff.next_pause(), stop)

    def _rest(self, why: str, pause: float, stop: threading.Event) -> None:
        if stop.is_set():
            return
        log.error("camera %s: watching it failed, restarting in %.0f s: %s", self.job.id, pause, why)
        self._crash = why
        reason = f"{why}; next try in {pause:.1f} s"
        with suppress(Exception):  # the sink may be what failed
            self._sink.note(CameraNote(self.job.id, CameraState.WAITING.value, datetime.now(UTC), reason))
        stop.wait(pause)
        if not stop.is_set():
            plan, self._source = self._source.plan, self._make_source(self.job)
            self._source.plan = plan
        self._crash = ""

    def ask_to_stop(self) -> None:
        self._stop.set()
        self._source.stop()

    def stop(self) -> None:
        self.ask_to_stop()
        with self._lock:
            if self._thread is not None:
                self._thread.join()
                self._thread = None

    def pause(self) -> None:
        self.stop()
        if not self.paused:
            self.paused = True
            self._sink.note(CameraNote(self.job.id, CameraState.PAUSED.value, datetime.now(UTC)))

    def resume(self) -> None:
        if self.paused:
            plan = self._source.plan
            self._source = self._make_source(self.job)
            self._source.plan = plan  # measured once; a pause does not change what the camera sends
            self.start()
            self.paused = False

    def status(self) -> CameraStatus:
        camera, watched = self._source.counts, self._counts
        age = None if camera.last_frame is None else time.monotonic() - camera.last_frame
        return CameraStatus(
            camera=self.job.id,
            state=CameraState.PAUSED if self.paused else self._state(),
            mode=camera.mode,
            frame_age=age,
            lag=camera.lag,
            delivered=camera.delivered,
            looked=watched.looked,
            dropped=watched.dropped,
            stale=camera.stale,
            halves=camera.halves,
            failures=camera.failures,
            openings=camera.openings,
            epoch=camera.epoch,
            look_errors=watched.errors,
            candidates=watched.candidates,
            reason=camera.last_reason if camera.state in (CameraState.WAITING, CameraState.OPENING) else "",
            last_error=self._crash or camera.last_error,
            drift_ppm=camera.drift_ppm,
            clock_jumps=camera.clock_jumps,
        )

    def _state(self) -> CameraState:
        if self._crash:
            return CameraState.WAITING
        state = self._source.counts.state
        return CameraState.FAILING if state is CameraState.LIVE and self._counts.blind else state
