"""Night leaves light where lamps are; rain keeps the picture's size and takes its contrast."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scenes.weather import AMBIENT, night, rain


def test_at_night_it_is_bright_at_the_lamps_alone() -> None:
    day = np.full((120, 200, 3), 0.5, np.float32)
    lit = [night(day, [(90, 50, 110, 70)], np.random.default_rng(seed)) for seed in range(12)]
    assert all(one[5, 5].max() < 0.1 * 0.5 for one in lit)
    assert sum(bool(one[60, 100].max() > 3 * one[5, 5].max()) for one in lit) >= 8  # some lamps are out


def test_a_lamp_at_the_border_does_not_hurt() -> None:
    day = np.full((40, 60, 3), 0.5, np.float32)
    assert night(day, [(0, 0, 4, 4), (55, 30, 60, 40)], np.random.default_rng(1)).shape == day.shape


def test_rain_takes_contrast() -> None:
    sharp = np.zeros((100, 160, 3), np.uint8)
    sharp[:, 80:] = 255
    wet = rain(sharp, np.random.default_rng(3))
    assert wet.shape == sharp.shape
    assert 0 < np.median(wet[:, :80]) < np.median(wet[:, 80:]) < 255


@given(st.integers(0, 100_000), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30)), max_size=4))
@settings(max_examples=30, deadline=None)
def test_a_night_is_the_day_times_some_light(seed: int, corners: list[tuple[int, int]]) -> None:
    day = np.random.default_rng(0).random((40, 60, 3), np.float32)
    day[10:20, 10:20] = 0
    dark = night(day, [(x, y, x + 9, y + 7) for x, y in corners], np.random.default_rng(seed))
    assert dark.shape == day.shape
    assert dark.dtype == np.float32
    assert (dark[10:20, 10:20] == 0).all(), "what gives no light back stays black"
    assert (dark >= 0).all()
    lit = dark[day > 0] / day[day > 0]
    assert lit.min() >= AMBIENT[0] * 0.85 - 1e-6
    if not corners:
        assert lit.max() <= AMBIENT[1] * 1.2 + 1e-6


def test_moonlight_is_blue_where_no_lamp_is() -> None:
    day = np.full((20, 20, 3), 0.5, np.float32)
    red, green, blue = night(day, [], np.random.default_rng(2))[0, 0]
    assert red < green < blue


def test_a_larger_thing_lights_a_larger_place() -> None:
    day = np.full((200, 200, 3), 0.5, np.float32)
    sizes = []
    for half in (5, 20):
        nights = [
            night(day, [(100 - half, 100 - half, 100 + half, 100 + half)], np.random.default_rng(seed))
            for seed in range(10)
        ]
        sizes.append(np.median([(one > 2 * one[0, 0].max()).any(axis=2).sum() for one in nights]))
    assert sizes[1] > 4 * sizes[0]


def test_a_lamp_outside_the_picture_does_not_hurt() -> None:
    day = np.full((40, 60, 3), 0.5, np.float32)
    for seed in range(8):
        assert np.isfinite(
            night(day, [(-500, -500, -490, -490), (900, 20, 910, 30)], np.random.default_rng(seed))
        ).all()


@given(st.integers(0, 100_000))
@settings(max_examples=20, deadline=None)
def test_rain_takes_colour_and_leaves_the_picture_given(seed: int) -> None:
    red = np.zeros((60, 90, 3), np.uint8)
    red[..., 0] = 200
    before = red.copy()
    wet = rain(red, np.random.default_rng(seed)).astype(int)
    assert (red == before).all()
    assert wet.shape == red.shape
    gap = np.median(wet[..., 0] - wet[..., 2])
    assert 0 < gap < 200 * 0.73


def test_it_rains_the_same_with_the_same_seed() -> None:
    dry = np.full((60, 90, 3), 80, np.uint8)
    one, two, other = (rain(dry, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()
    assert one.std() > 0, "there are streaks"
