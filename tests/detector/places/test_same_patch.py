"""A place that looks as before has not been left; one that looks otherwise has."""

import numpy as np

from detector.places.empty_scene import Appearance, describe
from detector.places.same_patch import KEPT, OTHER, SAME, Patches
from detector.vision.frame import Image
from tests.detector.scenes import ground, lit, put, seen_by_camera, shaded, stall

EMPTY = ground()
TAKEN = put(EMPTY, stall(80), 200, 150)
BOX = (200.0, 150.0, 272.0, 230.0)
RNG = np.random.default_rng(3)


def seen(picture: Image) -> Appearance:
    return describe(seen_by_camera(picture, RNG))


def kept(picture: Image) -> Patches:
    patches = Patches()
    patches.keep("stall", BOX, seen(picture), 1.0, (0.0, 0.0))
    return patches


def test_a_stall_that_stands_looks_the_same_in_every_light() -> None:
    patches = kept(TAKEN)
    for picture in (TAKEN, lit(TAKEN, 0.6), lit(TAKEN, 1.2, 1.1), shaded(TAKEN, [(100, 100), (230, 100), (230, 250)])):
        likeness = patches.likeness("stall", seen(picture))
        assert likeness is not None
        assert likeness > SAME


def test_a_stall_that_has_left_and_one_that_has_come_look_otherwise() -> None:
    for before, after in ((TAKEN, EMPTY), (EMPTY, TAKEN), (TAKEN, put(EMPTY, stall(80, 9), 200, 150))):
        likeness = kept(before).likeness("stall", seen(after))
        assert likeness is not None
        assert likeness < SAME
    gone = kept(TAKEN).likeness("stall", seen(EMPTY))
    assert gone is not None
    assert gone < OTHER


def test_a_vendor_who_moves_in_front_does_not_make_it_another_place() -> None:
    patches = kept(TAKEN)
    likeness = patches.likeness("stall", seen(put(TAKEN, stall(40, 7), 205, 190)))
    assert likeness is not None
    assert likeness > SAME


def test_memory_is_bounded_and_what_was_never_kept_is_not_known() -> None:
    patches, now = Patches(), seen(TAKEN)
    for number in range(KEPT + 5):
        patches.keep(str(number), BOX, now, 1.0, (0.0, 0.0))
    assert patches.likeness("0", now) is None
    assert patches.likeness(str(KEPT + 4), now) == 1.0
    patches.drop_all_but({"10"})
    assert patches.likeness("11", now) is None
    patches.keep("speck", (5, 5, 6, 6), now, 1.0, (0.0, 0.0))
    assert patches.likeness("speck", now) is None
