from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from detector.candidate import Candidate
from detector.rules.rulebook import Rule, Rulebook
from detector.vision.frame import Frame
from streams.frames.motion_gate import MotionGate
from streams.health.faults import Fault, HealthEvent, HealthWatch
from streams.health.health_gate import gate_for, health_gated, note_of
from tests.streams.street import Street


def test_nothing_is_looked_at_while_the_camera_is_sick_and_it_is_said_so() -> None:
    street, looked, events = Street(), list[int](), list[HealthEvent]()

    def look(frame: Frame) -> Sequence[Candidate]:
        looked.append(frame.index)
        return ()

    watching = health_gated(look, HealthWatch("gate"), events.append)
    for moment in range(30):
        picture = street.picture(moment)
        watching(street.as_frame(picture // 20 if 10 <= moment < 20 else picture, 5 * moment))
    assert [(event.fault, event.ended_at is None) for event in events] == [(Fault.BLACK, True), (Fault.BLACK, False)]
    assert looked == [5 * moment for moment in (*range(12), *range(22, 30))]


def test_what_has_not_changed_is_not_looked_at() -> None:
    street, looked = Street(), list[int]()

    def look(frame: Frame) -> Sequence[Candidate]:
        looked.append(frame.index)
        return ()

    watching = health_gated(look, HealthWatch("gate"), lambda event: None, MotionGate(force=timedelta(seconds=10)))
    for moment in range(25):
        watching(street.frame(moment, walkers=0))
    assert looked == [0, 10, 20]


@pytest.mark.parametrize(("gaps", "seconds"), [((90, 600), 30), ((45, 90), 15), ((0, 90), 0), ((), 30)])
def test_the_gate_opens_well_within_the_smallest_gap(gaps: tuple[int, ...], seconds: int) -> None:
    rules = [Rule(f"rule {gap}", ("stall",), ("road",), gap=timedelta(seconds=gap)) for gap in gaps]
    gate = gate_for(Rulebook.of("1", ZoneInfo("UTC"), (), rules, None))
    assert gate.force == timedelta(seconds=seconds)


def test_a_fault_is_a_state_of_the_camera_and_what_a_move_suspends_is_said() -> None:
    frame = Street().frame(0)
    begun = HealthEvent("gate", Fault.MOVED, frame.captured_at, None, frame)
    ended = HealthEvent("gate", Fault.MOVED, frame.captured_at, frame.captured_at, frame)
    assert note_of(begun, (Fault.MOVED,)).state == "unhealthy"
    assert "zones and positions are suspended" in note_of(begun, (Fault.MOVED,)).reason
    assert note_of(ended, (Fault.BLACK,)).state == "unhealthy"
    assert (note_of(ended, ()).state, note_of(ended, ()).reason) == ("live", "no longer moved")
