"""Night leaves light where lamps are; rain keeps the picture's size and takes its contrast."""

import numpy as np

from training.scenes.weather import night, rain


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
