from datetime import timedelta

import numpy as np
import pytest

from streams.frames.motion_gate import MotionGate
from tests.streams.street import Street


def test_a_still_street_is_skipped_but_for_forced_samples() -> None:
    street, gate = Street(), MotionGate(force=timedelta(seconds=30))
    passed = [moment for moment in range(0, 121, 2) if gate.passes(street.frame(moment, walkers=0))]
    assert passed == [0, 30, 60, 90, 120]
    assert gate.skipped == 61 - 5


def test_somebody_who_walks_is_seen() -> None:
    street, gate = Street(), MotionGate()
    assert [gate.passes(street.frame(moment, walkers=1)) for moment in range(0, 10, 2)] == [True] * 5


def test_something_new_that_stands_still_is_seen_once() -> None:
    street, gate = Street(), MotionGate(force=timedelta(minutes=10))
    assert gate.passes(street.frame(0, walkers=0))
    street.houses[250:300, 300:340] = (20, 200, 30)
    assert [gate.passes(street.frame(moment, walkers=0)) for moment in (2, 4, 6)] == [True, False, False]


@pytest.mark.parametrize("noise", [3.0, 12.0])
def test_a_cloud_and_noise_are_not_motion(noise: float) -> None:
    street, gate = Street(), MotionGate(force=timedelta(minutes=10))
    lights = [1.0, 0.99, 0.98, 0.97]
    passed = [gate.passes(street.frame(n, walkers=0, light=light, noise=noise)) for n, light in enumerate(lights)]
    assert passed == [True, False, False, False]


def test_a_new_epoch_and_a_clock_that_jumped_back_always_pass() -> None:
    street, gate = Street(), MotionGate(force=timedelta(minutes=10))
    picture = street.picture(0, walkers=0)
    assert gate.passes(street.as_frame(picture, 100))
    assert not gate.passes(street.as_frame(picture, 102))
    assert gate.passes(street.as_frame(np.ascontiguousarray(picture[:180]), 104, epoch=1))
    assert gate.passes(street.as_frame(picture, 50, epoch=1))
