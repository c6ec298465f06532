"""The shape of the ground under a drone's rays: a terrain model read from a GeoTIFF.

Poses count their height from take-off, a terrain model counts from the sea or from the ellipsoid. Only differences are
used: the camera is as high as the model says of take-off, plus the pose's height. So the model's datum does not matter.
"""

import math
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from pyproj import Transformer

from detector.errors import RayMissesGround, TerrainUnreadable
from detector.geometry.rays import Floats
from detector.geometry.wgs import EARTH_RADIUS_M, GEOD

INSTALL = "install it with: pip install 'streetwarden[dem]'"
_LARGEST: Final = 32_000_000  # cells: 256 MB; 11 km by 11 km at 2 m
_MOST_STEPS: Final = 4000  # along one ray
_FINER: Final = 64  # a bracket is cut into so many parts, three times over: a step of 15 m ends below 0.1 mm
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Slope:
    """A plane under a camera: how high above it the camera is at its own foot, metres, and how it rises a metre.

    The flat ground is `Slope(height)`.
    """

    below: float
    north: float = 0.0
    east: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """Heights of the ground in metres.

    `heights` is (rows, columns), nan where nothing is known; `affine` takes a cell's (column, row) to the model's own
    coordinates as GDAL's six numbers do, and `to_model` takes (lon, lat) there; `step_m` is the smaller side of a cell
    in metres. `base` is the height of take-off by this model; while it is None, the ground under the camera is taken.
    """

    heights: Floats
    affine: tuple[float, float, float, float, float, float]
    to_model: Transformer
    step_m: float
    base: float | None = None

    def above(self, lat: float, lon: float) -> "Terrain":
        """Return the same terrain for poses that count from take-off at (lat, lon).

        Raises TerrainUnreadable outside of it.
        """
        base = float(self.height(np.array([lat]), np.array([lon]))[0])
        if math.isnan(base):
            raise TerrainUnreadable(f"the terrain model says nothing of take-off at {lat:.6f}, {lon:.6f}")
        return replace(self, base=base)

    def height(self, lats: Floats, lons: Floats) -> Floats:
        """(n,) metres at (n,) degrees, between four cells; nan outside of the model and beside its holes."""
        x, y = self.to_model.transform(lons, lats)
        left, per_column_x, per_row_x, top, per_column_y, per_row_y = self.affine
        there = np.linalg.solve(np.array(((per_column_x, per_row_x), (per_column_y, per_row_y))), (x - left, y - top))
        column, row = there - 0.5  # heights hold for the middle of their cells
        rows, columns = self.heights.shape
        inside = np.isfinite(row) & (row >= -0.5) & (row <= rows - 0.5) & (column >= -0.5) & (column <= columns - 0.5)
        row, column = (np.clip(np.where(inside, at, 0), 0, n - 1) for at, n in ((row, rows), (column, columns)))
        upper, first = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
        lower, second = np.minimum(upper + 1, rows - 1), np.minimum(first + 1, columns - 1)
        down, right = row - upper, column - first
        above = self.heights[upper, first] * (1 - right) + self.heights[upper, second] * right
        below = self.heights[lower, first] * (1 - right) + self.heights[lower, second] * right
        return np.where(inside, above * (1 - down) + below * down, np.nan)

    def meet(self, lat: float, lon: float, height: float, ray: Floats, raised: float = 0.0) -> Slope:
        """Return the slope that a ray meets first, `raised` metres above the ground.

        The camera is `height` metres above take-off at (lat, lon); `ray` is (north, east, down), pointing down. Raises
        RayMissesGround where the camera lies outside of the model or under the ground, or the ray leaves the model.
        """
        own = float(self.height(np.array([lat]), np.array([lon]))[0])
        if math.isnan(own):
            raise RayMissesGround(
                f"the terrain model says nothing of the ground under the camera, {lat:.6f}, {lon:.6f}"
            )
        camera = (own if self.base is None else self.base) + height - raised
        if camera <= own:
            raise RayMissesGround(f"the camera is {own - camera:.1f} m below the ground of the terrain model")
        far = self._first(lat, lon, camera, ray)
        flat = max(math.hypot(ray[0], ray[1]), _TINY)
        at = np.array((far * ray[0] / flat, far * ray[1] / flat))
        s = self.step_m
        around = self._beside(lat, lon, at + np.array(((0, 0), (s, 0), (-s, 0), (0, s), (0, -s))))
        rise = np.nan_to_num(np.array((around[1] - around[2], around[3] - around[4])) / (2 * s))
        return Slope(camera - float(around[0] - rise @ at), float(rise[0]), float(rise[1]))

    def _first(self, lat: float, lon: float, camera: float, ray: Floats) -> float:
        """Horizontal metres to where a ray from `camera` metres (in the model's heights) first meets the ground."""
        flat = math.hypot(ray[0], ray[1])
        if flat <= _TINY * abs(ray[2]):
            return 0.0
        fall, toward = float(ray[2]) / flat, ray[:2] / flat
        near, end = 0.0, 1.01 * (camera - float(np.nanmin(self.heights))) / fall + self.step_m
        count = min(_MOST_STEPS, max(2, math.ceil(2 * end / self.step_m)))
        for parts in (count, _FINER, _FINER, _FINER):
            ways = np.linspace(near, end, parts + 1)
            ground = self._beside(lat, lon, ways[:, None] * toward)
            over = camera - ways * fall + ways**2 / (2 * EARTH_RADIUS_M) - ground
            met = ~(over > 0)
            first = int(np.argmax(met))
            if not met.any() or math.isnan(over[first]):
                raise RayMissesGround(
                    f"the ray leaves the terrain model {ways[first]:.0f} m away, before it meets the ground"
                )
            near, end = float(ways[max(first - 1, 0)]), float(ways[first])
        return end

    def _beside(self, lat: float, lon: float, places: Floats) -> Floats:
        """(n,) heights at (n, 2) metres north, east of (lat, lon)."""
        turns, ways = np.degrees(np.arctan2(places[:, 1], places[:, 0])), np.hypot(places[:, 0], places[:, 1])
        lons, lats, _ = GEOD.fwd(np.full(len(ways), lon), np.full(len(ways), lat), turns, ways)
        return self.height(np.asarray(lats), np.asarray(lons))


