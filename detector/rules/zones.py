"""Zones: polygons on the ground or in one camera's picture, and where a thing stands towards them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from shapely import Point, Polygon, contains_xy, intersects_xy, transform, unary_union
from shapely.geometry.base import BaseGeometry

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import GEOD, Plane, distance

PERMITTED_SITE: Final = "permitted_site"  # kinds with a meaning of their own; see docs/rules.md
WALL: Final = "wall"  # where façades stand: what hangs on one is placed there
HALF_EARTH_M: Final = 20_000_000.0


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon with a kind.

    `corners` are (lon, lat) degrees WGS-84, or (u, v) pixels of the full picture where `camera` names one. `name` and
    `name_zh` are what people call it, in English and in Chinese; None where the rulebook gives it no name.
    """

    id: str
    kind: str
    corners: tuple[tuple[float, float], ...]
    camera: str | None = None
    name: str | None = None
    name_zh: str | None = None

    @property
    def on_ground(self) -> bool:
        return self.camera is None

    def __str__(self) -> str:
        return f"{self.id} ({self.kind})"


@dataclass(frozen=True, slots=True)
class Spot:
    """What is known of where a thing touches the ground: on the earth, in the picture, either, or neither."""

    position: GroundPoint | None = None
    camera: str | None = None
    image_point: tuple[float, float] | None = None

    @property
    def on_earth(self) -> bool:
        """Return whether the position is a place on the earth (an unknown one is sometimes stored as NaN)."""
        point = self.position
        return point is not None and isfinite(point.lon) and abs(point.lat) <= 90 and abs(point.lon) <= 180


class Where(StrEnum):
    """Three answers, as the position has an error radius."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thing stands towards an area; `zone` is the one that it stands in, or nearest to where that is unsure."""

    where: Where
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """All zones that one rule speaks of: the ones on the ground joined (a border between two of them is no border)."""

    zones: tuple[Zone, ...]
    ground: BaseGeometry
    lots: tuple[tuple[Zone, Polygon], ...]

    @classmethod
    def of(cls, zones: Iterable[Zone]) -> Self:
        zones = tuple(zones)
        lots = tuple((zone, Polygon(zone.corners)) for zone in zones)
        return cls(zones, unary_union([lot for zone, lot in lots if zone.on_ground]), lots)

    def standing(self, spot: Spot) -> Standing:
        """Inside, outside or unsure. A zone drawn in a picture concerns only what that picture's camera sees."""
        unsure = None
        for zone, lot in self.lots:
            if zone.camera is None or zone.camera != spot.camera:
                continue
            if spot.image_point is None:
                unsure = Standing(Where.UNSURE, zone)
            elif intersects_xy(lot, *spot.image_point):
                return Standing(Where.INSIDE, zone)
        on_ground = self._standing_on_ground(spot)
        return on_ground if unsure is None or on_ground.where is Where.INSIDE else unsure

    def _standing_on_ground(self, spot: Spot) -> Standing:
        if self.ground.is_empty:
            return Standing(Where.OUTSIDE)
        if not spot.on_earth or spot.position is None:
            return Standing(Where.UNSURE)
        point = spot.position
        inside = bool(intersects_xy(self.ground, point.lon, point.lat))
        radius = point.ce90_m if point.ce90_m >= 0 else inf  # NaN or negative: the error is not known
        if radius > 0 and metres_to_border(self.ground, point) < radius:
            return Standing(Where.UNSURE, self._nearest(point))
        return Standing(Where.INSIDE, self._nearest(point)) if inside else Standing(Where.OUTSIDE)

    def _nearest(self, point: GroundPoint) -> Zone | None:
        lots = [(zone, lot) for zone, lot in self.lots if zone.on_ground]
        for zone, lot in lots:
            if contains_xy(lot, point.lon, point.lat):
                return zone
        return min(lots, key=lambda lot: lot[1].distance(Point(point.lon, point.lat)), default=(None, None))[0]


def metres_to_border(shape: BaseGeometry, point: GroundPoint) -> float:
    """Metres from a position to the nearest border of a shape in (lon, lat) degrees."""

    def metres(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        n = len(corners)
        azimuth, _, far = GEOD.inv(np.full(n, point.lon), np.full(n, point.lat), corners[:, 0], corners[:, 1])
        return np.column_stack((far * np.sin(np.radians(azimuth)), far * np.cos(np.radians(azimuth))))

    return float(transform(shape.boundary, metres).distance(Point(0, 0)))


def area_m2(corners: Iterable[tuple[float, ...]]) -> float:
    """Square metres inside three or more (lon, lat) corners in degrees."""
    ring = list(corners)
    plane = Plane(ring[0][1], ring[0][0])
    return Polygon([plane.metres(lat, lon) for lon, lat, *_ in ring]).area


def extent_m(corners: Iterable[tuple[float, float]]) -> float:
    """Metres across the box that holds (lon, lat) corners in degrees; over the date line, it goes around the earth."""
    lons, lats = zip(*corners, strict=True)
    if max(lons) - min(lons) > 180:
        return HALF_EARTH_M
    return distance(min(lats), min(lons), max(lats), max(lons))
