"""WGS-84: metres to degrees and back. Coordinates of other datums (GCJ-02) exist at the edges only."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

GEOD: Final = Geod(ellps="WGS84")
EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius; used for the drop of the horizon only, where 0.5 % does not matter


def offset(lat: float, lon: float, north: float, east: float) -> tuple[float, float]:
    """Return the position `north` and `east` metres from (lat, lon), along the geodesic; degrees."""
    there_lon, there_lat, _ = GEOD.fwd(lon, lat, np.degrees(np.arctan2(east, north)), float(np.hypot(east, north)))
    return float(there_lat), float(there_lon)


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres along the geodesic between two positions in degrees."""
    return float(GEOD.inv(lon, lat, other_lon, other_lat)[2])


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres north and east of an origin; exact along each ray from it, good to a millimetre per kilometre across."""

    lat: float
    lon: float

    def metres(self, lat: float, lon: float) -> tuple[float, float]:
        """(north, east) metres of a position in degrees."""
        azimuth, _, far = GEOD.inv(self.lon, self.lat, lon, lat)
        return float(far * np.cos(np.radians(azimuth))), float(far * np.sin(np.radians(azimuth)))

    def degrees(self, north: float, east: float) -> tuple[float, float]:
        """(lat, lon) degrees of a point in metres."""
        return offset(self.lat, self.lon, north, east)

    def metres_of(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) degrees lat, lon to (n, 2) metres north, east."""
        return np.array([self.metres(lat, lon) for lat, lon in positions.tolist()], np.float64).reshape(-1, 2)
