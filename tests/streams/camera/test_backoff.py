import threading
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.camera.backoff import Backoff, OpeningBudget


@given(st.integers(0, 200), st.integers(0, 2**32))
@settings(max_examples=50)
def test_a_pause_never_exceeds_its_ceiling(tries: int, seed: int) -> None:
    backoff = Backoff(base=1.0, cap=60.0, random=Random(seed))
    pauses = [backoff.next_pause() for _ in range(tries + 1)]
    assert 0.0 <= pauses[-1] <= min(60.0, 2.0**tries)


def test_cameras_that_fail_together_do_not_try_again_together() -> None:
    cameras = [Backoff(random=Random(seed)) for seed in range(200)]
    for _ in range(6):
        pauses = sorted(camera.next_pause() for camera in cameras)
    busiest = max(sum(second <= pause < second + 1 for pause in pauses) for second in range(60))
    assert busiest < 20  # of 200; a fixed pause would put all of them into one second


def test_reset_makes_pauses_short_again() -> None:
    backoff = Backoff()
    for _ in range(10):
        backoff.next_pause()
    backoff.reset()
    assert backoff.next_pause() <= 1.0


def test_the_budget_spaces_openings() -> None:
    budget, turns, lock = OpeningBudget(per_second=50), [], threading.Lock()

    def camera() -> None:
        assert budget.wait_turn(threading.Event())
        with lock:
            turns.append(time.monotonic())

    threads = [threading.Thread(target=camera) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(turns) - min(turns) >= 19 / 50 - 0.02


def test_a_stopped_camera_does_not_wait_for_its_turn() -> None:
    budget, stop = OpeningBudget(per_second=0.1), threading.Event()
    assert budget.wait_turn(stop)
    stop.set()
    began = time.monotonic()
    assert not budget.wait_turn(stop)
    assert time.monotonic() - began < 1.0


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 openings"):
        OpeningBudget(0)
