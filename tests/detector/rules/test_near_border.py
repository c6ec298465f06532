"""What saves time changes no answer: the quick look at a border, and permits found by halving."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import distance
from detector.rules.permits import Match, Permit
from detector.rules.zones import Area, Spot, Where, Zone, metres_to_border
from tests.detector.rules.street import AS_OF, registry, spot


@settings(max_examples=150, deadline=None)
@given(
    st.floats(-65, 65),
    st.floats(1e-4, 0.5),
    st.floats(-0.6, 0.6),
    st.floats(-0.6, 0.6),
    st.one_of(st.floats(0, 50), st.floats(0, 60_000)),
)
def test_a_circle_that_reaches_the_border_is_always_unsure(
    lat: float, side: float, north: float, east: float, radius: float
) -> None:
    corners = ((113.0, lat), (113.0 + side, lat), (113.0 + side, lat + side), (113.0, lat + side))
    area = Area.of([Zone("z", "road", corners), Zone("far", "road", ((118.0, 40.0), (118.1, 40.0), (118.1, 40.1)))])
    point = GroundPoint(lat + side * (0.5 + north), 113.0 + side * (0.5 + east), 0.0, radius)
    reaches = radius > 0 and metres_to_border(area.ground, point) < radius
    assert (area.standing(Spot(point)).where is Where.UNSURE) == reaches


places = st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(1, 200))


@settings(max_examples=100, deadline=None)
@given(st.lists(places, min_size=1, max_size=30), st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(0, 1))
def test_the_nearest_permit_is_the_one_that_a_look_at_all_finds(
    sites: list[tuple[float, float, float]], east: float, north: float, error: float
) -> None:
    held = []
    for number, (x, y, radius) in enumerate(sites):
        place = spot(x, y)
        held.append(Permit(f"p{number}", "sign", place.lat, place.lon, radius))
    here = spot(east, north, error)
    found = registry(*held).find("sign", here, AS_OF + timedelta(hours=1))
    away = [(distance(here.lat, here.lon, one.lat, one.lon), one) for one in held]
    reached = [one for one in away if one[0] <= one[1].radius_m + error]
    assert found.permit is not None
    assert (found.match is Match.MATCH) == bool(reached)
    nearest = min(reached or away, key=lambda one: one[0])[0]
    assert distance(here.lat, here.lon, found.permit.lat, found.permit.lon) == nearest
