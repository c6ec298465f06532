from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.frames.sampling import Sampler, phase_of

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


def take(sampler: Sampler, seconds: list[float]) -> list[float]:
    return [second for second in seconds if sampler.due(START + timedelta(seconds=second))]


def test_dense_frames_are_taken_once_a_period() -> None:
    taken = take(Sampler(timedelta(seconds=5)), [number / 25 for number in range(25 * 60)])
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert max(gaps) <= 5.05
    assert min(gaps) >= 3.9


@given(st.floats(0, 1), st.sampled_from([1.0, 2.0, 4.0]), st.sampled_from([2.0, 5.0, 10.0]), st.integers(0, 2**32))
@settings(max_examples=60)
def test_key_frames_keep_the_period_within_one_key_frame_distance(
    phase: float, gop: float, every: float, seed: int
) -> None:
    random = Random(seed)
    frames = [number * gop + random.uniform(0, 0.02) for number in range(200)]
    taken = take(Sampler(timedelta(seconds=every), phase), frames)
    gaps = [later - earlier for earlier, later in pairwise(taken[1:])]
    assert max(gaps) <= max(every, gop) + gop + 0.1
    assert sum(gaps) / len(gaps) == pytest.approx(max(every, gop), rel=0.05)


def test_frames_that_come_once_a_period_are_all_taken_whatever_their_jitter() -> None:
    random = Random(3)
    frames = [number * 2.0 + random.uniform(-0.04, 0.04) for number in range(100)]
    assert len(take(Sampler(timedelta(seconds=2), phase_of("a")), frames)) >= 99


def test_two_samplers_alike_agree() -> None:
    first, second = Sampler(timedelta(seconds=5), 0.3), Sampler(timedelta(seconds=5), 0.3)
    taken = take(first, [number * 0.4 for number in range(500)])
    assert take(second, taken) == taken


def test_a_clock_that_jumps_back_does_not_silence_the_camera() -> None:
    assert take(Sampler(timedelta(seconds=5)), [1000.0, 1005.0, 0.0, 5.0]) == [1000.0, 1005.0, 0.0, 5.0]


def test_cameras_started_together_fire_apart() -> None:
    seconds = [number / 25 for number in range(25 * 25)]
    third = [take(Sampler(timedelta(seconds=5), phase_of(f"camera {n}")), seconds)[2] for n in range(50)]
    busiest = max(sum(start <= moment < start + 0.5 for moment in third) for start in range(20))
    assert busiest < 15


def test_a_period_of_nothing_takes_everything() -> None:
    assert len(take(Sampler(timedelta(0)), [0.0, 0.04, 0.08])) == 3
