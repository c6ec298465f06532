"""A clock that is set while a thing stands adds nothing to its dwell, and does not make it another thing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from detector.candidate import Candidate
from detector.look import Look
from detector.places.sighting import Sighting
from detector.rules.hours import read_hours
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.ruling import Outcome
from detector.rules.zones import Zone
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame
from tests.detector.nets import COLOURS, save_colour_detector

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 23, 10, tzinfo=ZONE)
EVERYWHERE = Zone("street", "wall", ((0, 0), (96, 0), (96, 64), (0, 64)), "camera")
PICTURE = np.full((64, 96, 3), 20, np.uint8)
PICTURE[24:32, 40:48] = (0, 0, 255)
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


@pytest.fixture
def look(tmp_path: Path) -> Look:
    hours = read_hours("19:00-23:00", ZONE, None, None)
    rules = [Rule("red", ("red",), ("wall",), hours, code="0202")]
    model = OnnxModel(save_colour_detector(tmp_path / "net.onnx"), COLOURS, 0.6)
    return Look("camera", Rulebook.of("1", ZONE, [EVERYWHERE], rules, None), [model])


def watch(look: Look, steps: Sequence[tuple[timedelta, int]], *, drift: float = 0.0) -> list[Candidate]:
    """Frames every five seconds: so many after each moment at which the clock was set by so much, in all."""
    found, passed = [], 0.0
    for ahead, count in steps:
        for _ in range(count):
            slewed = drift * passed
            at = START + timedelta(seconds=passed + slewed) + ahead
            found += look(Frame(PICTURE, at, "camera", clock=1000 + ahead.total_seconds() + slewed))
            passed += 5
    return found


@pytest.mark.parametrize("ahead", [-HOUR, HOUR, YEAR, -YEAR, timedelta(seconds=-70)])
def test_a_clock_that_is_set_makes_no_second_candidate_and_no_longer_dwell(look: Look, ahead: timedelta) -> None:
    found = watch(look, [(timedelta(0), 30), (ahead, 70)])
    assert len({one.sighting.key for one in found}) == 1
    assert len(found) >= 2
    assert [one.sighting.dwell for one in found[1:]] == [timedelta(minutes=5, seconds=10)] * (len(found) - 1)
    last = found[-1]
    assert last.sighting.first_seen == START + ahead
    assert last.evidence.captured_at - last.sighting.first_seen <= last.sighting.dwell


def test_hours_go_by_the_clock_as_it_was_set(look: Look) -> None:
    found = watch(look, [(timedelta(0), 10), (timedelta(hours=10), 100)])  # 20:00 is permitted
    assert [one.ruling.outcome for one in found] == [Outcome.VIOLATION]


def test_a_clock_that_drifts_is_followed(look: Look) -> None:
    found = watch(look, [(timedelta(0), 70)], drift=0.01)
    assert found[-1].sighting.dwell == pytest.approx(timedelta(seconds=315 * 1.01), abs=timedelta(seconds=6))


def test_an_outage_is_no_step_of_the_clock(look: Look) -> None:
    watch(look, [(timedelta(0), 30)])
    later = START + timedelta(minutes=20)
    (again,) = look(Frame(PICTURE, later, "camera", clock=1000))
    assert again.sighting.dwell == timedelta(minutes=20)


def test_a_dwell_is_never_negative() -> None:
    seen = Sighting("k", "camera", "red", (0, 0, 1, 1), 0.9, START, START - HOUR, 1, "model")
    assert seen.dwell == timedelta(0)
