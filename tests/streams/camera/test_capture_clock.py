from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.camera.capture_clock import CaptureClock


def test_lag_is_what_a_frame_is_later_than_the_earliest() -> None:
    clock = CaptureClock()
    assert clock.lag(0.0, 100.0) == 0.0
    assert clock.lag(1.0, 101.3) == pytest.approx(0.3)
    assert clock.lag(2.0, 101.9) == 0.0  # earlier than any before: the anchor moves
    assert clock.lag(3.0, 103.0) == pytest.approx(0.1)


@given(st.integers(0, 2**32), st.floats(0.0, 2.0))
@settings(max_examples=30)
def test_lag_follows_the_delay_on_top_of_the_smallest(seed: int, jitter: float) -> None:
    clock, random, smallest = CaptureClock(), Random(seed), 99.0
    for second in range(60):
        delay = random.uniform(0.0, jitter)
        smallest = min(smallest, delay)
        assert clock.lag(float(second), 500.0 + second + delay) == pytest.approx(delay - smallest, abs=1e-9)


def test_a_growing_lag_is_seen_and_not_taken_for_a_jump() -> None:
    clock = CaptureClock()
    for second in range(30):
        lag = clock.lag(second * 0.5, float(second))  # half of what is sent gets through in time
    assert lag == pytest.approx(14.5)
    assert clock.jumps == 0


@pytest.mark.parametrize("leap", [-1000.0, 1000.0])
def test_a_jump_of_the_cameras_clock_begins_anew(leap: float) -> None:
    clock = CaptureClock()
    for second in range(10):
        clock.lag(float(second), float(second))
    assert clock.lag(10.0 + leap, 10.0) == 0.0
    assert clock.jumps == 1
    assert clock.lag(11.0 + leap, 11.2) == pytest.approx(0.2)


def test_drift_of_the_cameras_clock_is_reported() -> None:
    clock, random = CaptureClock(), Random(1)
    for second in range(1300):
        lag = clock.lag(second * (1 + 200e-6), second + random.uniform(0, 0.01))
    assert clock.drift_ppm == pytest.approx(200, abs=40)
    assert lag < 0.3  # and it does not pass for lag


def test_the_earliest_arrival_is_forgotten_after_two_windows() -> None:
    clock = CaptureClock()
    clock.lag(0.0, 0.0)  # one frame came 1 s earlier than all others: the route has become longer since
    lags = [clock.lag(float(second), second + 1.0) for second in range(1, 700)]
    assert lags[298] == pytest.approx(1.0)
    assert lags[-1] == pytest.approx(0.0)
    assert clock.jumps == 0


def test_drift_is_not_known_before_two_windows_and_not_after_a_jump() -> None:
    clock = CaptureClock()
    for second in range(500):
        clock.lag(float(second), float(second))
    assert clock.drift_ppm is None
    for second in range(500, 700):
        clock.lag(float(second), float(second))
    assert clock.drift_ppm == pytest.approx(0.0, abs=1e-6)
    clock.lag(0.0, 700.0)
    assert clock.drift_ppm is None


def test_pts_a_little_ahead_of_arrival_are_an_early_frame_and_far_ahead_a_jump() -> None:
    clock = CaptureClock()
    clock.lag(0.0, 100.0)
    assert clock.lag(5.0, 100.5) == 0.0
    assert clock.jumps == 0
    clock.lag(11.0, 101.0)
    assert clock.jumps == 1
