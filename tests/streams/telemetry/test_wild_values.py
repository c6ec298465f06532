"""One wild line among good ones goes; the good ones stay as they were, and none is moved."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.telemetry.outliers import (
    HEIGHT,
    POSITION,
    TURN,
    degrees_apart,
    flown,
    metres_apart,
    pointing,
    without_outliers,
)

Position = tuple[float, float]
STEP = 0.00002
"""Degrees of latitude a line, at two lines a second: a drone at 4.5 m/s."""


def times(count: int) -> list[float]:
    return [number / 2 for number in range(count)]


def flight(count: int) -> list[Position | None]:
    return [(34.7466 + STEP * number, 113.6253) for number in range(count)]


def judged(values: Sequence[Position | None]) -> list[Position | None]:
    return without_outliers(times(len(values)), values, metres_apart, POSITION, is_zero=lambda at: at == (0.0, 0.0))


@given(st.integers(5, 30), st.data())
def test_nothing_is_ever_moved(count: int, data: st.DataObject) -> None:
    """Whatever stands in the lines, a line gives what it printed or nothing."""
    some = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)) | st.sampled_from(flight(count))
    values = data.draw(st.lists(some, min_size=count, max_size=count))
    assert all(said is None or said == value for said, value in zip(judged(values), values, strict=True))


@given(st.integers(6, 30), st.floats(0.001, 40), st.data())
def test_one_line_that_leaps_goes_and_the_others_stay(count: int, leap: float, data: st.DataObject) -> None:
    values, wild = flight(count), data.draw(st.integers(0, count - 1))
    lat, lon = values[wild] or (0.0, 0.0)
    values[wild] = (lat - leap, lon + leap)
    assert judged(values) == [None if line == wild else at for line, at in enumerate(values)]


@given(st.integers(6, 30), st.data())
def test_a_zero_for_a_moment_goes_and_a_line_that_was_lost_stays_lost(count: int, data: st.DataObject) -> None:
    for gap in ((0.0, 0.0), None):
        values = flight(count)
        values[data.draw(st.integers(0, count - 1))] = gap
        assert judged(values) == [None if at == gap else at for at in values]


@given(st.integers(0, 30))
def test_a_flight_as_it_was_flown_loses_nothing(count: int) -> None:
    assert judged(flight(count)) == flight(count)


def test_of_two_halves_that_no_flight_joins_neither_is_believed() -> None:
    there: list[Position | None] = [(30.0, 113.6253) if at else None for at in flight(10)]
    assert judged([*flight(10), *there]) == [None] * 20
    assert judged([*flight(11), *there]) == [*flight(11), *[None] * 10]


@given(st.floats(-360, 360), st.floats(-360, 360))
def test_directions_are_as_far_apart_as_the_shorter_turn(a: float, b: float) -> None:
    assert 0 <= degrees_apart(a, b) <= 180
    assert degrees_apart(a, b) == pytest.approx(degrees_apart(b, a), abs=1e-9)
    assert degrees_apart(a, a + 360) == pytest.approx(0, abs=1e-9)


def test_a_gimbal_that_crosses_north_and_a_drone_that_crosses_the_date_line_do_not_leap() -> None:
    yaws = [356.0, 358.0, 0.0, 2.0, 4.0, 6.0]
    assert without_outliers(times(6), yaws, degrees_apart, TURN) == yaws
    assert metres_apart((0.0, 179.9999), (0.0, -179.9999)) == pytest.approx(22.3, abs=0.1)


@given(st.integers(1, 8), st.floats(6, 39) | st.floats(41, 2000))  # at 40 the line beside it may go too
def test_a_height_that_leaps_and_is_back_goes(line: int, leap: float) -> None:
    values = [60.0 + number / 10 for number in range(10)]
    values[line] += leap
    said = without_outliers(times(10), values, lambda a, b: abs(a - b), HEIGHT)
    assert said == [None if number == line else value for number, value in enumerate(values)]


@pytest.mark.parametrize("not_known", [3276.7, 9999.0, -1000.1, -9999.0, None])
def test_a_height_that_stands_for_not_known_is_none(not_known: float | None) -> None:
    assert flown(not_known) is None
    assert (flown(0.0), flown(-1000.0), flown(3000.0)) == (0.0, -1000.0, 3000.0)


@given(st.floats(), st.floats(), st.floats())
def test_of_three_angles_only_the_impossible_ones_go(yaw: float, pitch: float, roll: float) -> None:
    said = pointing(yaw, pitch, roll)
    assert said == (
        yaw if -360 <= yaw <= 360 else None,
        pitch if -120 <= pitch <= 90 else None,
        roll if -180 <= roll <= 180 else None,
    )
