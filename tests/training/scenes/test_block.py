"""The block's plan: nothing stands in anything else, and what it says of its signs can be hung."""

import itertools

import pytest

from training.scenes import advertising
from training.scenes.block import BLOCK, BUILDINGS, FAR, FRONT, NEAR, ROAD, SIGN_BASE, SIGNS, ZEBRA
from training.scenes.paint_walls import FLOOR, GROUND_FLOOR


@pytest.mark.parametrize("side", [-1, 1])
def test_houses_of_a_side_stand_beside_each_other_from_end_to_end(side: int) -> None:
    row = sorted((b for b in BUILDINGS.values() if b.side == side), key=lambda b: b.start)
    for one, two in itertools.pairwise(row):
        assert 0 <= two.start - (one.start + one.width) < 1.5
    assert row[0].start == NEAR
    assert row[-1].start + row[-1].width >= FAR - 3


def test_the_house_in_the_north_closes_the_street() -> None:
    (north,) = (b for b in BUILDINGS.values() if b.side == 0)
    assert north.start < -FRONT
    assert north.start + north.width > FRONT


def test_signs_hang_on_their_house_and_beside_each_other_below_the_windows() -> None:
    for sign in SIGNS:
        house = BUILDINGS[sign.building]
        assert house.start <= sign.along - sign.width / 2
        assert sign.along + sign.width / 2 <= house.start + house.width
        assert SIGN_BASE + sign.height <= GROUND_FLOOR + 0.75
        assert GROUND_FLOOR + (house.floors - 1) * FLOOR > SIGN_BASE
    for one, two in itertools.combinations(SIGNS, 2):
        if one.building == two.building:
            assert abs(one.along - two.along) >= (one.width + two.width) / 2


def test_signs_are_told_apart_by_number_and_name() -> None:
    assert len({sign.number for sign in SIGNS}) == len({sign.name for sign in SIGNS}) == len(SIGNS)
    assert [sign.name for sign in SIGNS if sign.role == "violation"] == ["sign-noodles"]


def test_trees_lamps_bollards_and_scooters_stand_on_the_pavement_of_the_block() -> None:
    for x, y in (*BLOCK.parked, *BLOCK.bollards):
        assert ROAD < abs(x) < FRONT
        assert NEAR < y < FAR
    for y in (*BLOCK.west_trees, *BLOCK.east_trees, *(at for _, at in BLOCK.lamps)):
        assert NEAR < y < FAR
    assert {side for side, _ in BLOCK.lamps} == {-1, 1}
    assert NEAR < ZEBRA < FAR


def test_trees_of_a_side_do_not_grow_into_each_other() -> None:
    for trees in (BLOCK.west_trees, BLOCK.east_trees):
        assert all(two - one >= 5 for one, two in itertools.pairwise(sorted(trees)))


def test_ink_can_be_told_from_its_board() -> None:
    boards = [*advertising.BOARDS, *((sign.back, sign.ink) for sign in SIGNS)]
    for back, ink in boards:
        assert max(abs(a - b) for a, b in zip(back, ink, strict=True)) > 90
        assert all(0 <= value <= 255 for value in (*back, *ink))
    assert all(chinese and english.isascii() for chinese, english in advertising.SLOGANS)
    assert len(set(advertising.SLOGANS)) == len(advertising.SLOGANS)
