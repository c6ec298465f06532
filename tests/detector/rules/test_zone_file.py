"""Zones from map editors' files, in the datum that they name; and what is odd in them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import RulebookInvalid
from detector.geometry.datum import Datum, datum_of, from_wgs84, to_wgs84
from detector.geometry.wgs import distance
from detector.rules.load import load_rulebook
from detector.rules.zone_file import read_zone_file
from tests.detector.rules.street import LAT, LON, NOON, spot

ZHENGZHOU = (112.7, 34.2, 114.3, 35.0)


def ring(east: float = 0.0, side: float = 40.0, datum: Datum = Datum.WGS84) -> list[list[float]]:
    points = [spot(east + x, y) for x, y in ((0, 0), (side, 0), (side, side), (0, side), (0, 0))]
    return [[lon, lat] for lat, lon in (from_wgs84(point.lat, point.lon, datum) for point in points)]


def feature(rings: object, shape: str = "Polygon", /, **properties: str) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": shape, "coordinates": rings}}


def geojson(folder: Path, *features: object, **more: object) -> Path:
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), "utf-8")
    return path


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(Datum), st.floats(18, 53), st.floats(74, 134))
def test_a_datum_is_undone_to_a_millimetre(datum: Datum, lat: float, lon: float) -> None:
    back = to_wgs84(*from_wgs84(lat, lon, datum), datum)
    assert distance(lat, lon, *back) < 0.001


def test_gcj02_lies_571_m_off_in_zhengzhou() -> None:
    assert distance(34.75, 113.65, *from_wgs84(34.75, 113.65, Datum.GCJ02)) == pytest.approx(571, abs=1)


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("GCJ-02", Datum.GCJ02),
        ("gcj02", Datum.GCJ02),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Datum.WGS84),
        ("EPSG:4326", Datum.WGS84),
        ("CGCS2000", Datum.WGS84),
        ("bd09", Datum.BD09),
        ("EPSG:4547", None),
    ],
)
def test_names_of_datums(name: str, datum: Datum | None) -> None:
    assert datum_of(name) is datum


@pytest.mark.parametrize("datum", list(Datum))
def test_zones_of_each_datum_come_to_the_same_place(tmp_path: Path, datum: Datum) -> None:
    path = geojson(
        tmp_path, feature([ring(datum=datum)], id="road", kind="main_road", 名称="大学路"), datum=datum.value
    )
    read = read_zone_file(path, bounds=ZHENGZHOU)
    assert (read.faults, read.warnings, read.datum) == ((), (), datum)
    (zone,) = read.zones
    assert (zone.id, zone.kind, zone.name_zh) == ("road", "main_road", "大学路")
    lon, lat = (zone.polygon or [])[0]
    assert distance(lat, lon, LAT, LON) < 0.01


def test_lines_and_points_are_landmarks_and_kml_is_read(tmp_path: Path) -> None:
    path = tmp_path / "map.kml"
    lon, lat = ring(datum=Datum.GCJ02)[0]
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<ExtendedData><Data name="datum"><value>GCJ-02</value></Data></ExtendedData>
<Placemark id="gate"><name>三中</name><ExtendedData><Data name="类型"><value>school</value></Data></ExtendedData>
<Point><coordinates>{lon},{lat},0</coordinates></Point></Placemark>
<Placemark id="lot"><Polygon><outerBoundaryIs><LinearRing><coordinates>
{" ".join(f"{x},{y},0" for x, y in ring(datum=Datum.GCJ02))}
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
</Document></kml>""",
        "utf-8",
    )
    read = read_zone_file(path, "plaza")
    assert read.faults == ()
    assert [(one.id, one.kind, one.name_zh) for one in read.landmarks] == [("gate", "school", "三中")]
    assert [(one.id, one.kind) for one in read.zones] == [("lot", "plaza")]
    point = read.landmarks[0].point
    assert point is not None
    assert distance(point[1], point[0], LAT, LON) < 0.01


