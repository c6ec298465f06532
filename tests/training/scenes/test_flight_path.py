"""The drone's way: level, steady and repeatable, and over the same street however the camera is tilted."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scenes.camera import project
from training.scenes.flight_path import NADIR, poses
from training.scenes.timeline import FLIGHT_HEIGHT, flight_script

SCRIPT = flight_script(7)


@given(above=st.floats(20, 120), tilt=st.floats(-89, -25), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_a_tilted_camera_looks_at_the_street_that_one_straight_down_sees(above: float, tilt: float, seed: int) -> None:
    script = replace(SCRIPT, seed=seed)
    for down, ahead in zip(poses(script, 1280, above), poses(script, 1280, above, tilt), strict=True):
        # the ground point in the picture's middle, without the wobble of the gimbal
        looked_at = ahead.north + above / math.tan(math.radians(-tilt))
        assert looked_at == pytest.approx(down.north, abs=1e-6)
        assert ahead.east == down.east
        assert ahead.height == down.height == pytest.approx(above, abs=0.26)


@given(st.integers(64, 4000))
@settings(max_examples=20, deadline=None)
def test_the_width_changes_the_pixels_and_not_the_way(width: int) -> None:
    for small, large in zip(poses(SCRIPT, 1280), poses(SCRIPT, width), strict=True):
        assert large.focal / large.width == pytest.approx(small.focal / small.width)
        assert large.size_v == width * 9 // 16
        assert replace(large, focal=0, width=0, size_v=0) == replace(small, focal=0, width=0, size_v=0)


@pytest.mark.parametrize("tilt", [NADIR, -60.0, -35.0])
def test_angles_are_told_to_a_tenth_and_wobble_a_little(tilt: float) -> None:
    flown = poses(SCRIPT, 1280, tilt=tilt)
    for pose in flown:
        for angle in (pose.yaw, pose.pitch, pose.roll):
            assert angle == round(angle, 1)
        assert abs(pose.pitch - tilt) <= 0.4
        assert abs(pose.yaw) <= 2.0
        assert abs(pose.roll) <= 0.3
    assert len({pose.yaw for pose in flown}) > 3


def test_it_flies_north_over_the_whole_block_at_its_height() -> None:
    flown = poses(SCRIPT, 1280)
    assert flown[-1].north - flown[0].north == pytest.approx(68.0)
    steps = [two.north - one.north for one, two in itertools.pairwise(flown)]
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert np.mean([pose.height for pose in flown]) == pytest.approx(FLIGHT_HEIGHT, abs=0.2)


def test_every_stall_is_seen_by_some_frame_of_the_flight_straight_down() -> None:
    flown = poses(SCRIPT, 1280)
    for stall in (actor for actor in SCRIPT.actors if actor.label == "stall"):
        where = np.array([[stall.path[0].x, stall.path[0].y, 0.0]])
        seen = [project(pose, where)[0] for pose in flown]
        assert any(0 < u < pose.width and 0 < v < pose.size_v for (u, v), pose in zip(seen, flown, strict=True))


def test_another_seed_wobbles_otherwise() -> None:
    assert poses(replace(SCRIPT, seed=8), 1280) != poses(SCRIPT, 1280)
