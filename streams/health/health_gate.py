"""The checks before a frame is analysed: is the camera healthy, and has anything changed?"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from detector.candidate import Candidate
from detector.rules.rulebook import Rulebook
from detector.vision.frame import Frame
from streams.camera.state import CameraState
from streams.frames.motion_gate import MotionGate
from streams.frames.sink import CameraNote
from streams.health.faults import Fault, HealthEvent, HealthWatch
from streams.watcher import Look


def health_gated(
    look: Look,
    health: HealthWatch,
    on_health: Callable[[HealthEvent], None],
    gate: MotionGate | None = None,
) -> Look:
    """Return the same look, without frames of a faulty camera and frames that have not changed.

    While a fault lasts nothing is looked at: a frozen picture must not let a stall's dwell grow, a covered one must not
    empty a place, and of a camera that was moved neither zones nor positions hold. `on_health` hears of every fault
    that begins or ends.
    """

    def guarded_look(frame: Frame) -> Sequence[Candidate]:
        for event in health.judge(frame):
            on_health(event)
        if health.faults or (gate is not None and not gate.passes(frame)):
            return ()
        return look(frame)

    return guarded_look


def gate_for(rulebook: Rulebook) -> MotionGate:
    """Return a gate that lets a sample through at least three times within the smallest gap that a rule forgives."""
    smallest = min((rule.gap for rule in rulebook.rules), default=timedelta(seconds=90))
    return MotionGate(force=min(timedelta(seconds=30), smallest / 3))


def note_of(event: HealthEvent, faults: Sequence[Fault]) -> CameraNote:
    """Return a fault that began or ended as a change of the camera's state; `faults` is what is wrong now."""
    wrong = "; ".join(f"{fault}{SUSPENDED if fault is Fault.MOVED else ''}" for fault in faults)
    if wrong:
        return CameraNote(event.camera, CameraState.UNHEALTHY.value, datetime.now(UTC), wrong)
    return CameraNote(event.camera, CameraState.LIVE.value, datetime.now(UTC), f"no longer {event.fault}")


SUSPENDED = ": zones and positions are suspended until it looks as before or the new view is accepted"
