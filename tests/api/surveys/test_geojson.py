"""What a survey found and how it flew, as GeoJSON: longitude first, and nothing invented."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from api.candidates.repository import State
from api.surveys.frames import Waypoint
from api.surveys.geojson import PathOut, PlacesOut, picture_path
from api.surveys.map import HIGHEST, LOWEST, MARGIN, WIDTH, draw_survey_maps
from api.surveys.places import SurveyPlace, source_of
from detector.geometry.wgs import Plane
from detector.rules.ruling import Outcome
from tests.api.samples import NOON

SURVEY = UUID(int=5)
LAT, LON = 34.7466, 113.6253
PLACE = SurveyPlace(
    SURVEY, f"{source_of(SURVEY)}-0123456789ab", "stall", LAT, LON, 2.5, 0.9, NOON, NOON + timedelta(seconds=9), 4,
    Outcome.VIOLATION, (0.0, 0.0, 5.0, 5.0), 100, 80, "best.jpg",
)  # fmt: skip
PLANE = Plane(LAT, LON)


def waypoint(clip: str, north: float = 0.0, east: float = 0.0) -> Waypoint:
    return Waypoint(clip, NOON, *PLANE.degrees(north, east), 60.0)


def test_a_place_stands_longitude_first_with_its_circle_and_number() -> None:
    decided = replace(PLACE, candidate_id=UUID(int=9), state=State.CONFIRMED)
    first, second = PlacesOut.of([decided, PLACE]).features
    assert first.geometry is not None
    assert first.geometry.coordinates == (LON, LAT)
    assert (first.id, first.properties.number, second.properties.number) == ("0123456789ab", 1, 2)
    said = first.model_dump(mode="json")["properties"]
    assert (said["class"], said["ce90"], said["ruling"], said["candidate_state"]) == (
        "stall",
        2.5,
        "violation",
        "confirmed",
    )
    assert said["picture"] == f"/api/v1/surveys/{SURVEY}/places/0123456789ab/scene" == picture_path(PLACE, "scene")


def test_what_is_not_known_is_null() -> None:
    nowhere, untimed = PlacesOut.of(
        [replace(PLACE, lat=None, lon=None, ce90=None), replace(PLACE, timed=False)]
    ).features
    assert (nowhere.geometry, nowhere.properties.ce90) == (None, None)
    assert nowhere.properties.first_seen == NOON
    assert (untimed.properties.first_seen, untimed.properties.last_seen) == (None, None)
    assert untimed.geometry is not None
    assert PlacesOut.of([replace(PLACE, lat=0.0, lon=0.0)]).features[0].geometry is not None


def test_a_leg_is_a_line_and_a_photo_a_point() -> None:
    path = [
        waypoint("a.mp4"),
        waypoint("a.mp4", 10),
        replace(waypoint("p.jpg"), captured_at=None),
        waypoint("a.mp4", 20),
    ]
    legs = PathOut.of(path).features
    assert [(leg.properties.clip, leg.geometry.type) for leg in legs] == [
        ("a.mp4", "LineString"),
        ("p.jpg", "Point"),
        ("a.mp4", "Point"),  # what is flown later is no part of the line before
    ]
    assert legs[0].geometry.coordinates == [(path[0].lon, path[0].lat), (path[1].lon, path[1].lat)]
    assert (legs[1].geometry.coordinates, legs[1].properties.times) == ((path[2].lon, path[2].lat), [None])
    assert legs[0].properties.heights == [60.0, 60.0]
    assert PathOut.of([]).features == []


def test_there_is_no_map_of_nothing() -> None:
    assert draw_survey_maps([], [], ()) == ()
    assert draw_survey_maps([], [replace(PLACE, lat=None, lon=None)], ()) == ()


def test_places_keep_the_lists_numbers_and_circles_their_scale() -> None:
    lat, lon = PLANE.degrees(0, 100)
    far = replace(PLACE, lat=lat, lon=lon, ce90=10.0)
    (chart,) = draw_survey_maps([], [replace(PLACE, lat=None), PLACE, far], ())
    assert [mark.number for mark in chart.marks] == [2, 3]
    apart = chart.marks[1].spot.x - chart.marks[0].spot.x
    assert apart > 0
    assert chart.marks[1].radius == pytest.approx(apart / 10, rel=0.02)  # a tenth of the hundred metres between them
    assert chart.start is None


@pytest.mark.parametrize(("north", "east"), [(1000, 10), (10, 1000), (400, 400), (0, 0)])
def test_the_whole_flight_and_every_circle_fit(north: float, east: float) -> None:
    path = [waypoint("a"), waypoint("a", north, east)]
    wide = replace(PLACE, ce90=80.0)
    (chart,) = draw_survey_maps(path, [wide], ())
    assert LOWEST <= chart.height <= HIGHEST
    for spot in chart.shots:
        assert MARGIN - 1 <= spot.x <= WIDTH - MARGIN + 1
        assert MARGIN - 1 <= spot.y <= chart.height - MARGIN + 1
    (mark,) = chart.marks
    assert mark.spot.x - mark.radius >= MARGIN - 1
    assert mark.spot.y + mark.radius <= chart.height - MARGIN + 1


def test_each_leg_is_a_line_of_its_own_and_north_is_up() -> None:
    (chart,) = draw_survey_maps([waypoint("a"), waypoint("a", 50), waypoint("b", 50, 50)], [], ())
    assert [len(leg.split()) for leg in chart.legs] == [2, 1]
    assert chart.start == chart.shots[0]
    assert chart.shots[1].y < chart.shots[0].y
    assert chart.shots[2].x > chart.shots[1].x


def test_areas_far_apart_have_maps_of_their_own() -> None:
    """Zhengzhou and Luoyang, 110 km apart; one street is not two, nor where it crosses the date line."""
    lat, lon = PLANE.degrees(0, -110_000)
    path = [waypoint("a"), waypoint("a", 400), waypoint("b", 0, -110_000), waypoint("b", 300, -110_000)]
    first, second = draw_survey_maps(path, [replace(PLACE, lat=lat, lon=lon), PLACE], ())
    assert [len(chart.shots) for chart in (first, second)] == [2, 2]
    assert [[mark.number for mark in chart.marks] for chart in (first, second)] == [[2], [1]]
    assert first.bar_metres == second.bar_metres == 50
    assert first.around.startswith("34.")
    line = [replace(waypoint("a"), lat=0.0, lon=lon) for lon in (179.999, -179.999)]
    (chart,) = draw_survey_maps(line, [], ())
    assert chart.bar_metres <= 50