BOWTIE = [[113.62, 34.74], [113.63, 34.75], [113.63, 34.74], [113.62, 34.75]]
SWAPPED = [[lat, lon] for lon, lat in ring()]


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (feature([BOWTIE], kind="road"), "feature 1: zone 'road-1' crosses or touches itself"),
        (feature([SWAPPED], kind="road"), "they look swapped, write longitude first"),
        (feature([ring(), ring(10, 5)], kind="road"), "feature 1: has a hole"),
        (feature([ring()]), "feature 1: has no kind"),
        (feature([["a", "b"]], kind="road"), "coordinates are no lists"),
        (feature([], kind="road"), "has no corners"),
        (feature([ring()], "GeometryCollection", kind="road"), "is not read"),
        (feature([[[float("nan"), 1], [2, 3], [4, 5]]], kind="road"), "no number"),
        (feature([ring()], id="road", kind="k" * 201), "kind must have at most 200 letters"),
        (feature([ring()[:2]], kind="road"), "feature 1: polygon must have at least 3 values"),
        ({"type": "Feature"}, "crosses or touches itself|is not read|no geometry"),
    ],
)
def test_a_shape_that_is_wrong_is_named_by_its_number(tmp_path: Path, shape: object, fault: str) -> None:
    read = read_zone_file(geojson(tmp_path, shape, datum="WGS-84"))
    assert len(read.faults) == 1
    assert any(part in read.faults[0] for part in fault.split("|")), read.faults


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('{"type": "FeatureCollection", "features": []}', "names no datum"),
        ('{"type": "FeatureCollection", "features": [], "datum": "Mars"}', "datum 'Mars' is not known"),
        ('{"datum": "WGS-84", "type": "FeatureCollection", "features": []}', "holds no shape"),
        ("{\n\n]", "line 3: is neither GeoJSON nor KML"),
        ("<html></html>", "is no KML"),
        ("<kml>\n<a></kml>", "line 2: is no KML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><kml>&a;</kml>', "document type"),
        ("[" * 100_000, ""),
        ("[]", "is no GeoJSON"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "file"
    path.write_text(content, "utf-8")
    read = read_zone_file(path)
    assert len(read.faults) == 1
    assert fault in read.faults[0]
    assert "\n" not in read.faults[0]


def test_what_overlaps_or_lies_outside_is_warned_of(tmp_path: Path) -> None:
    shapes = [
        feature([ring(east)], id=name, kind=kind)
        for name, kind, east in (("a", "r", 0), ("b", "r", 30), ("c", "s", 30), ("d", "r", 70))
    ]
    abroad = feature([[[0.0, 51.5], [0.001, 51.5], [0.001, 51.501]]], id="far", kind="s")
    read = read_zone_file(geojson(tmp_path, *shapes, abroad, datum="WGS-84"), bounds=ZHENGZHOU)
    assert [line.partition(": ")[2] for line in read.warnings] == [
        "'far' lies outside of the city: check its datum and its numbers",
        "'b' overlaps 'a' of the same kind by 400 m²",
    ]  # d only touches b


BOOK = """
version: "1"
timezone: Asia/Shanghai
cities:
  - {name: Zhengzhou, bounds: [112.7, 34.2, 114.3, 35.0], codes: gbt-30428-style}
  - {name: Elsewhere, bounds: [120, 30, 121, 31], codes: {stall: "99"}}
zones:
  - {id: road, kind: main_road, polygon: [[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]}
  - {id: east, kind: main_road, polygon: [[120.5, 30.5], [120.51, 30.5], [120.51, 30.51]]}
rules:
  - {id: first, classes: [stall, banner], zones: [main_road]}
"""


def test_each_city_has_its_codes(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(BOOK, "utf-8")
    book = load_rulebook(path)
    assert book.advice == ()

    def code(class_name: str, lat: float, lon: float) -> str | None:
        return book.rule(class_name=class_name, at=NOON, position=replace(spot(0, 0), lat=lat, lon=lon)).code

    assert code("stall", 34.745, 113.625) == "0501"
    assert code("banner", 34.745, 113.625) == "0202"
    assert code("stall", 30.502, 120.508) == "99"
    assert code("banner", 30.502, 120.508) is None
    assert book.rule(class_name="stall", at=NOON).code is None  # which city is not known


FOUR = "line 5: city 'Zhengzhou': bounds: four numbers make bounds, [west, south, east, north];"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "codes: gbt-30428-style",
            "code: x",
            "line 5: city 'Zhengzhou': unknown key 'code': did you mean 'codes'?",
        ),
        (", 114.3, 35.0]", "]", f"{FOUR} 2 given"),
        (", 35.0]", "]", f"{FOUR} 3 given"),
        (", 35.0]", ", 35.0, 9]", f"{FOUR} 5 given"),
        (
            '{stall: "99"}',
            "[99]",
            "line 6: city 'Elsewhere': codes: write the name of a table, or a code for each class",
        ),
        ("name: Elsewhere, ", "", "line 6: 'cities[1].name' is missing"),
        (
            "zones: [main_road]}",
            "near: {kind: school, meters: 9, metres: 9}}",
            "line 11: rule 'first': unknown key 'near.meters': did you mean 'metres'?",
        ),
    ],
)
def test_a_fault_of_a_city_or_a_limit_is_one_fitting_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(BOOK.replace(old, new), "utf-8")
    with pytest.raises(RulebookInvalid) as error:
        load_rulebook(path)
    assert [fault for fault in error.value.faults if "no landmark" not in fault] == [said]


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        (
            "  - {id: late, classes: [stall], zones: [main_road], permit: required}",
            "line 12: rule 'late' can never apply: the rules before",
        ),
        (
            "  - {id: old, classes: [door], zones: [main_road], season: 2020-01-01/2020-02-01}",
            "line 12: rule 'old' can never apply: its season",
        ),
        (
            "  - {id: open, classes: [door], zones: [main_road], permitted: 24/7}",
            "line 12: rule 'open' can never apply: every hour",
        ),
    ],
)
def test_a_rule_that_can_never_apply_is_told_with_its_line(tmp_path: Path, more: str, advice: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(BOOK + more, "utf-8")
    (line,) = load_rulebook(path, now=NOON).advice
    assert line.startswith(advice)
    path.write_text(BOOK.replace("34.2, 114.3", "34.2, 113.0"), "utf-8")
    (line,) = load_rulebook(path).advice
    assert line.startswith("line 8: zone 'road' lies outside of the city")


def test_permits_in_another_datum_are_told(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    small = "polygon: [[113.6252, 34.7465], [113.6254, 34.7465], [113.6254, 34.7467], [113.6252, 34.7467]]"
    path.write_text(
        BOOK.replace(BOOK[BOOK.index("polygon: [[113.62") : BOOK.index("}\n  - {id: east")], small), "utf-8"
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("permits: p.csv\npermits_as_of: 2026-11-20T00:00:00+08:00\n")
    head = "id,class,lat,lon,radius_m,valid_from,valid_to\n"
    lat, lon = from_wgs84(LAT, LON, Datum.GCJ02)
    (tmp_path / "p.csv").write_text(f"{head}A,banner,{lat},{lon},3,,\n", "utf-8")
    (line,) = load_rulebook(path).advice
    assert line == "permits: all of them miss every zone; they look like GCJ-02, give them in WGS-84"
    (tmp_path / "p.csv").write_text(f"{head}A,banner,{LAT},{LON},3,,\n", "utf-8")
    assert load_rulebook(path).advice == ()
