"""Zones and their corners: what may not depend on order, shape of the list, or how the corners were pasted."""

from itertools import permutations
from math import cos, radians, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.wgs import Plane
from detector.rules.rings import corners_of
from detector.rules.zones import Area, Spot, Where, Zone, area_m2, extent_m, metres_to_border
from tests.detector.rules.street import LAT, LON, spot, square

FEW = settings(max_examples=50, deadline=None)
PLANE = Plane(LAT, LON)
offsets = st.integers(-60, 220).map(lambda half: half / 2 + 0.13)  # never just on a border, nor an error away
errors = st.sampled_from([0.0, 0.5, 4.0, 30.0])


def ring(*corners: tuple[float, float], name: str = "z") -> Zone:
    """A zone on the ground of corners in metres north, east."""
    return Zone(name, "main_road", tuple((lon, lat) for lat, lon in (PLANE.degrees(*one) for one in corners)))


@FEW
@given(offsets, offsets, errors, st.integers(0, 3))
def test_the_first_corner_and_the_direction_do_not_matter(east: float, north: float, ce90: float, turn: int) -> None:
    zone = square("z", "main_road", 10)
    corners = zone.corners[turn:] + zone.corners[:turn]
    where = {
        Area.of([Zone("z", "main_road", shape)]).standing(Spot(spot(east, north, ce90))).where
        for shape in (zone.corners, corners, corners[::-1], (*corners, corners[0]))
    }
    assert len(where) == 1


@FEW
@given(offsets, offsets, errors)
def test_the_order_of_touching_zones_does_not_matter(east: float, north: float, ce90: float) -> None:
    zones = [square("a", "main_road", 0), square("b", "main_road", 40), square("c", "main_road", 15, 20)]
    where = {Area.of(order).standing(Spot(spot(east, north, ce90))).where for order in permutations(zones)}
    assert len(where) == 1
    whole = ring((0, 0), (0, 80), (40, 80), (40, 0))
    assert Area.of([whole]).standing(Spot(spot(east, north, ce90))).where in where, "joined, they are one rectangle"


@FEW
@given(offsets, offsets, st.floats(0, 40), st.floats(0, 40))
def test_a_wider_error_only_ever_unsettles(east: float, north: float, ce90: float, more: float) -> None:
    area = Area.of([square("a", "main_road", 0), square("b", "main_road", 40)])
    sure, less = (area.standing(Spot(spot(east, north, one))) for one in (ce90, ce90 + more))
    assert less.where in (sure.where, Where.UNSURE)
    if sure.where is Where.INSIDE and less.where is Where.INSIDE:
        assert sure.zone == less.zone


@FEW
@given(offsets, offsets, errors)
def test_inside_names_a_zone_that_holds_it_and_unsure_the_nearest(east: float, north: float, ce90: float) -> None:
    zones = [square("a", "main_road", 0), square("b", "main_road", 60)]
    standing = Area.of(zones).standing(Spot(spot(east, north, ce90)))
    if standing.where is Where.OUTSIDE:
        assert standing.zone is None
        return
    assert standing.zone is not None
    if not 0 <= north <= 40 or 40 < east < 60:
        assert standing.where is Where.UNSURE
    if abs(east - 50) > 0.01:
        assert standing.zone.id == ("a" if east < 50 else "b")


def test_a_court_inside_a_bent_road_is_outside() -> None:
    bent = ring((0, 0), (0, 60), (60, 60), (60, 0), (40, 0), (40, 40), (20, 40), (20, 0))
    area = Area.of([bent])
    for (north, east), where in {(10, 10): Where.INSIDE, (30, 20): Where.OUTSIDE, (30, 50): Where.INSIDE}.items():
        assert area.standing(Spot(spot(east, north))).where is where
    assert area.standing(Spot(spot(20, 30, 10.5))).where is Where.UNSURE
    assert area.standing(Spot(spot(20, 30, 9.5))).where is Where.OUTSIDE


@FEW
@given(st.floats(5, 300), st.floats(0, 360), st.integers(3, 12))
def test_areas_and_borders_are_those_of_the_plane(radius: float, turn: float, corners: int) -> None:
    """A regular polygon around the origin: its area, and its middle's way to the border, by school geometry."""
    turns = [radians(turn + 360 * number / corners) for number in range(corners)]
    zone = ring(*((radius * cos(one), radius * sin(one)) for one in turns))
    expected = corners * radius**2 * sin(2 * radians(180 / corners)) / 2
    assert area_m2(zone.corners) == pytest.approx(expected, rel=1e-4)
    ground = Area.of([zone]).ground
    assert metres_to_border(ground, spot(0, 0)) == pytest.approx(radius * cos(radians(180 / corners)), rel=1e-3)
    assert extent_m(zone.corners) >= radius * 1.4


@FEW
@given(st.floats(0, 1920), st.floats(0, 1080), st.floats(-30, 30))
def test_a_picture_zone_speaks_for_its_camera_before_the_map_does(u: float, v: float, east: float) -> None:
    lens = Zone("lens", "main_road", ((0, 540), (1920, 540), (1920, 1080), (0, 1080)), "north")
    area = Area.of([square("ground", "main_road", 500), lens])
    standing = area.standing(Spot(spot(east, 0), "north", (u, v)))
    assert standing.where is (Where.INSIDE if v >= 540 else Where.OUTSIDE)
    assert area.standing(Spot(spot(520, 20), "south", (u, v))).where is Where.INSIDE


def test_a_picture_that_is_not_known_leaves_it_open_unless_the_map_is_sure() -> None:
    lens = Zone("lens", "main_road", ((0, 540), (1920, 540), (1920, 1080), (0, 1080)), "north")
    for order in permutations([square("ground", "main_road", 0), lens]):
        area = Area.of(order)
        inside, outside = area.standing(Spot(spot(20, 20), "north")), area.standing(Spot(spot(-90, 20), "north"))
        assert (inside.where, inside.zone) == (Where.INSIDE, square("ground", "main_road", 0))
        assert (outside.where, outside.zone) == (Where.UNSURE, lens)
        assert area.standing(Spot(spot(-90, 20), "south")).where is Where.OUTSIDE
        assert area.standing(Spot(None, "north", (5, 600))).where is Where.INSIDE
        assert area.standing(Spot(None, "north", (5, 5))).where is Where.UNSURE, "it may stand on the ground zone"


corner_lists = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=3, max_size=6)


@FEW
@given(corner_lists, st.floats(-100, 9000))
def test_corners_are_the_same_however_they_were_pasted(corners: list[tuple[float, float]], height: float) -> None:
    plain: list[object] = [list(one) for one in corners]
    tall: list[object] = [[*one, height] for one in corners]
    text = " ".join(f"{lon!r},{lat!r},{height!r}" for lon, lat in corners)
    kml = corners_of(text)
    assert isinstance(kml, list)
    assert [[float(side) for side in one] for one in kml] == plain
    for pasted in (
        plain,
        tall,
        [tall],
        [[tall]],
        {"type": "Polygon", "coordinates": [plain]},
        {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[tall]]}},
    ):
        assert corners_of(pasted) == plain


@pytest.mark.parametrize("rings", [2, 5])
def test_more_than_one_ring_is_never_read_as_one(rings: int) -> None:
    one: list[object] = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    for pasted in ([one] * rings, [[one] * rings], {"type": "Polygon", "coordinates": [one] * rings}):
        with pytest.raises(ValueError, match=f"holds {rings} rings"):
            corners_of(pasted)
