"""The scale of a fixed camera, and its ground: what is told of a view never turns the street upside down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.datasets.labels import Label
from training.datasets.pole_views import CLASSES, HEIGHT, IGNORE, SIGNS, WIDTH, corners, fit_scale, heights, place

NOTHING = np.zeros((0, 4), np.float32)


@given(st.lists(st.tuples(st.floats(20, HEIGHT - 5), st.floats(5, 400)), max_size=40))
def test_whatever_is_seen_nearer_things_are_larger(feet: list[tuple[float, float]]) -> None:
    slope, horizon = fit_scale(feet)
    assert slope > 0.0149
    assert -0.6 * HEIGHT < horizon < 0.6 * HEIGHT
    street = place(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), (slope, horizon), NOTHING)
    metres = [street.metre(row) for row in range(0, HEIGHT, 40)]
    assert metres == sorted(metres)
    assert metres[-1] > 0
    assert street.metre(horizon - 1) == 0


@given(st.floats(0.03, 0.25), st.integers(4, 7))
def test_a_few_feet_give_the_slope_below_a_usual_horizon(slope: float, count: int) -> None:
    rows = np.linspace(250, 600, count)
    found, horizon = fit_scale([(float(row), float(slope * (row - 0.08 * HEIGHT))) for row in rows])
    assert horizon == pytest.approx(0.08 * HEIGHT)
    assert found == pytest.approx(slope, rel=1e-6)


def test_feet_in_one_row_say_nothing_of_the_horizon() -> None:
    slope, horizon = fit_scale([(400.0, 40.0)] * 30)
    assert horizon == pytest.approx(0.08 * HEIGHT)
    assert slope * (400 - horizon) == pytest.approx(40)


def test_a_crowd_in_one_row_does_not_take_the_others_out() -> None:
    feet = [(300.0 + row, 30.0) for row in (0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0)] + [(500.0, 150.0)]
    slope, horizon = fit_scale(feet)
    assert slope * (500 - horizon) == pytest.approx(150, rel=0.05)
    assert slope * (300 - horizon) == pytest.approx(30, rel=0.05)


@pytest.mark.parametrize("metre", [0.1, 5000.0])
def test_a_few_wild_feet_are_held_within_what_cameras_do(metre: float) -> None:
    slope, _ = fit_scale([(300.0, metre), (320.0, metre), (340.0, metre), (360.0, metre)])
    assert slope == (0.02 if metre < 1 else 0.3)


@given(st.lists(st.tuples(*[st.floats(0.1, 0.8)] * 2, *[st.floats(0.01, 0.2)] * 2), max_size=5))
def test_corners_are_those_of_the_labels(told: list[tuple[float, float, float, float]]) -> None:
    table = corners(Label(0, *values) for values in told)
    assert table.shape == (len(told), 4)
    for row, (x, y, w, h) in zip(table, told, strict=True):
        expected = (x - w / 2) * WIDTH, (y - h / 2) * HEIGHT, (x + w / 2) * WIDTH, (y + h / 2) * HEIGHT
        assert row == pytest.approx(expected, rel=1e-4, abs=1e-2)


@pytest.mark.parametrize(
    ("box", "name", "counts"),
    [
        ((0, 100, 20, 166), "person", True),
        ((0, 100, 20, 166), "bench", False),
        ((0, 100, 20, 107), "person", False),  # too small to be measured
        ((0, 3, 20, 60), "person", False),  # cut above
        ((0, 560, 20, HEIGHT - 4), "person", False),  # cut below
        ((0, 560, 20, HEIGHT - 5), "bus", True),
    ],
)
def test_whole_people_and_vehicles_measure_the_street(box: tuple[int, ...], name: str, counts: bool) -> None:
    assert len(heights(np.array([box], np.float32), [name])) == int(counts)


def test_a_taller_kind_of_the_same_height_stands_further_away() -> None:
    boxes = np.array([[0, 100, 20, 200]] * 2, np.float32)
    (_, person), (_, bus) = heights(boxes, ["person", "bus"])
    assert bus < person
    with pytest.raises(ValueError, match="zip"):
        heights(boxes, ["person"])


def test_specks_hide_nothing_and_each_thing_ends_at_its_own_foot() -> None:
    classes = np.full((60, 80), 7, np.uint8)
    classes[10:16, 10:16] = 13  # 36 pixels: a speck
    classes[10:30, 40:50] = 13
    classes[5:45, 60:70] = 21  # a vehicle
    front = place(np.zeros((60, 80, 3), np.uint8), classes, (0.1, 0.0), NOTHING).front
    assert set(np.unique(front)) == {0, 30, 45}
    assert front[12, 12] == 0


def test_signs_are_classes_and_what_is_unsure_is_none() -> None:
    assert set(SIGNS) < set(CLASSES)
    assert "stall" not in SIGNS
    assert len(CLASSES) == IGNORE
