"""Random streets: repeatable, and nothing stands where it cannot."""

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
