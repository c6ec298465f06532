"""Random streets: repeatable, and nothing stands where it cannot."""

import itertools
import math

import numpy as np
import pytest

from training.scenes import random_block
from training.scenes.random_block import LABELS
from training.scenes.script import PAVEMENT

SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_gives_the_same_street(seed: int) -> None:
    one, two = (np.random.default_rng(seed) for _ in "ab")
    plan = random_block.block(one)
    assert plan == random_block.block(two)
    assert random_block.things(plan, one) == random_block.things(plan, two)


def test_streets_differ() -> None:
    plans = [random_block.block(np.random.default_rng(seed)) for seed in SEEDS]
    assert len({plan.road for plan in plans}) == len(plans)


@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_are_unique_and_every_sign_hangs_on_a_house(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = random_block.block(rng)
    numbers = [sign.number for sign in plan.signs] + [thing.number for thing in random_block.things(plan, rng)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    for sign in plan.signs:
        house = plan.buildings[sign.building]
        assert house.start <= sign.along - sign.width / 2
        assert sign.along + sign.width / 2 <= house.start + house.width


@pytest.mark.parametrize("seed", SEEDS)
def test_things_stand_between_the_fronts_and_on_the_right_level(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = random_block.block(rng)
    for thing in random_block.things(plan, rng):
        assert thing.label in LABELS
        if thing.label != "billboard":
            assert abs(thing.x) < plan.front
            assert thing.z in (0.0, PAVEMENT)
        if thing.label in ("car", "bus"):
            assert abs(thing.x) < plan.road
            assert thing.z == 0.0


def test_views_look_down_or_along_from_above_the_ground() -> None:
    rng = np.random.default_rng(1)
    plan = random_block.block(rng)
    views = [random_block.view(plan, rng, 960) for _ in range(200)]
    assert {kind for kind, _ in views} == {"nadir", "oblique", "street"}
    for kind, pose in views:
        assert pose.height > 1.5
        assert (kind == "nadir") == (pose.pitch <= -82)
        if kind == "street":
            assert abs(pose.east) < plan.front


@pytest.mark.parametrize("seed", SEEDS)
def test_houses_of_a_random_side_do_not_overlap_and_reach_the_far_end(seed: int) -> None:
    plan = random_block.block(np.random.default_rng(seed))
    assert 3.4 <= plan.road < plan.front
    for side in (-1, 1):
        row = sorted((b for b in plan.buildings.values() if b.side == side), key=lambda b: b.start)
        for one, two in itertools.pairwise(row):
            assert one.start + one.width < two.start
        assert row[0].start == plan.near
        assert row[-1].start + row[-1].width >= 110 - 3.0


@pytest.mark.parametrize("seed", SEEDS)
def test_scooters_are_parked_on_pavements(seed: int) -> None:
    plan = random_block.block(np.random.default_rng(seed))
    assert all(plan.road < abs(x) < plan.front for x, _ in plan.parked)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_stall_stands_in_a_stall_and_no_vehicle_in_a_vehicle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    things = random_block.things(random_block.block(rng), rng)
    stalls = [thing for thing in things if thing.label == "stall"]
    for one, two in itertools.combinations(stalls, 2):
        assert abs(one.x - two.x) > 0.8 or abs(one.y - two.y) > 2.3
    for one, two in itertools.combinations([t for t in things if t.label in ("car", "bus")], 2):
        assert abs(one.x - two.x) > 2.2 or abs(one.y - two.y) > 6.0


@pytest.mark.parametrize("seed", SEEDS)
def test_goods_and_billboards_face_the_street_and_vehicles_drive_along_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for thing in random_block.things(random_block.block(rng), rng):
        front = -math.sin(thing.turn) * -1, -math.cos(thing.turn)  # of a body whose front is -y, turned
        if thing.label in ("goods_outside_shop", "billboard"):
            assert front[0] * thing.x < 0, "towards the axis"
        if thing.label in ("car", "bus"):
            assert abs(math.sin(thing.turn)) == pytest.approx(1)


def test_poles_stand_at_the_side_and_look_slightly_down() -> None:
    rng = np.random.default_rng(3)
    plan = random_block.block(rng)
    for _ in range(200):
        kind, pose = random_block.pole_view(plan, rng, 960)
        assert kind == "pole"
        assert 3 <= pose.height <= 8
        assert -26 <= pose.pitch <= -6
        assert 0.3 * plan.front <= abs(pose.east) <= 0.97 * plan.front
        assert (pose.width, pose.size_v) == (960, 540)
        assert 0.45 <= pose.focal / pose.width <= 1.3


def test_a_pole_looks_along_the_street_or_across_it_and_seldom_into_its_own_wall() -> None:
    rng = np.random.default_rng(4)
    plan = random_block.block(rng)
    outwards = []
    for _ in range(300):
        _, pose = random_block.pole_view(plan, rng, 960)
        outwards.append(math.sin(math.radians(pose.yaw)) * math.copysign(1, pose.east))
    assert max(outwards) <= math.sin(math.radians(15)) + 1e-9
    assert min(outwards) < -0.9


def test_the_sun_is_up_in_every_light() -> None:
    lights = [random_block.light(np.random.default_rng(seed)) for seed in range(100)]
    assert all(12 <= one.elevation <= 75 and 70 <= one.azimuth <= 290 and 0 <= one.through <= 1 for one in lights)
    assert 0.2 < np.mean([one.through < 0.5 for one in lights]) < 0.6
