"""Rulebooks as people write them: pasted polygons, offsets for zones, hours that nobody can judge."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from detector.errors import RulebookInvalid
from detector.geometry.ground import GroundPoint
from detector.rules.hours import HoursInvalid, read_hours
from detector.rules.load import load_rulebook
from detector.rules.rulebook import Rulebook
from detector.rules.ruling import Outcome
from detector.rules.time_zones import time_zone
from detector.rules.wording import english

SHANGHAI = ZoneInfo("Asia/Shanghai")
CORNERS = "[[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75]]"
HERE = GroundPoint(34.7466, 113.6253, 0.0, 0.0)


def book(
    folder: Path, polygon: str = CORNERS, rule: str = "", timezone: str = "Asia/Shanghai", more: str = ""
) -> Rulebook:
    (folder / "rulebook.yaml").write_text(
        f"version: '1'\ntimezone: {timezone}\ncountry: CN\nzones:\n"
        f"  - {{id: road, kind: main_road, polygon: {polygon}}}\n"
        f"rules:\n  - {{id: r, classes: [stall], zones: [main_road]{rule}}}\n{more}"
    )
    return load_rulebook(folder / "rulebook.yaml")


def fault(folder: Path, **parts: str) -> str:
    with pytest.raises(RulebookInvalid) as raised:
        book(folder, **parts)
    return "; ".join(raised.value.faults)


@pytest.mark.parametrize(
    "polygon",
    [
        CORNERS,
        f"[{CORNERS}]",
        f"[[{CORNERS}]]",
        CORNERS.replace("],", ", 0],").replace("]]", ", 0]]"),
        "[[113.62, 34.74], [113.63, 34.74], [113.63, 34.75], [113.62, 34.75], [113.62, 34.74]]",
        f"{{type: Polygon, coordinates: [{CORNERS}]}}",
        f"{{type: Feature, properties: {{}}, geometry: {{type: MultiPolygon, coordinates: [[{CORNERS}]]}}}}",
        '"113.62,34.74,0 113.63,34.74,0 113.63,34.75,0 113.62,34.75,0"',
        f"{{features: [{{type: Feature, geometry: {{type: Polygon, coordinates: [{CORNERS}]}}}}]}}",
        f"{{features: [{{features: [{{geometry: {{type: Polygon, coordinates: [{CORNERS}]}}}}]}}]}}",
        f"{{type: GeometryCollection, geometries: [{{type: Polygon, coordinates: [{CORNERS}]}}]}}",
        f"{{type: Polygon, crs: {{properties: {{name: 'urn:ogc:def:crs:OGC:1.3:CRS84'}}}}, coordinates: [{CORNERS}]}}",
        f"{{type: Polygon, datum: WGS-84, crs: {{properties: {{name: 'EPSG:4979'}}}}, coordinates: [{CORNERS}]}}",
        f"{{type: Polygon, crs: 'http://www.opengis.net/def/crs/OGC/1.3/CRS84', coordinates: [{CORNERS}]}}",
        '\'{"type": "Polygon", "coordinates": [' + CORNERS + "]}'",
        f"'{CORNERS}'",
        "'POLYGON((113.62 34.74, 113.63 34.74, 113.63 34.75, 113.62 34.75, 113.62 34.74))'",
        "'SRID=4326;POLYGON Z ((113.62 34.74 1, 113.63 34.74 1, 113.63 34.75 1, 113.62 34.75 1))'",
        "[{lng: 113.62, lat: 34.74}, {lng: 113.63, lat: 34.74}, {lat: 34.75, lon: 113.63}, {lat: 34.75, lon: 113.62}]",
        "['113.62,34.74', '113.63, 34.74', '113.63,34.75', '113.62,34.75']",
    ],
)
def test_polygons_as_they_are_pasted(tmp_path: Path, polygon: str) -> None:
    rules = book(tmp_path, polygon)
    assert set(rules.zones[0].corners) == {(113.62, 34.74), (113.63, 34.74), (113.63, 34.75), (113.62, 34.75)}
    assert (
        rules.rule(class_name="stall", at=datetime(2026, 11, 20, 4, tzinfo=UTC), position=HERE).outcome
        is Outcome.VIOLATION
    )


@pytest.mark.parametrize(
    ("polygon", "said"),
    [
        (f"[{CORNERS}, {CORNERS}]", "holds 2 rings"),
        ("[[113.62, 34.74, 0, 1], [113.63, 34.74], [113.63, 34.75]]", "two numbers make a corner, 4 given"),
        ("{type: FeatureCollection, features: [{}, {}]}", "holds 2 features"),
        ("{type: Point, coordinates: [113.62, 34.74]}", "no list of corners"),
        ('"POLYGON ((113.62 34.74, 113.63 34.74))"', "at least 3 needed"),
        ('"POLYGON ((1 1, 2 1, 2 2), (1 1, 2 1, 2 2))"', "is a text"),
        ('"SRID=3857;POLYGON ((1 1, 2 1, 2 2))"', "counts in the system 3857"),
        ("{type: Polygon, crs: {properties: {name: 'EPSG:3857'}}, coordinates: []}", "counts in 'EPSG:3857'"),
        (f"{{type: Polygon, datum: GCJ-02, coordinates: [{CORNERS}]}}", "counts in 'GCJ-02'"),
        (f"{{type: Feature, datum: bd09, geometry: {{type: Polygon, coordinates: [{CORNERS}]}}}}", "counts in 'bd09'"),
        (f"{{type: Feature, geometry: {{type: Polygon, datum: GCJ-02, coordinates: [{CORNERS}]}}}}", "in 'GCJ-02'"),
        (f"{{features: [{{geometry: {{type: Polygon, coordinates: [{CORNERS}]}}}}], datum: GCJ02}}", "in 'GCJ02'"),
        (f"{{type: Polygon, crs: 'EPSG:3857', coordinates: [{CORNERS}]}}", "counts in 'EPSG:3857'"),
        (
            f"{{type: Polygon, crs: {{properties: {{name: 'WGS 84 / UTM zone 50N'}}}}, coordinates: [{CORNERS}]}}",
            "counts in 'WGS 84 / UTM zone 50N'",
        ),
        ("'{broken'", "is no list of corners"),
        ("'113.62,34.74;113.63,34.74;113.63,34.75'", "is a text"),  # as AMap writes it, which is not WGS-84
        ("[{x: 1, y: 2}, {x: 2, y: 2}, {x: 2, y: 3}]", "polygon[0]"),
        ("[[113.62], [113.63, 34.74], [113.63, 34.75]]", "two numbers make a corner"),
    ],
)
def test_what_is_no_polygon_is_said_in_the_files_words(tmp_path: Path, polygon: str, said: str) -> None:
    words = fault(tmp_path, polygon=polygon)
    assert said in words
    assert "Tuple" not in words
    assert "Input" not in words


@pytest.mark.parametrize(
    "name",
    [
        "UTC+8",
        "GMT+8",
        "+8",
        "+08:00",
        "UTC+08:00",
        "utc+0800",
        "Beijing",
        "Asia/Beijing",
        "CST",
        "China Standard Time",
        "北京时间",
        "东八区",
        "asia/shanghai",
    ],
)
def test_what_means_shanghai(tmp_path: Path, name: str) -> None:
    assert "write Asia/Shanghai" in fault(tmp_path, timezone=f'"{name}"')


@pytest.mark.parametrize("name", ["UTC+9", "UTC-8", "GMT-8", "+09:00", "UTC+5:30", "Etc/GMT+8", "Z+8", "-8", "UTC+80"])
def test_no_hint_names_another_offset(name: str) -> None:
    with pytest.raises(ValueError, match="is not known") as raised:
        time_zone(name)
    assert "UTC " not in str(raised.value).replace(repr(name), "")
    assert "write UTC" not in str(raised.value)
    if "8" not in name or name.startswith(("UTC-", "GMT-", "-", "Etc")):
        assert "Shanghai" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Asia/Shangha", "Asia/Shanghai"), ("asia/shanghai", "Asia/Shanghai"), ("Europe/Berln", "Europe/Berlin")],
)
def test_a_misspelt_zone_is_told_its_spelling(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        time_zone(name)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("Mo-Su 17:00-22:00; SH 10:00-22:00", "no school holidays are known for CN"),
        ("SH off", "no school holidays"),
        ("PH,SH 10:00-22:00", "no school holidays"),
        ('10:00-12:00 "by appointment"', "comment at column 13"),
        ('off "during the fair"', "comment"),
        ("10:00+", "do not say when they end at column 6"),
        ("Mo-Fr 10:00-12:00/02:00", "do not say when they end"),
    ],
)
def test_hours_that_nobody_can_judge_are_refused(hours: str, said: str) -> None:
    with pytest.raises(HoursInvalid, match=said):
        read_hours(hours, SHANGHAI, "CN")


def test_school_holidays_in_a_comment_are_none() -> None:
    assert (
        read_hours('10:00-12:00 unknown "SH: ask"', SHANGHAI).permitted(datetime(2026, 7, 1, 11, tzinfo=SHANGHAI))
        is None
    )


@pytest.mark.parametrize("year", [1950, 2090, 2500])
def test_a_year_without_a_calendar_is_unknown(year: int) -> None:
    hours = read_hours("10:00-12:00; PH off", SHANGHAI, "CN")
    for hour in (11, 13):
        assert hours.permitted(datetime(year, 5, 1, hour, tzinfo=SHANGHAI)) is None
    assert read_hours("10:00-12:00", SHANGHAI, "CN").permitted(datetime(year, 5, 1, 11, tzinfo=SHANGHAI)) is True


@pytest.mark.parametrize(
    "rule", [", permitted: '10:00-12:00'", ", permitted: '10:00-12:00', dwell: 1m", ", permit: required"]
)
def test_without_a_capture_time_what_depends_on_the_hour_is_unknown(tmp_path: Path, rule: str) -> None:
    more = "permits: p.csv\npermits_as_of: 2026-11-20T00:00:00+08:00\n" if "permit:" in rule else ""
    (tmp_path / "p.csv").write_text("id,class,lat,lon,radius_m,valid_from,valid_to\n")
    ruling = book(tmp_path, rule=rule, more=more).rule(class_name="stall", at=None, position=HERE, dwell=None)
    assert ruling.outcome is Outcome.UNKNOWN
    assert {reason.code for reason in ruling.reasons} & {"time_not_known", "permit_day_not_known"}
    assert any(english(reason).startswith("when it was taken is not known") for reason in ruling.reasons)


def test_without_a_capture_time_what_is_never_permitted_stays_a_violation(tmp_path: Path) -> None:
    assert book(tmp_path).rule(class_name="stall", at=None, position=HERE).outcome is Outcome.VIOLATION


@pytest.mark.parametrize("key", ["id", "kind"])
def test_control_characters_are_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "rulebook.yaml").write_text(f'version: "1"\ntimezone: Asia/Shanghai\nzones: [{{{key}: "a\\0b"}}]\n')
    with pytest.raises(RulebookInvalid, match="line 3: cannot be read"):
        load_rulebook(tmp_path / "rulebook.yaml")


@pytest.mark.parametrize(
    "name",
    [
        "29-school-holidays/rulebook",
        "31-time-zone-hint/rulebook",
        "34-geojson-ring/altitude",
        "34-geojson-ring/nested",
        "33-permits-from-excel/gbk",
    ],
)
def test_files_from_the_field(shared: Path, name: str) -> None:
    wanted = {"29": "no school holidays are known for CN", "31": "write Asia/Shanghai"}.get(name[:2])
    path = shared / "cases" / f"{name}.yaml"
    if wanted is None:
        assert load_rulebook(path).classes
    else:
        with pytest.raises(RulebookInvalid, match=wanted):
            load_rulebook(path)


@pytest.mark.parametrize("corner", range(4))
@pytest.mark.parametrize("value", ["null", "0", "n/a", ".nan", "''"])
def test_a_corner_that_is_not_known_never_draws_another_zone(tmp_path: Path, corner: int, value: str) -> None:
    """It is refused, or (0, which no street of the zone has) refused for the kilometres that it spans."""
    parts = CORNERS.split("], [")
    parts[corner] = ("[[" if corner == 0 else "") + f"{value}, 34.74" + ("]]" if corner == 3 else "")
    assert "zone 'road'" in fault(tmp_path, polygon="], [".join(parts))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: '1'\n\ttimezone: x\n", "indent with spaces"),
        ("version: '1\ntimezone: x\n", "opened and never closed"),
        ("zones: [{id: a]\n", "a comma is missing, or a bracket"),
        ("version: a: b\n", "put the value in quotes"),
    ],
)
def test_what_is_no_yaml_is_said_in_our_words(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rulebook.yaml").write_text(text)
    with pytest.raises(RulebookInvalid, match=said) as raised:
        load_rulebook(tmp_path / "rulebook.yaml")
    assert "token" not in str(raised.value)
