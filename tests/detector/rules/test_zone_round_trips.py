"""Zones that are drawn on a shifted map, saved by an editor as GeoJSON or KML, and come back where they lie."""

import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.geometry.datum import Datum, from_wgs84
from detector.geometry.wgs import distance, offset
from detector.rules.zone_file import ZoneFile, read_zone_file

Corner = tuple[float, float]
DRAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text(alphabet="abz <>&\"'三中-", min_size=1, max_size=12).map(str.strip).filter(bool)


def block(lat: float, lon: float, side: float, datum: Datum) -> list[Corner]:
    """The corners of a square as a map of this datum shows it."""
    corners = [offset(lat, lon, north, east) for east, north in ((0, 0), (side, 0), (side, side), (0, side))]
    shown = [from_wgs84(one_lat, one_lon, datum) for one_lat, one_lon in corners]
    return [(one_lon, one_lat) for one_lat, one_lon in shown]


def as_geojson(corners: list[Corner], name: str, datum: Datum) -> str:
    geometry = {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}
    shape = {"type": "Feature", "properties": {"id": "z", "kind": "road", "name": name}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [shape], "datum": datum.value})


def as_kml(corners: list[Corner], name: str, datum: Datum) -> str:
    ring = " ".join(f"{lon!r},{lat!r},0" for lon, lat in [*corners, corners[0]])
    said = "".join(
        f'<Data name="{key}"><value>{escape(value)}</value></Data>'
        for key, value in (("id", "z"), ("kind", "road"), ("name", name))
    )
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><ExtendedData><Data name="datum"><value>{datum.value}'
        f"</value></Data></ExtendedData><Placemark><ExtendedData>{said}</ExtendedData><Polygon><outerBoundaryIs>"
        f"<LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        "</Document></kml>"
    )


def read(folder: Path, text: str) -> ZoneFile:
    path = folder / "map"
    path.write_text(text, "utf-8")
    return read_zone_file(path)


@DRAW
@given(st.sampled_from(Datum), st.floats(20, 48), st.floats(80, 130), st.floats(5, 2000), NAMES, st.booleans())
def test_a_zone_comes_back_where_it_was_drawn(
    tmp_path: Path, datum: Datum, lat: float, lon: float, side: float, name: str, kml: bool
) -> None:
    corners = block(lat, lon, side, datum)
    got = read(tmp_path, (as_kml if kml else as_geojson)(corners, name, datum))
    assert (got.faults, got.datum, len(got.zones)) == ((), datum, 1)
    (zone,) = got.zones
    assert (zone.id, zone.kind, zone.name) == ("z", "road", name)
    meant = [(one_lon, one_lat) for one_lon, one_lat in block(lat, lon, side, Datum.WGS84)]
    assert zone.polygon is not None
    for (got_lon, got_lat), (wanted_lon, wanted_lat) in zip(zone.polygon, meant, strict=True):
        assert distance(got_lat, got_lon, wanted_lat, wanted_lon) < 0.005


@DRAW
@given(st.floats(20, 48), st.floats(80, 130))
def test_a_datum_that_is_named_wrongly_puts_a_zone_hundreds_of_metres_off(lat: float, lon: float) -> None:
    """Why the datum must be named: no two of the three come near each other anywhere in China."""
    places = [from_wgs84(lat, lon, datum) for datum in Datum]
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            assert 30 < distance(*one, *other) < 2500


@pytest.mark.parametrize("place", [(51.5, -0.12), (40.7, -74.0), (-33.9, 151.2)])
@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.WGS84])
def test_outside_china_no_map_is_shifted(tmp_path: Path, place: Corner, datum: Datum) -> None:
    lat, lon = place
    corners = block(lat, lon, 50, Datum.WGS84)
    (zone,) = read(tmp_path, as_geojson(corners, "far", datum)).zones
    assert zone.polygon is not None
    for got, wanted in zip(zone.polygon, corners, strict=True):
        assert got == pytest.approx(wanted, abs=1e-8)


def test_parts_of_one_shape_are_zones_with_names_of_their_own(tmp_path: Path) -> None:
    parts = [[[*block(34.74 + step, 113.62, 20, Datum.WGS84)]] for step in (0, 0.01)]
    geometry = {"type": "MultiPolygon", "coordinates": parts}
    shape = {"type": "Feature", "id": 7, "properties": {"类型": "plaza", "名称": None}, "geometry": geometry}
    got = read(tmp_path, json.dumps({"type": "FeatureCollection", "datum": "CGCS2000", "features": [shape]}))
    assert [(zone.id, zone.kind, zone.name_zh) for zone in got.zones] == [
        ("7-1", "plaza", None),
        ("7-2", "plaza", None),
    ]


def test_of_two_shapes_of_one_name_the_second_is_a_fault_that_names_the_first(tmp_path: Path) -> None:
    text = as_geojson(block(34.74, 113.62, 20, Datum.WGS84), "Gate", Datum.WGS84)
    root = json.loads(text)
    root["features"] *= 2
    (fault,) = read(tmp_path, json.dumps(root)).faults
    assert fault == "map feature 2 (Gate): 'z' is there already, in feature 1 (Gate)"


HUGE = "9" * 400
BAD = (
    "[[[113.62, 34.74], [113.63, 34.74], [1e999, 34.75]]]",
    f"[[[113.62, 34.74], [113.63, 34.74], [{HUGE}, 34.75]]]",
    "[[[113.62, 34.74], [113.63, 34.74], {}]]",
    "[[[113.62, 34.74], [113.63, 34.74], [null, 34.75]]]",
    "[[[113.62, 34.74], [113.63, 34.74], [113.63]]]",
    "[[[113.62, 34.74], [113.63, 34.74]]]",
    '"113.62,34.74"',
    "null",
    "7",
    "[[]]",
)


@pytest.mark.parametrize("coordinates", BAD)
@pytest.mark.parametrize("shape", ["Polygon", "MultiPolygon", "LineString", "Point"])
def test_corners_that_are_none_are_one_line_for_the_shape(tmp_path: Path, coordinates: str, shape: str) -> None:
    feature = f'{{"properties": {{"kind": "road"}}, "geometry": {{"type": "{shape}", "coordinates": {coordinates}}}}}'
    got = read(tmp_path, f'{{"type": "FeatureCollection", "datum": "WGS-84", "features": [{feature}]}}')
    assert (got.zones, got.landmarks) == ((), ())
    assert len(got.faults) == 1
    assert "feature 1" in got.faults[0]
    assert "\n" not in got.faults[0]


@DRAW
@given(
    st.recursive(st.none() | st.floats() | st.text(max_size=3), lambda one: st.lists(one, max_size=4), max_leaves=12)
)
def test_no_coordinates_break_the_reading(tmp_path: Path, coordinates: object) -> None:
    for shape in ("Polygon", "MultiPolygon", "LineString", "Point"):
        feature = {"properties": {"kind": "road"}, "geometry": {"type": shape, "coordinates": coordinates}}
        root = {"type": "FeatureCollection", "datum": "GCJ-02", "features": [feature]}
        got = read(tmp_path, json.dumps(root))
        assert got.faults or got.zones or got.landmarks
