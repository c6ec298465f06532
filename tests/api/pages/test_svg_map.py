"""The map draws true: north up, one scale, everything in its place."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cameras.live_status import CameraView, LiveCameras
from api.pages.i18n import language
from api.pages.svg_map import HEIGHT, LONGEST_BAR, WIDTH, MapPicture, MapZone, Sheet, draw_map
from api.surveys.frames import Waypoint
from api.surveys.map import draw_survey_maps
from detector.geometry.wgs import Plane
from tests.api.samples import NOON

LAT, LON = 34.7465, 113.6254


def camera(lat: float | None, lon: float | None) -> CameraView:
    return CameraView("cam-1", "Daxue Road", "live", NOON, lat=lat, lon=lon)


def square(north: float, east: float, side: float) -> MapZone:
    """A square of `side` metres whose middle lies so many metres north and east of the candidate."""
    half = side / 2
    corners = [(north + n * half, east + e * half) for n, e in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    turned = [(LON + e / (111_320 * math.cos(math.radians(LAT))), LAT + n / 111_320) for n, e in corners]
    return MapZone("daxue-road", "main_road", tuple(turned))


def metres_per_unit(chart: MapPicture) -> float:
    return chart.bar_metres / chart.bar_length


def test_the_candidate_stands_in_the_middle_with_its_error_circle() -> None:
    chart = draw_map(LAT, LON, 10.0, (), None)
    assert (chart.here.x, chart.here.y) == (WIDTH / 2, HEIGHT / 2)
    assert chart.error_radius is not None
    assert chart.error_radius * metres_per_unit(chart) == pytest.approx(10.0, rel=0.02)
    assert draw_map(LAT, LON, None, (), None).error_radius is None


def test_north_is_up_and_east_is_right() -> None:
    chart = draw_map(LAT, LON, 3.0, (), camera(LAT + 0.0002, LON + 0.0001))
    assert chart.camera is not None
    assert chart.camera.y < HEIGHT / 2
    assert chart.camera.x > WIDTH / 2


def test_distances_agree_with_the_geodesy_of_the_detector() -> None:
    chart = draw_map(LAT, LON, 3.0, (), camera(LAT + 0.0006, LON - 0.0011))
    assert chart.camera is not None
    north, east = Plane(LAT, LON).metres(LAT + 0.0006, LON - 0.0011)
    assert (chart.camera.x - WIDTH / 2) * metres_per_unit(chart) == pytest.approx(east, rel=0.02)
    assert (HEIGHT / 2 - chart.camera.y) * metres_per_unit(chart) == pytest.approx(north, rel=0.02)


def test_a_camera_far_away_or_of_unknown_place_is_left_out() -> None:
    assert draw_map(LAT, LON, 3.0, (), camera(LAT + 0.1, LON)).camera is None
    assert draw_map(LAT, LON, 3.0, (), camera(None, None)).camera is None


def test_zones_in_view_are_drawn_and_named_beside_the_candidate() -> None:
    chart = draw_map(LAT, LON, 3.0, (square(0, 0, 60), square(5000, 0, 60)), None)
    (zone,) = chart.zones
    assert (zone.id, zone.kind) == ("daxue-road", "main_road")
    assert zone.label is not None
    assert math.hypot(zone.label.x - WIDTH / 2, zone.label.y - HEIGHT / 2) >= 27


def test_a_sliver_of_a_zone_is_drawn_without_a_name() -> None:
    (zone,) = draw_map(LAT, LON, 3.0, (square(0, 70, 30),), None).zones
    assert zone.label is None


@settings(max_examples=80)
@given(
    ce90=st.none() | st.floats(0, 5000),
    north=st.floats(-400, 400),
    east=st.floats(-400, 400),
)
def test_whatever_is_drawn_lies_inside_and_the_bar_is_round(ce90: float | None, north: float, east: float) -> None:
    there = camera(LAT + north / 111_320, LON + east / 91_500)
    chart = draw_map(LAT, LON, ce90, (square(north, east, 50),), there)
    if chart.camera is not None:
        assert 0 <= chart.camera.x <= WIDTH
        assert 0 <= chart.camera.y <= HEIGHT
    assert str(chart.bar_metres).rstrip("0") in {"1", "2", "5"}
    assert 0 < chart.bar_length <= 90
    assert all(0 <= x <= WIDTH for x in chart.grid_x)
    assert all(0 <= y <= HEIGHT for y in chart.grid_y)


def test_the_camera_of_a_source_is_found_by_its_id() -> None:
    cameras = (camera(1, 2), CameraView("cam-2", "Gate", "live", NOON))
    live = LiveCameras(lambda: cameras)
    assert live.find("cam-2") is cameras[1]
    assert live.find("cam-3") is None


@pytest.mark.parametrize(("template", "macro"), [("map.html", "street_map"), ("survey_map.html", "survey_map")])
def test_every_map_has_the_same_sheet_and_no_name_becomes_markup(template: str, macro: str) -> None:
    hostile = MapZone("road", "main_road", square(0, 0, 60).polygon, "road", "<b>")
    charts = {
        "street_map": draw_map(LAT, LON, 3.0, (hostile,), camera(LAT + 0.0002, LON)),
        "survey_map": draw_survey_maps([Waypoint("a", NOON, LAT, LON, 60.0)], (), (hostile,))[0],
    }
    source = f'{{% from "{template}" import {macro} %}}{{{{ {macro}(chart) }}}}'
    drawn = ElementTree.fromstring(language("zh").environment.from_string(source).render(chart=charts[macro]))
    classes = [part.get("class") for part in drawn.iter()]
    assert [name for name in ("ground", "grid", "zone main_road", "north", "ruler") if classes.count(name) != 1] == []
    assert drawn.findtext("polygon/title") == "<b>"
    assert {"here", "flown"} & set(classes)


@pytest.mark.parametrize(("metres", "ruler"), [(0.2, 1), (1.99, 1), (2.0, 2), (4.9, 2), (5.0, 5), (99, 50), (100, 100)])
def test_the_ruler_is_the_longest_round_length_that_has_room(metres: float, ruler: int) -> None:
    assert Sheet(Plane(LAT, LON), LONGEST_BAR / metres, WIDTH, HEIGHT).bar_metres == ruler


def test_the_grid_is_as_wide_as_the_ruler_and_meets_the_middle() -> None:
    chart = draw_map(LAT, LON, 3.0, (), None)
    steps = {round(b - a, 1) for a, b in zip(chart.grid_x, chart.grid_x[1:], strict=False)}
    assert all(step == pytest.approx(chart.bar_length, abs=0.2) for step in steps)
    assert min(abs(x - WIDTH / 2) for x in chart.grid_x) < 0.2
    assert min(abs(y - HEIGHT / 2) for y in chart.grid_y) < 0.2


def test_a_large_circle_makes_the_map_wider_and_fits() -> None:
    small, large = draw_map(LAT, LON, 3.0, (), None), draw_map(LAT, LON, 200.0, (), None)
    assert large.error_radius is not None
    assert large.error_radius <= HEIGHT / 2
    assert metres_per_unit(large) > metres_per_unit(small)


def test_the_path_of_a_flight_is_drawn_in_its_order() -> None:
    chart = draw_map(LAT, LON, 3.0, (), None, [(LAT, LON), (LAT + 0.0001, LON)])
    first, second = (tuple(map(float, point.split(","))) for point in chart.path.split())
    assert first == (WIDTH / 2, HEIGHT / 2)
    assert second[1] < first[1]
    assert draw_map(LAT, LON, 3.0, (), None).path == ""
