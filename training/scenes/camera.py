"""Where a picture was taken from, and what lies where: poses, projection, local metres and WGS-84. No Blender here.

Local metres are east, north, up from `ORIGIN`. Angles are degrees: yaw clockwise from north, pitch up from the
horizon (-90 looks straight down), roll about the view axis. Pixels: (0, 0) is the picture's upper left corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

ORIGIN = (34.7466, 113.6253)  # latitude, longitude: Daxue Road, Zhengzhou
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class CameraPose:
    """A camera: position (m), angles (degrees), focal length and picture size (px); square pixels, no distortion."""

    east: float
    north: float
    height: float
    yaw: float
    pitch: float
    roll: float
    focal: float
    width: int
    size_v: int

    def resized(self, width: int) -> CameraPose:
        """Return the same view in a picture of another width."""
        scale = width / self.width
        return replace(self, focal=self.focal * scale, width=width, size_v=round(self.size_v * scale))


def axes(pose: CameraPose) -> NDArray[np.float64]:
    """Rows: the directions forward, right and down of the camera, in east, north, up."""
    yaw, pitch, roll = (math.radians(a) for a in (pose.yaw, pose.pitch, pose.roll))
    turn_z = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    turn_y = np.array([[math.cos(pitch), 0, math.sin(pitch)], [0, 1, 0], [-math.sin(pitch), 0, math.cos(pitch)]])
    turn_x = np.array([[1, 0, 0], [0, math.cos(roll), -math.sin(roll)], [0, math.sin(roll), math.cos(roll)]])
    body_in_ned = turn_z @ turn_y @ turn_x
    ned_to_enu = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
    return np.asarray((ned_to_enu @ body_in_ned).T, dtype=np.float64)


def project(pose: CameraPose, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 3) in local metres to pixels (n, 2); NaN behind the camera."""
    local = (points - np.array([pose.east, pose.north, pose.height])) @ axes(pose).T
    ahead = np.where(local[:, 0] > 0.05, local[:, 0], np.nan)
    u = pose.width / 2 + pose.focal * local[:, 1] / ahead
    v = pose.size_v / 2 + pose.focal * local[:, 2] / ahead
    return np.stack([u, v], axis=1)


def to_wgs84(east: float, north: float) -> tuple[float, float]:
    """Local metres to latitude, longitude (geodesic on the ellipsoid)."""
    azimuth, distance = math.degrees(math.atan2(east, north)), math.hypot(east, north)
    lon, lat, _ = _GEOD.fwd(ORIGIN[1], ORIGIN[0], azimuth, distance)
    return float(lat), float(lon)


def to_local(lat: float, lon: float) -> tuple[float, float]:
    """Latitude, longitude to local metres east, north."""
    azimuth, _, distance = _GEOD.inv(ORIGIN[1], ORIGIN[0], lon, lat)
    return distance * math.sin(math.radians(azimuth)), distance * math.cos(math.radians(azimuth))