def read_terrain(path: Path) -> Terrain:
    """Return the first band of a GeoTIFF whose heights are metres; raises TerrainUnreadable."""
    if find_spec("rasterio") is None:
        raise TerrainUnreadable(f"{path}: reading a terrain model needs rasterio; {INSTALL}")
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path, driver="GTiff") as file:  # no other driver: some follow links to elsewhere
            if file.crs is None:
                raise TerrainUnreadable(f"{path}: does not say where on earth it lies; save it with its projection")
            if file.width * file.height > _LARGEST:
                raise TerrainUnreadable(f"{path}: {file.width} x {file.height} cells; cut it to the area flown over")
            heights = np.asarray(file.read(1, masked=True).astype(np.float64).filled(np.nan))
            affine, projection = file.transform.to_gdal(), file.crs.to_wkt()
    except RasterioError as error:
        raise TerrainUnreadable(f"{path}: cannot be read as a GeoTIFF: {error}") from error
    if not np.isfinite(heights).any():
        raise TerrainUnreadable(f"{path}: holds no heights")
    return terrain_of(heights, affine, projection)


def terrain_of(heights: Floats, affine: tuple[float, float, float, float, float, float], projection: str) -> Terrain:
    """Return a terrain from an array, GDAL's six numbers and a projection (WKT, or a name such as EPSG:4326)."""
    to_model = Transformer.from_crs("EPSG:4326", projection, always_xy=True)
    left, per_column_x, per_row_x, top, per_column_y, per_row_y = affine
    rows, columns = heights.shape
    x, y = (
        left + per_column_x * columns / 2 + per_row_x * rows / 2,
        top + per_column_y * columns / 2 + per_row_y * rows / 2,
    )
    corners = np.array(((x, y), (x + per_column_x, y + per_column_y), (x + per_row_x, y + per_row_y)))
    lons, lats = to_model.transform(corners[:, 0], corners[:, 1], direction="INVERSE")
    _, _, sides = GEOD.inv(lons[[0, 0]], lats[[0, 0]], lons[1:], lats[1:])
    return Terrain(heights, affine, to_model, float(np.min(sides)))
