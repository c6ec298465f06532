"""Evidence for the order of two numbers, strongest first."""

import pytest
from shapely.geometry import box

from streams.telemetry.order import Fix, around, latitude_first, parse_place

# the same real line both ways round: 698.70 m from home
LON_FIRST = Fix((-58.851745, -34.237922), (-58.847509, -34.232707), 698.70)
LAT_FIRST = Fix((-34.237922, -58.851745), (-34.232707, -58.847509), 698.70)


def test_the_printed_distance_is_the_strongest() -> None:
    assert latitude_first([LON_FIRST], True) is False
    assert latitude_first([LAT_FIRST], False) is True


def test_over_the_home_point_distance_says_nothing() -> None:
    near = Fix((10.00001, 20.0), (10.0, 20.0), 1.1)
    assert latitude_first([near], None) is None
    assert latitude_first([near], True) is True


def test_a_distance_that_fits_neither_says_nothing() -> None:
    assert latitude_first([Fix((10.0, 20.0), (10.1, 20.0), 5.0)], None) is None


def test_a_value_beyond_ninety_is_a_longitude() -> None:
    assert latitude_first([Fix((113.6, 34.7))], True) is False
    assert latitude_first([Fix((34.7, 113.6))], False) is True


def test_what_the_operator_says_outranks_the_dialect() -> None:
    spain = box(-8, 36, 0, 43)
    assert latitude_first([Fix((36.6, -6.1))], None, spain) is True
    assert latitude_first([Fix((-6.1, 36.6))], None, spain) is False
    assert latitude_first([Fix((36.6, -6.1))], False, spain) is True
    assert latitude_first([Fix((1.0, 2.0))], None, spain) is None
    assert latitude_first([], None) is None


def test_a_dialect_never_decides_against_the_area() -> None:
    assert latitude_first([Fix((1.0, 2.0))], True, box(-8, 36, 0, 43)) is None


def test_where_both_orders_lie_in_the_area_the_dialect_decides() -> None:
    assert latitude_first([Fix((30.5, 31.2))], False, box(29, 29, 33, 33)) is False


def test_the_area_never_outranks_what_the_file_proves() -> None:
    assert latitude_first([LON_FIRST], None, box(-35, -59, -34, -58)) is False


def test_places_as_they_are_typed() -> None:
    assert parse_place(" 34.7466 , -113.6253") == (34.7466, -113.6253)
    assert parse_place("-90,180") == (-90.0, 180.0)


@pytest.mark.parametrize("text", ["", "34.7", "34.7,113.6,5", "a,b", "113.6,34.7", "nan,0", "0,inf", "0,180.1"])
def test_what_is_no_place_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"LAT,LON|no such place") as caught:
        parse_place(text)
    assert "\n" not in str(caught.value)


def test_the_area_around_a_place_is_of_two_degrees() -> None:
    area = around((34.7, 20.5))
    assert area.bounds == pytest.approx((19.5, 33.7, 21.5, 35.7))
    assert latitude_first([Fix((35.6, 21.4))], None, area) is True
    assert latitude_first([Fix((35.8, 21.4))], True, area) is None
