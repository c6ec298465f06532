import threading
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.camera.backoff import Backoff, OpeningBudget, full_jitter


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


def test_a_pause_can_be_kept_below_what_the_caller_has_left() -> None:
    backoff = Backoff(cap=60.0, random=Random(1))
    for _ in range(12):
        backoff.next_pause()
    assert all(backoff.next_pause(most=0.5) <= 0.5 for _ in range(50))
    assert max(backoff.next_pause(most=500.0) for _ in range(50)) <= 60.0
    assert max(backoff.next_pause() for _ in range(50)) > 10.0  # and what was asked for then does not stay


def test_tries_without_end_do_not_overflow() -> None:
    assert 0.0 <= full_jitter(100_000, 1.0, 60.0) <= 60.0


def test_who_was_live_a_moment_ago_comes_first() -> None:
    budget, order, lock = OpeningBudget(per_second=10), list[str](), threading.Lock()
    assert budget.wait_turn(threading.Event())

    def camera(name: str, recent: bool) -> None:
        assert budget.wait_turn(threading.Event(), recent=recent)
        with lock:
            order.append(name)

    threads = []
    for name, recent in (("dead 1", False), ("dead 2", False), ("live", True)):
        threads.append(threading.Thread(target=camera, args=(name, recent)))
        threads[-1].start()
        time.sleep(0.01)
    for thread in threads:
        thread.join(5)
    assert order[0] == "live"
    assert sorted(order[1:]) == ["dead 1", "dead 2"]


def test_whoever_is_stopped_while_waiting_holds_nobody_up() -> None:
    budget, stop = OpeningBudget(per_second=5), threading.Event()
    assert budget.wait_turn(stop)
    gives_up = threading.Thread(target=budget.wait_turn, args=(stop,))
    gives_up.start()
    stop.set()
    gives_up.join(5)
    assert not gives_up.is_alive()
    began = time.monotonic()
    assert budget.wait_turn(threading.Event())
    assert time.monotonic() - began < 1.0
