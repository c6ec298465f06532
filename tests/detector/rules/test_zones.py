"""Where a thing stands: inside, outside, or too near to a border to tell."""

from math import cos, hypot, inf, nan, radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import offset
from detector.rules.zones import Area, Spot, Where, Zone, area_m2, extent_m, metres_to_border

LAT, LON = 34.7466, 113.6253


def ground(*corners: tuple[float, float], id: str = "z") -> Zone:
    """A zone from corners in metres (east, north) of the origin."""
    places = [offset(LAT, LON, north, east) for east, north in corners]
    return Zone(id, "main_road", tuple((lon, lat) for lat, lon in places))


def point(east: float, north: float, ce90: float = 0.0) -> Spot:
    lat, lon = offset(LAT, LON, north, east)
    return Spot(GroundPoint(lat, lon, 0.0, ce90))


SQUARE = ground((0, 0), (40, 0), (40, 40), (0, 40))


@settings(max_examples=100, deadline=None)
@given(st.floats(-60, 100), st.floats(-60, 100), st.floats(0, 30))
def test_membership_matches_arithmetic(east: float, north: float, ce90: float) -> None:
    outside = hypot(max(-east, 0, east - 40), max(-north, 0, north - 40))
    margin = -outside or min(east, north, 40 - east, 40 - north)  # positive inside, negative outside
    if abs(abs(margin) - ce90) < 0.01 or abs(margin) < 0.01:
        return  # within a centimetre of the edge, either answer is right
    expected = Where.UNSURE if abs(margin) < ce90 else Where.INSIDE if margin > 0 else Where.OUTSIDE
    assert Area.of([SQUARE]).standing(point(east, north, ce90)).where is expected


def test_a_border_between_two_zones_of_one_rule_is_no_border() -> None:
    east = ground((40, 0), (80, 0), (80, 40), (40, 40), id="east")
    standing = Area.of([SQUARE, east]).standing(point(41, 20, 5))
    assert (standing.where, standing.zone) == (Where.INSIDE, east)


@pytest.mark.parametrize("ce90", [nan, inf, -1.0])
def test_an_error_radius_that_is_not_known_settles_nothing(ce90: float) -> None:
    assert Area.of([SQUARE]).standing(point(20, 20, ce90)).where is Where.UNSURE


@pytest.mark.parametrize("lat", [nan, inf, 113.6])
def test_a_position_that_is_none_settles_nothing(lat: float) -> None:
    spot = Spot(GroundPoint(lat, LON, 0.0, 1.0))
    assert Area.of([SQUARE]).standing(spot).where is Where.UNSURE
    assert Area.of([SQUARE]).standing(Spot()).where is Where.UNSURE


def test_a_zone_in_a_picture_concerns_its_camera_alone() -> None:
    area = Area.of([Zone("pavement", "main_road", ((0, 600), (1920, 600), (1920, 1080), (0, 1080)), "north")])
    assert area.standing(Spot(camera="north", image_point=(5, 700))).where is Where.INSIDE
    assert area.standing(Spot(camera="north", image_point=(5, 500))).where is Where.OUTSIDE
    assert area.standing(Spot(camera="north")).where is Where.UNSURE
    assert area.standing(Spot(camera="south", image_point=(5, 700))).where is Where.OUTSIDE
    assert area.standing(point(0, 0)).where is Where.OUTSIDE


def test_measures_are_metres() -> None:
    assert area_m2(SQUARE.corners) == pytest.approx(1600, rel=1e-4)
    assert extent_m(SQUARE.corners) == pytest.approx(hypot(40, 40), rel=1e-4)
    spot = point(20, 10)
    assert spot.position is not None
    assert metres_to_border(Area.of([SQUARE]).ground, spot.position) == pytest.approx(10, abs=1e-3)
    assert extent_m([(LON, LAT), (LON + 1, LAT), (LON, LAT)]) == pytest.approx(111_320 * cos(radians(LAT)), rel=0.01)
