from collections.abc import Sequence
from datetime import timedelta

from detector.candidate import Candidate
from detector.frame import Frame
from streams.gate import MotionGate
from streams.guard import guarded
from streams.health import Fault, HealthEvent, HealthWatch
from tests.streams.street import Street


def test_nothing_is_looked_at_while_the_camera_is_sick_and_it_is_said_so() -> None:
    street, looked, events = Street(), list[int](), list[HealthEvent]()

    def look(frame: Frame) -> Sequence[Candidate]:
        looked.append(frame.index)
        return ()

    watching = guarded(look, HealthWatch("gate"), events.append)
    for moment in range(30):
        picture = street.picture(moment)
        watching(street.as_frame(picture // 20 if 10 <= moment < 20 else picture, moment))
    assert [(event.fault, event.ended_at is None) for event in events] == [(Fault.BLACK, True), (Fault.BLACK, False)]
    assert looked == [*range(12), *range(22, 30)]


def test_what_has_not_changed_is_not_looked_at() -> None:
    street, looked = Street(), list[int]()

    def look(frame: Frame) -> Sequence[Candidate]:
        looked.append(frame.index)
        return ()

    watching = guarded(look, HealthWatch("gate"), lambda event: None, MotionGate(force=timedelta(seconds=10)))
    for moment in range(25):
        watching(street.frame(moment, walkers=0))
    assert looked == [0, 10, 20]
