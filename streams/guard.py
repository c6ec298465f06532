"""What stands between a frame and the look at it: is the camera well, and is there anything new?"""

from collections.abc import Callable, Sequence

from detector.candidate import Candidate
from detector.frame import Frame
from streams.gate import MotionGate
from streams.health import HealthEvent, HealthWatch
from streams.watcher import Look


def guarded(
    look: Look,
    health: HealthWatch,
    on_health: Callable[[HealthEvent], None],
    gate: MotionGate | None = None,
) -> Look:
    """The same look, spared what a sick camera shows and what has not changed.

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
