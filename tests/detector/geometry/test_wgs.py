"""Metres and degrees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.wgs import Plane, distance, offset


@given(st.floats(-70, 70), st.floats(-179, 179), st.floats(-900, 900), st.floats(-900, 900))
@settings(max_examples=50, deadline=None)
def test_there_and_back(lat: float, lon: float, north: float, east: float) -> None:
    plane = Plane(lat, lon)
    assert plane.metres(*plane.degrees(north, east)) == pytest.approx((north, east), abs=1e-6)


def test_a_minute_of_latitude_is_a_sea_mile() -> None:
    assert distance(45, 0, 45 + 1 / 60, 0) == pytest.approx(1852.2, abs=0.2)


def test_the_date_line_is_no_wall() -> None:
    lat, lon = offset(0, 179.9999, 0, 50)
    assert (lat, lon) == pytest.approx((0, -179.99965), abs=1e-5)
