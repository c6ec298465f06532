"""Painted surfaces: the size that was asked for, the same with the same seed, markings where they belong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("PIL", reason="pillow comes with the scenes extra")

from PIL import Image

from training.scenes import paint
from training.scenes.block import Colour

needs_fonts = pytest.mark.skipif(
    not (paint.FONTS / "NotoSansCJK-Bold.ttc").is_file(), reason="fonts-noto-cjk is not installed"
)


def pixels(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image, np.float64)


def pale(image: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pixels are white, or as good as."""
    return np.asarray((image > 195).all(axis=2), np.bool_)


@given(st.integers(1, 90), st.integers(1, 90), st.floats(2, 60), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_noise_has_its_size_and_lies_about_nought(height: int, width: int, cell: float, seed: int) -> None:
    field = paint.noise(height, width, cell, np.random.default_rng(seed))
    assert field.shape == (height, width)
    assert field.dtype == np.float32
    assert ((field >= -1) & (field <= 1)).all()


def test_noise_of_larger_blobs_is_smoother() -> None:
    rough, smooth = (paint.noise(120, 120, cell, np.random.default_rng(1)) for cell in (4, 40))
    assert np.abs(np.diff(smooth, axis=1)).mean() < 0.3 * np.abs(np.diff(rough, axis=1)).mean()


@given(st.tuples(*[st.integers(40, 210)] * 3), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_mottled_surface_keeps_its_colour_on_the_whole(colour: Colour, seed: int) -> None:
    image = paint.mottled((60, 40), colour, 0.02, 0.05, np.random.default_rng(seed))
    assert image.size == (60, 40)
    assert pixels(image).mean(axis=(0, 1)) == pytest.approx(colour, rel=0.08)


def test_a_surface_without_grain_and_blotches_is_one_colour() -> None:
    image = paint.mottled((20, 20), (10, 200, 30), 0.0, 0.0, np.random.default_rng(0))
    assert image.getcolors() == [(400, (10, 200, 30))]


def test_a_surface_is_the_same_with_the_same_seed_only() -> None:
    one, two, other = (paint.mottled((30, 30), (90, 90, 90), 0.1, 0.1, np.random.default_rng(s)) for s in (1, 1, 2))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize(("width", "length", "ppm"), [(10.5, 20.0, 10), (7.0, 30.0, 12)])
def test_a_road_has_the_size_of_its_street(width: float, length: float, ppm: int) -> None:
    image = paint.road(width, length, ppm, (), np.random.default_rng(3))
    assert image.size == (int(width * ppm), int(length * ppm))
    assert image.mode == "RGB"


def test_a_road_has_yellow_in_its_middle_and_white_at_its_kerbs() -> None:
    road = pixels(paint.road(10.5, 40.0, 20, (), np.random.default_rng(3)))
    yellow = (road[..., 0] > 170) & (road[..., 2] < 110)
    columns = np.flatnonzero(yellow.mean(axis=0) > 0.4)
    assert len(columns)
    assert np.abs(columns - 105).max() < 0.2 * 20 + 1, "within 0.2 m of the axis"
    white = pale(road)
    assert white[:, 5:8].mean() > 0.4
    assert white[:, -7:-5].mean() > 0.4


def test_a_zebra_crossing_lies_where_it_was_asked_for() -> None:
    plain, crossed = (pixels(paint.road(10.5, 40.0, 20, zebras, np.random.default_rng(3))) for zebras in ((), (15.0,)))
    rows = np.flatnonzero(np.abs(plain - crossed).max(axis=2).astype(bool).mean(axis=1) > 0.3)
    assert 15.0 - 1.9 <= rows.min() / 20 <= 15.0
    assert 15.0 + 3.1 <= rows.max() / 20 <= 15.0 + 5.1
    assert pale(crossed[15 * 20 : 18 * 20]).mean() > 0.25


def test_a_pavement_has_its_tactile_strip_where_it_was_asked_for() -> None:
    flags = pixels(paint.paving(5.0, 12.0, 30, 2.0, np.random.default_rng(4)))
    assert flags.shape == (360, 150, 3)
    yellow = (flags[..., 0] - flags[..., 2]).mean(axis=0)
    assert yellow[62:74].mean() > 80
    assert yellow[20:40].mean() < 30
    assert yellow[95:110].mean() < 30


@pytest.mark.parametrize(("width", "depth", "size"), [(12.0, 8.0, (120, 80)), (0.1, 0.2, (8, 8))])
def test_a_roof_is_never_smaller_than_a_texture_can_be(width: float, depth: float, size: tuple[int, int]) -> None:
    assert paint.roof(width, depth, 10, np.random.default_rng(1)).size == size


@needs_fonts
@pytest.mark.parametrize("lines", [("老街茶坊", "OLD STREET TEA"), ("老街茶坊", ""), ("一" * 18, "A" * 30)])
def test_a_sign_shows_its_ink_on_its_board_within_the_frame(lines: tuple[str, str]) -> None:
    image = pixels(paint.sign(lines, (0, 60, 0), (255, 255, 255), 3.0, 0.9, ppm=60))
    assert image.shape == (54, 180, 3)
    ink = pale(image)
    assert 0.01 < ink.mean() < 0.5
    assert not ink[:, :3].any()
    assert not ink[:, -3:].any()
    assert (image[0, 0] == (0, 60, 0)).all()


@needs_fonts
def test_english_stands_below_chinese() -> None:
    both = pixels(paint.sign(("茶", "TEA"), (0, 0, 0), (255, 255, 255), 3.0, 1.0, ppm=60))
    alone = pixels(paint.sign(("茶", ""), (0, 0, 0), (255, 255, 255), 3.0, 1.0, ppm=60))
    rows = [np.flatnonzero(pale(image).any(axis=1)) for image in (both, alone)]
    assert np.ptp(rows[1]) < np.ptp(rows[0])
    assert rows[0].max() > 0.65 * 60


@needs_fonts
@pytest.mark.parametrize("text", ["茶", "大药房", "河南省郑州市老街坊"])
def test_a_column_sign_has_each_character_in_its_own_part(text: str) -> None:
    image = pixels(paint.column_sign(text, (20, 20, 120), (255, 255, 255), 0.6, 3.0, ppm=60))
    assert image.shape == (180, 36, 3)
    ink = pale(image)
    for k in range(len(text)):
        assert ink[180 * k // len(text) : 180 * (k + 1) // len(text)].any()
