"""Rays on a terrain model: planes with analytic answers, hills in the way, files, and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detector.errors import RayMissesGround, TerrainUnreadable
from detector.geometry.error_budget import TELEMETRY
from detector.geometry.pose import PoseLocator
from detector.geometry.terrain import Terrain, read_terrain, terrain_of
from detector.geometry.wgs import Plane, distance
from detector.vision.frame import Lens, Pose

HOME = Plane(34.7466, 113.6253)
LENS = Lens(2880, 2880, 1920, 1080)
CELL = 1e-4  # degrees: about 10 m
SIDE = 101


def made(rise_north: float = 0.0, rise_east: float = 0.0, level: float = 104.0) -> Terrain:
    """A plane of 1 km by 1 km around the home point, where it is `level` metres high."""
    return terrain_of(plane(rise_north, rise_east, level), corner(), "EPSG:4326")


def plane(rise_north: float, rise_east: float, level: float = 104.0) -> np.ndarray:
    middles = (np.arange(SIDE) - SIDE // 2) * CELL
    north = np.array([HOME.metres(HOME.lat - step, HOME.lon)[0] for step in middles])
    east = np.array([HOME.metres(HOME.lat, HOME.lon + step)[1] for step in middles])
    return np.asarray(level + rise_north * north[:, None] + rise_east * east[None, :], np.float64)


def corner() -> tuple[float, float, float, float, float, float]:
    half = SIDE / 2 * CELL
    return (HOME.lon - half, CELL, 0.0, HOME.lat + half, 0.0, -CELL)


def pose(height: float = 60.0, yaw: float = 0.0, pitch: float = -45.0) -> Pose:
    return Pose(HOME.lat, HOME.lon, height, yaw, pitch, 0.0, LENS)


def test_on_a_plain_nothing_changes() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        at = pose(rng.uniform(30, 90), rng.uniform(-180, 180), rng.uniform(-90, -35))
        pixel = rng.uniform(0, 3840), rng.uniform(0, 2160)
        flat, on = PoseLocator(at).locate(*pixel), PoseLocator(at, terrain=made()).locate(*pixel)
        assert distance(flat.lat, flat.lon, on.lat, on.lon) < 0.01
        assert on.ce90_m == pytest.approx(flat.ce90_m, rel=1e-3)


@pytest.mark.parametrize("yaw", [0.0, 90.0, 180.0])
@pytest.mark.parametrize("rise", [0.2, -0.2])
def test_a_slope_is_met_where_geometry_says(yaw: float, rise: float) -> None:
    """Down by 1 a metre on ground that rises by `rise` a metre northward: met after 60 / (1 + rise cos yaw) metres."""
    point = PoseLocator(pose(yaw=yaw), terrain=made(rise)).locate(1920, 1080)
    assert point.range_m == pytest.approx(60 / (1 + rise * np.cos(np.radians(yaw))), abs=0.02)
    north, east = HOME.metres(point.lat, point.lon)
    assert (north, east) == pytest.approx(
        (point.range_m * np.cos(np.radians(yaw)), point.range_m * np.sin(np.radians(yaw))), abs=0.02
    )


def test_heights_count_from_take_off() -> None:
    """Taken off 100 m to the south on a slope of 10 %, so 10 m lower: 60 m above it are 50 m above the ground below."""
    terrain = made(0.1).above(*HOME.degrees(-100, 0))
    assert PoseLocator(pose(pitch=-90), terrain=terrain).locate(1920, 0).range_m == pytest.approx(
        50 * 0.375 / (1 + 0.0375), abs=0.05
    )
    with pytest.raises(TerrainUnreadable, match="take-off"):
        made().above(35.0, 113.6)


def test_what_stands_higher_is_met_earlier() -> None:
    raised = PoseLocator(pose(), 10.0, terrain=made()).locate(1920, 1080)
    assert raised.range_m == pytest.approx(50.0, abs=0.01)


def test_the_first_hill_in_the_way_is_met() -> None:
    heights = plane(0, 0)
    heights[SIDE // 2 - 5 : SIDE // 2 - 3] += 40  # a ridge 35 to 60 m north of the home point
    point = PoseLocator(pose(pitch=-30), terrain=terrain_of(heights, corner(), "EPSG:4326")).locate(1920, 1080)
    assert 30 < point.range_m < 60  # the plain lies 104 m away


def test_the_circle_follows_the_slope() -> None:
    up, flat, down = (
        PoseLocator(pose(pitch=-30), terrain=made(rise)).locate(1920, 1080).ce90_m for rise in (0.2, 0.0, -0.2)
    )
    assert up < 0.8 * flat
    assert down > 1.4 * flat


@pytest.mark.parametrize("rise", [0.2, -0.15])
def test_nine_of_ten_simulated_errors_lie_inside_on_a_slope_too(rise: float) -> None:
    rng, held, terrain = np.random.default_rng(3), [], made(rise, 0.1).above(HOME.lat, HOME.lon)
    for _ in range(300):
        u, v, error = rng.uniform(0, 3840), rng.uniform(300, 2160), rng.normal(size=7)
        focal = 2880 * (1 + TELEMETRY.focal * error[6])
        true = Pose(
            *HOME.degrees(TELEMETRY.position_m * error[0], TELEMETRY.position_m * error[1]),
            60 + TELEMETRY.height_m * error[2],
            20 + TELEMETRY.yaw * error[3],
            -50 + TELEMETRY.pitch * error[4],
            TELEMETRY.roll * error[5],
            Lens(focal, focal, 1920, 1080),
        )
        truth = PoseLocator(true, terrain=terrain, min_depression=1).locate(u, v)
        said = PoseLocator(pose(60, 20, -50), terrain=terrain, min_depression=1).locate(u, v)
        held.append(distance(truth.lat, truth.lon, said.lat, said.lon) <= said.ce90_m)
    assert 0.85 <= np.mean(held) <= 0.95


@pytest.mark.parametrize(
    ("terrain", "at", "words"),
    [
        (made(-0.3), pose(pitch=-25), "meets falling ground at only"),
        (made(), pose(pitch=-12), "only 12.0 degrees below the horizon"),
        (made(), pose(170, pitch=-16), "leaves the terrain model"),
        (made(), Pose(35.0, 113.6, 60, 0, -90, 0, LENS), "nothing of the ground under the camera"),
        (made(0.1).above(*HOME.degrees(-100, 0)), pose(height=5, pitch=-90), "below the ground of the terrain model"),
    ],
)
def test_refusals_say_why(terrain: Terrain, at: Pose, words: str) -> None:
    with pytest.raises(RayMissesGround, match=words):
        PoseLocator(at, terrain=terrain).locate(1920, 1080)


def test_a_hole_in_the_model_is_no_ground() -> None:
    heights = plane(0, 0)
    heights[: SIDE // 2 - 3] = np.nan
    with pytest.raises(RayMissesGround, match="leaves the terrain model"):
        PoseLocator(pose(), terrain=terrain_of(heights, corner(), "EPSG:4326")).locate(1920, 1080)


def write(path: Path, heights: np.ndarray, crs: str | None, affine: tuple[float, ...]) -> Path:
    rasterio = pytest.importorskip("rasterio", reason="rasterio comes with the dem extra")
    rows, columns = heights.shape
    shape = {"driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32", "nodata": -9999.0}
    with rasterio.open(path, "w", crs=crs, transform=rasterio.Affine.from_gdal(*affine), **shape) as file:
        file.write(np.nan_to_num(heights, nan=-9999.0).astype(np.float32), 1)
    return path


def test_a_file_in_degrees(tmp_path: Path) -> None:
    heights = plane(0.2, 0)
    heights[:10] = np.nan
    terrain = read_terrain(write(tmp_path / "dem.tif", heights, "EPSG:4326", corner()))
    assert terrain.step_m == pytest.approx(9.15, abs=0.05)  # a degree of longitude is shorter
    assert np.isnan(terrain.heights[:10]).all()
    assert PoseLocator(pose(), terrain=terrain).locate(1920, 1080).range_m == pytest.approx(50.0, abs=0.05)


def test_a_file_in_metres(tmp_path: Path) -> None:
    """UTM zone 49 north, where the grid's north is 1.5 degrees off true north."""
    left, top = 739_900.0, 3_848_800.0
    eastings = left + 5 * (np.arange(200) + 0.5)
    heights = np.broadcast_to(100 + 0.2 * (eastings - left), (200, 200))
    terrain = read_terrain(write(tmp_path / "dem.tif", heights, "EPSG:32649", (left, 5.0, 0.0, top, 0.0, -5.0)))
    assert terrain.step_m == pytest.approx(5.0, abs=0.01)
    point = PoseLocator(pose(yaw=90), terrain=terrain).locate(1920, 1080)
    assert point.range_m == pytest.approx(50.0, abs=0.1)


def test_files_that_are_no_terrain(tmp_path: Path) -> None:
    with pytest.raises(TerrainUnreadable, match="where on earth"):
        read_terrain(write(tmp_path / "a.tif", plane(0, 0), None, (0.0, 2.0, 0.0, 0.0, 0.0, -2.0)))
    with pytest.raises(TerrainUnreadable, match="no heights"):
        read_terrain(write(tmp_path / "b.tif", np.full((5, 5), np.nan), "EPSG:4326", corner()))
    (tmp_path / "c.tif").write_text("<VRTDataset/>")
    for name in ("c.tif", "nowhere.tif"):
        with pytest.raises(TerrainUnreadable, match=name):
            read_terrain(tmp_path / name)


def test_the_service_does_not_need_rasterio() -> None:
    """Everything that the service imports, with rasterio out of reach; a terrain model then names what is missing."""
    script = (
        "import sys; sys.modules['rasterio'] = None\n"
        "import pathlib, api.cli.serve, api.cli.watch, api.app, detector.geometry.terrain as terrain\n"
        "terrain.find_spec = lambda name: None\n"
        "try: terrain.read_terrain(pathlib.Path('dem.tif'))\n"
        "except terrain.TerrainUnreadable as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'streetwarden[dem]'" in done.stdout
