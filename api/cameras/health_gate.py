"""One camera's look behind its health check: faults of the picture are stored, shown and restored at start."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from api.cameras.health_store import HealthStore
from api.cameras.live_status import FaultView, LiveStatus, LookView
from api.cameras.state_files import HandedOnSince, PersistentLook, keep_view, kept_view
from api.errors import ApiError
from detector.candidate import Candidate
from detector.look import Look
from detector.places.strong_look import StrongLook
from detector.vision.frame import Frame
from streams.errors import MemoryDamaged
from streams.frames.sink import Sink
from streams.health.faults import HOLD, HOLD_TIME, Fault, HealthEvent, HealthWatch
from streams.health.health_gate import gate_for, health_gated, note_of

LookAgain = Callable[[str, Frame, StrongLook], None]
"""Is told of each strong look of a healthy camera: the camera, the frame, and what was seen. Raises nothing."""

log = logging.getLogger(__name__)

KEEP_VIEW_EVERY = timedelta(minutes=10)
UNWRITTEN = 12  # events that wait for the store, each with its picture: more would cost too much memory


class HealthGatedLook:
    """Called by one thread at a time, as the look itself; the live and the sink may be shared.

    With a `memory` folder, what the camera usually shows, its places and its empty scene survive a restart.
    """

    def __init__(
        self,
        look: Look,
        live: LiveStatus,
        sink: Sink,
        health: HealthStore,
        memory: Path | None = None,
        handed_on: HandedOnSince | None = None,
        look_again: LookAgain | None = None,
    ) -> None:
        self._camera = look.source
        self._live = live
        self._sink = sink
        self._store = health
        self._memory = memory
        self._look = look
        self._look_again = look_again
        self._remembering = PersistentLook(look, memory, handed_on) if memory else None
        self._health = HealthWatch(look.source)
        self._gate = gate_for(look.rulebook)
        self._guarded = health_gated(self._remembering or look, self._health, self._hear, self._gate)
        self._since: dict[Fault, datetime] = {}  # what is wrong now, as shown
        self._left_open: set[Fault] = set()  # what an earlier run did not see the end of
        self._unwritten: deque[HealthEvent] = deque(maxlen=UNWRITTEN)
        self._store_failed = False  # that the store is away, once in a row
        self._frames = 0
        self._cpu, self._watched_since = 0.0, time.monotonic()
        self._began_at: datetime | None = None
        self._kept_at: datetime | None = None

    def __call__(self, frame: Frame) -> Sequence[Candidate]:
        self._frames += 1
        if self._frames == 1:
            self._began_at = frame.captured_at
            self._take_up(frame)
        self._live.show(self._camera, frame, self._gate.skipped)
        if self._live.take_accepted(self._camera):
            self._accept(frame)
        began = time.thread_time()
        try:
            found = self._guarded(frame)
            self._tell_strong_look(frame)
            return found
        finally:
            self._count(time.thread_time() - began)
            self._close_left_open(frame)
            self._write()
            self._keep_view(frame)

    def keep(self) -> None:
        """Write down what is known of the camera, when nobody looks at it any more."""
        if self._remembering:
            self._remembering.keep()

    def _tell_strong_look(self, frame: Frame) -> None:
        """Tell of a strong look of a healthy camera who asked for looks at places."""
        saw, self._look.strong_look = self._look.strong_look, None  # a frame that is held back gets no look
        if self._look_again is not None and saw is not None and not self._since:
            self._look_again(self._camera, frame, saw)

    def _count(self, seconds: float) -> None:
        """Show how the camera is looked at, and what share of a core that takes."""
        self._cpu += seconds
        watched = time.monotonic() - self._watched_since
        self._live.count_looks(self._camera, LookView(self._look.status(), self._cpu / max(watched, 1.0)))

    def _hear(self, event: HealthEvent) -> None:
        if event.ended_at is None:
            self._since[event.fault] = event.started_at
        else:
            self._since.pop(event.fault, None)
        self._left_open.discard(event.fault)
        self._unwritten.append(event)
        self._show_faults()
        self._sink.note(note_of(event, self._health.faults))

    def _show_faults(self) -> None:
        self._live.report_fault(
            self._camera, tuple(FaultView(fault, since) for fault, since in sorted(self._since.items()))
        )

    def _accept(self, frame: Frame) -> None:
        self._forget_scene()
        for event in self._health.accept_view(frame):
            self._hear(event)
        self._kept_at = None

    def _forget_scene(self) -> None:
        """Nothing that stood in the old view is known of the new one."""
        self._look.forget()
        if self._remembering:
            self._remembering.forget()

    def _write(self) -> None:
        while self._unwritten:
            try:
                self._store.record(self._unwritten[0])
            except (
                ApiError,
                SQLAlchemyError,
                OSError,
            ) as error:  # the next frame tries again; the look's result stands
                if not self._store_failed:
                    log.error("camera %s: a picture fault is not stored yet: %s", self._camera, error)
                self._store_failed = True
                return
            self._store_failed = False
            self._unwritten.popleft()

    def _take_up(self, frame: Frame) -> None:
        """Restore what an earlier run recorded: a moved camera stays so until its new view is accepted."""
        try:
            lasting = self._store.lasting(self._camera)
        except (ApiError, SQLAlchemyError) as error:
            log.error("camera %s: starts without its earlier faults: %s", self._camera, error)
            lasting = ()
        self._left_open = {one.fault for one in lasting}
        moved = next((one for one in lasting if one.fault is Fault.MOVED), None)
        if moved is not None and moved.accepted_by is not None:
            self._forget_scene()
            return
        view = kept_view(self._memory, self._camera) if self._memory else None
        if view is not None:
            try:
                self._health.restore(view)
            except MemoryDamaged as error:
                log.warning("%s", error)
        if moved is not None:
            self._health.stay_moved(moved.started_at)
            self._left_open.discard(Fault.MOVED)
            self._since[Fault.MOVED] = moved.started_at
        self._show_faults()

    def _close_left_open(self, frame: Frame) -> None:
        if self._frames < HOLD or self._began_at is None or abs(frame.captured_at - self._began_at) < HOLD_TIME:
            return
        for fault in self._left_open - set(self._health.faults):
            self._unwritten.append(HealthEvent(self._camera, fault, frame.captured_at, frame.captured_at, frame))
        self._left_open = set()

    def _keep_view(self, frame: Frame) -> None:
        if self._memory is None or self._health.faults or not self._health.knows_view:
            return
        if self._kept_at is None or frame.captured_at - self._kept_at >= KEEP_VIEW_EVERY:
            self._kept_at = frame.captured_at
            keep_view(self._memory, self._camera, self._health.snapshot())
