"""A picture's description: light hardly changes it, things do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.places.empty_scene import (
    blend,
    colour_change,
    common_cast,
    describe,
    find_shift,
    median_of,
    shrink,
    structure_change,
)
from tests.detector.scenes import ground, lit, put, seen_by_camera, shaded, shaken, stall

EMPTY = ground()
RNG = np.random.default_rng(3)
THERE = (slice(150, 230), slice(200, 272))
SHADOW = [(60, 60), (330, 80), (360, 250), (90, 240)]


@settings(max_examples=15, deadline=None)
@given(st.floats(0.45, 1.5), st.floats(0.85, 1.15))
def test_exposure_and_gamma_change_neither_structure_nor_colours(gain: float, gamma: float) -> None:
    before, now = describe(EMPTY), describe(lit(EMPTY, gain, gamma))
    assert np.percentile(structure_change(now, before), 99) < 0.5
    assert np.percentile(colour_change(now, before, common_cast(now, before)), 97) < 1


def test_a_cast_shadow_and_its_edge_change_hardly_anything() -> None:
    before, now = describe(EMPTY), describe(shaded(EMPTY, SHADOW))
    assert (structure_change(now, before) > 0.5).mean() < 0.01
    assert (colour_change(now, before, common_cast(now, before)) > 1).mean() < 0.02


def test_a_thing_changes_most_of_where_it_stands_and_little_elsewhere() -> None:
    before = describe(seen_by_camera(EMPTY, RNG))
    now = describe(seen_by_camera(put(EMPTY, stall(80), 200, 150), RNG))
    change = np.maximum(structure_change(now, before) / 0.5, colour_change(now, before, common_cast(now, before)))
    assert (change[THERE] > 1).mean() > 0.5
    change[140:240, 190:282] = 0
    assert (change > 1).mean() < 0.01


@pytest.mark.parametrize("shift", [(3.0, -2.0), (-4.5, 1.5), (0.0, 6.0)])
def test_a_shift_of_the_camera_is_measured(shift: tuple[float, float]) -> None:
    found = find_shift(describe(shaken(EMPTY, *shift)), describe(EMPTY))
    assert found == pytest.approx(shift, abs=0.4)


def test_no_shift_is_seen_where_there_is_none_whatever_the_sides() -> None:
    for width, height in ((480, 272), (480, 270), (479, 271), (478, 269)):
        picture = ground(480, 272)[:height, :width]
        assert find_shift(describe(seen_by_camera(picture, RNG)), describe(picture)) == (0.0, 0.0)


def test_passing_things_fall_out_of_the_median() -> None:
    looks = [describe(put(EMPTY, stall(60, i), 60 * i, 120)) for i in range(7)]
    assert structure_change(median_of(looks), describe(EMPTY)).max() < 0.5


def test_no_single_look_moves_the_scene_further_than_allowed() -> None:
    before, now = describe(EMPTY), describe(put(EMPTY, stall(80), 200, 150))
    after = blend(before, now, np.ones_like(before.light), most=0.02)
    assert np.abs(after.contrast - before.contrast).max() <= 0.0201
    assert np.allclose(blend(before, now, np.ones_like(before.light)).contrast, now.contrast, atol=1e-5)


def test_small_pictures_are_left_as_they_are() -> None:
    assert shrink(EMPTY, 480) is EMPTY
    assert shrink(EMPTY, 240).shape == (136, 240, 3)
