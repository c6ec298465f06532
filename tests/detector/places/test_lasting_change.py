"""What stays changed is told from what passes and from the light."""

import numpy as np

from detector.places.lasting_change import LastingChange
from tests.detector.scenes import ground, lit, put, seen_by_camera, stall

EMPTY = ground(960, 544)
SIGN = put(EMPTY, stall(90), 500, 60)
RNG = np.random.default_rng(2)


def after(*pictures: object) -> list[bool]:
    change = LastingChange()
    change.update(seen_by_camera(EMPTY, RNG))
    change.looked()
    return [change.update(seen_by_camera(np.asarray(one, np.uint8), RNG)) for one in pictures]


def test_a_sign_that_is_hung_up_is_a_change_until_it_has_been_looked_at() -> None:
    assert after(SIGN, SIGN, SIGN, SIGN) == [False, False, True, True]
    change = LastingChange()
    for _ in range(3):
        change.update(seen_by_camera(SIGN, RNG))
    change.looked()
    assert not change.update(seen_by_camera(SIGN, RNG))


def test_walkers_and_the_light_are_none() -> None:
    walkers = [put(EMPTY, stall(90, 5), left, 300) for left in range(100, 800, 100)]
    assert not any(after(*walkers))
    assert not any(after(*[lit(EMPTY, 0.8)] * 4))
    assert not any(after(*[EMPTY] * 5))
