"""A rendered flight through the command line, with the shipped model."""

from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point, Polygon

from api.cli import survey as look
from detector.geometry.terrain import Terrain
from streams.survey.pipeline import SurveyResult
from tests.api.cli.conftest import Typed
from tests.conftest import REPO
from tests.detector.geometry.test_terrain import corner, write

FLIGHT = REPO / "samples" / "flights" / "nadir-60m" / "flight.mp4"


def test_a_flight_is_printed_thing_by_thing(streetwarden: Typed, tmp_path: Path) -> None:
    """On a plain terrain model, so every place is the same as without one; by the clock of the flight's own city."""
    dem = write(tmp_path / "dem.tif", np.full((101, 101), 104.0), "EPSG:4326", corner())
    printed = streetwarden("survey", FLIGHT, "--dem", dem, "--zone", "Asia/Shanghai", "--json")
    assert printed.code == 0
    stalls = [line["sighting"] for line in printed.records]
    assert len(stalls) >= 6
    for one in stalls:
        assert isinstance(one, dict)
        assert set(one) == {"class", "lat", "lon", "ce90", "confidence", "first_seen", "last_seen", "frames"}
        assert str(one["first_seen"]).startswith("2026-11-20T10:50:")
        assert str(one["first_seen"]).endswith("+08:00")
        assert one["lat"] == pytest.approx(34.747, abs=5e-4)
        assert one["ce90"] == pytest.approx(4.6, abs=0.5)


def test_telemetry_that_is_none_is_one_line(streetwarden: Typed) -> None:
    printed = streetwarden("survey", FLIGHT, "--telemetry", REPO / "README.md")
    assert printed.code == 2
    assert "README.md" in printed.err


def test_the_operators_terrain_and_city_count_where_the_command_names_none(
    streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def fly(*_: object, **how: object) -> SurveyResult:
        asked.append(how)
        return SurveyResult((), (), ())

    monkeypatch.setattr(look, "fly", fly)
    dem = write(tmp_path / "dem.tif", np.full((101, 101), 104.0), "EPSG:4326", corner())
    monkeypatch.setenv("STREETWARDEN_DEM_FILE", str(dem))
    monkeypatch.setenv("STREETWARDEN_NEAR", "34.7,113.6")
    assert streetwarden("survey", FLIGHT).code == 0
    assert streetwarden("survey", FLIGHT, "--near", "36.7,-6").code == 0
    terrain, city, elsewhere = asked[0]["terrain"], asked[0]["area"], asked[1]["area"]
    assert isinstance(terrain, Terrain)
    assert isinstance(city, Polygon)
    assert isinstance(elsewhere, Polygon)
    assert city.contains(Point(113.6253, 34.7466))
    assert not elsewhere.contains(Point(113.6253, 34.7466))
    monkeypatch.setenv("STREETWARDEN_DEM_FILE", str(REPO / "README.md"))
    refused = streetwarden("survey", FLIGHT)
    assert refused.code == 2
    assert "README.md: cannot be read as a GeoTIFF" in refused.err
