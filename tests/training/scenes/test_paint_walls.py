"""Façades: openings that do not cover each other, and glass where they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("PIL", reason="pillow comes with the scenes extra")

from training.scenes.paint_walls import FLOOR, GROUND_FLOOR, Finish, Opening, openings, wall

widths = st.floats(3.3, 30)


@given(widths, st.integers(1, 8), st.integers(0, 1000))
def test_openings_lie_in_the_wall_and_beside_each_other(width: float, floors: int, seed: int) -> None:
    holes = openings(width, floors, np.random.default_rng(seed))
    for hole in holes:
        assert hole.width > 0
        assert hole.height > 0
        assert hole.x >= 0
        assert hole.x + hole.width <= width + 1e-9
    for number, a in enumerate(holes):
        for b in holes[:number]:
            beside = a.x + a.width <= b.x + 1e-9 or b.x + b.width <= a.x + 1e-9
            above = a.z + a.height <= b.z or b.z + b.height <= a.z
            assert beside or above


@given(widths, st.integers(1, 8), st.integers(0, 1000))
def test_every_bay_has_a_shop_a_door_and_a_window_on_each_upper_floor(width: float, floors: int, seed: int) -> None:
    holes = openings(width, floors, np.random.default_rng(seed))
    bays = max(1, round(width / 3.3))
    kinds = [hole.kind for hole in holes]
    assert (kinds.count("shop"), kinds.count("door"), kinds.count("window")) == (bays, bays, bays * (floors - 1))
    for hole in holes:
        if hole.kind == "window":
            assert hole.z >= GROUND_FLOOR
            assert (hole.z - GROUND_FLOOR) % FLOOR + hole.height < FLOOR, "within its floor"
        else:
            assert hole.z + hole.height < GROUND_FLOOR


def test_a_house_of_one_floor_has_no_windows() -> None:
    assert {hole.kind for hole in openings(13.2, 1, np.random.default_rng(0))} == {"shop", "door"}


@pytest.mark.parametrize("finish", ["plaster", "brick", "tile"])
def test_a_wall_and_its_glass_have_one_size(finish: Finish) -> None:
    holes = openings(6.6, 2, np.random.default_rng(1))
    colour, glass = wall(6.6, 8.0, finish, (180, 150, 120), holes, np.random.default_rng(1))
    assert colour.size == glass.size == (int(6.6 * 48), int(8.0 * 48))
    assert (colour.mode, glass.mode) == ("RGB", "L")
    assert set(np.unique(np.asarray(glass))) == {0, 255}


@given(st.integers(0, 200), st.sampled_from(["plaster", "brick", "tile"]))
@settings(max_examples=8, deadline=None)
def test_glass_is_in_the_openings_alone(seed: int, finish: Finish) -> None:
    rng = np.random.default_rng(seed)
    holes = openings(6.6, 2, rng)
    _, glass = wall(6.6, 8.0, finish, (180, 150, 120), holes, rng)
    mask, high = np.asarray(glass) > 0, glass.height
    outside = np.ones_like(mask)
    for hole in holes:
        top, bottom = int(high - (hole.z + hole.height) * 48), int(high - hole.z * 48)
        left, right = int(hole.x * 48), int((hole.x + hole.width) * 48)
        assert mask[top:bottom, left:right].mean() > 0.5
        outside[top : bottom + 1, left : right + 1] = False
    assert not mask[outside].any()


def test_a_wall_without_openings_has_no_glass_and_its_colour() -> None:
    colour, glass = wall(4.0, 6.0, "plaster", (180, 150, 120), (), np.random.default_rng(2))
    assert not np.asarray(glass).any()
    upper = np.asarray(colour, float)[10:60]
    assert upper.mean(axis=(0, 1)) == pytest.approx((180, 150, 120), rel=0.1)


def test_a_wall_is_dirtier_near_the_ground() -> None:
    darker = []
    for seed in range(4):
        colour, _ = wall(6.0, 8.0, "plaster", (200, 200, 200), (), np.random.default_rng(seed))
        rows = np.asarray(colour, float).mean(axis=(1, 2))
        darker.append(rows[-40:-20].mean() < rows[20:60].mean())  # above the base course
    assert all(darker)


def test_a_hole_too_small_to_paint_is_left_out() -> None:
    tiny = (Opening("door", 1.0, 1.0, 0.1, 0.1),)
    _, glass = wall(4.0, 6.0, "tile", (180, 150, 120), tiny, np.random.default_rng(2))
    assert not np.asarray(glass).any()


def test_the_same_seed_paints_the_same_wall() -> None:
    walls = []
    for seed in (5, 5, 6):
        rng = np.random.default_rng(seed)
        walls.append(wall(6.6, 8.0, "brick", (150, 80, 60), openings(6.6, 2, rng), rng)[0].tobytes())
    assert walls[0] == walls[1] != walls[2]
