import json
from pathlib import Path

import pytest

from tests.api.cli.conftest import Typed
from tests.conftest import REPO
from tests.detector.geometry.test_terrain import corner, plane, write

POSE = ("--lat", 34.7466, "--lon", 113.6253, "--focal-px", 2880, "--width", 3840, "--height-px", 2160)


@pytest.mark.parametrize(
    ("height", "yaw", "pitch", "u", "v", "lat", "lon"),
    [  # two independent implementations agree on these
        (60, 0, -90, 1920, 0, 34.74680282, 113.62530000),
        (60, 90, -45, 1920, 1080, 34.74660000, 113.62595525),
        (100, -135, -30, 3000, 500, 34.74544157, 113.62211786),
        (45.5, 12.3, -60, 100, 2000, 34.74674109, 113.62502395),
    ],
)
def test_geotag_gives_the_known_positions(
    streetwarden: Typed, height: float, yaw: float, pitch: float, u: float, v: float, lat: float, lon: float
) -> None:
    printed = streetwarden("geotag", *POSE, "--height", height, "--yaw", yaw, "--pitch", pitch, u, v, "--json")
    (record,) = printed.records
    assert printed.code == 0
    assert set(record) == {"lat", "lon", "range", "ce90"}
    assert record["lat"] == pytest.approx(lat, abs=5e-7)
    assert record["lon"] == pytest.approx(lon, abs=5e-7)


def test_geotag_takes_negative_pixels_and_says_when_a_ray_misses(streetwarden: Typed) -> None:
    outside = streetwarden("geotag", *POSE, "--height", 60, "--yaw", 0, "--pitch", -90, -10, -5, "--json")
    assert "lat" in outside.records[0]
    sky = streetwarden("geotag", *POSE, "--height", 60, "--yaw", 0, "--pitch", 10, 1920, 1080, "--json")
    assert list(sky.records[0]) == ["error"]


def test_geotag_says_which_options_are_missing(streetwarden: Typed) -> None:
    printed = streetwarden("geotag", "--lat", 1, 5, 6)
    assert printed.code == 2
    assert "--lon" in printed.err
    assert "--focal-px" in printed.err
    assert printed.err.count("\n") == 1


def test_geotag_batch_answers_each_line_and_names_the_bad_one(streetwarden: Typed, tmp_path: Path) -> None:
    good = {"lat": 34.7466, "lon": 113.6253, "height": 60, "yaw": 90, "pitch": -45}
    good |= {"fx": 2880, "fy": 2880, "cx": 1920, "cy": 1080, "u": 1920, "v": 1080}
    batch = tmp_path / "shots.jsonl"
    raised = good | {"ground": 10.0, "distortion": [0, 0, 0, 0, 0]}
    lines = [json.dumps(good), json.dumps(raised), "{no json", json.dumps(good | {"lat": 134.0})]
    batch.write_text("\n".join(lines) + "\n", encoding="utf-8")
    printed = streetwarden("geotag", "--batch", batch, "--json")
    first, second, third, fourth = printed.records
    assert printed.code == 2
    assert first["lon"] == pytest.approx(113.62595525, abs=5e-7)
    assert second["range"] == pytest.approx(50, abs=0.01)
    assert "line 3" in str(third["error"])
    assert "line 4: lat" in str(fourth["error"])


def test_geotag_batch_takes_no_truth_value_for_a_number(streetwarden: Typed, tmp_path: Path) -> None:
    good = {"lat": 34.7466, "lon": 113.6253, "height": 60, "yaw": 90, "pitch": -45}
    good |= {"fx": 2880, "fy": 2880, "cx": 1920, "cy": 1080, "u": 1920, "v": 1080}
    wrong = ({"ground": False}, {"lat": True}, {"fx": "2880"}, {"distortion": [0, 0, 0, 0, True]})
    batch = tmp_path / "shots.jsonl"
    batch.write_text("\n".join(json.dumps(good | one) for one in wrong), encoding="utf-8")
    records = streetwarden("geotag", "--batch", batch, "--json").records
    fields = [str(one["error"]).removeprefix(f"{batch}: ").split(":")[:2] for one in records]
    assert fields == [["line 1", " ground"], ["line 2", " lat"], ["line 3", " fx"], ["line 4", " distortion.4"]]


def test_geotag_on_a_terrain_model_counts_from_take_off(streetwarden: Typed, tmp_path: Path) -> None:
    """A fifth uphill all the way: straight north at 45 degrees; then from take-off 20 m further down."""
    dem = write(tmp_path / "dem.tif", plane(0.2, 0.0), "EPSG:4326", corner())
    north = ("geotag", *POSE, "--height", 60, "--yaw", 0, "--pitch", -45, 1920, 1080, "--json")
    assert streetwarden(*north, "--dem", dem).records[0]["range"] == pytest.approx(50.0, abs=0.05)
    lower = streetwarden(*north, "--dem", dem, "--takeoff", "34.7456986,113.6253")
    assert lower.records[0]["range"] == pytest.approx(40 / 1.2, abs=0.05)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--takeoff", "1,2"), "give --dem FILE"),
        (("--dem", REPO / "README.md"), "cannot be read as a GeoTIFF"),
        (("--dem", "DEM", "--takeoff", "here"), "write it as LAT,LON"),
        (("--dem", "DEM", "--takeoff", "113.6,34.7"), "swapped"),
        (("--dem", "DEM", "--takeoff", "1,2"), "says nothing of take-off"),
    ],
)
def test_faulty_terrain_is_one_line(streetwarden: Typed, tmp_path: Path, given: tuple[object, ...], words: str) -> None:
    dem = write(tmp_path / "dem.tif", plane(0.2, 0.0), "EPSG:4326", corner())
    pose = ("--height", 60, "--yaw", 0, "--pitch", -45, 1920, 1080)
    printed = streetwarden("geotag", *POSE, *pose, *(dem if one == "DEM" else one for one in given))
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert words in printed.err
