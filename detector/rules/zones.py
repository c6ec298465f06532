"""Zones: polygons on the ground or in one camera's picture, and where a thing stands towards them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import cos, inf, isfinite, radians
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from shapely import (
    GeometryCollection,
    Point,
    Polygon,
    STRtree,
    box,
    contains_xy,
    get_coordinates,
    intersects,
    intersects_xy,
    prepare,
    transform,
    unary_union,
)
from shapely.geometry.base import BaseGeometry

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import GEOD, Plane, distance
from detector.rules.landmarks import Landmark, Limit, Measure, forbidden

PERMITTED_SITE: Final = "permitted_site"  # kinds with a meaning of their own; see docs/rules.md
WALL: Final = "wall"  # where façades stand: what hangs on one is placed there
NO_ADVERTISING: Final = "no_advertising"
EARTH_M: Final = 6_371_000.0
NEAR_M: Final = 5_000.0
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
    """What is known of where a thing touches the ground: on the earth, in the picture, either, or neither.

    `foot` are further points of its footprint: a distance is kept only where all of it keeps the distance.
    """

    position: GroundPoint | None = None
    camera: str | None = None
    image_point: tuple[float, float] | None = None
    foot: tuple[GroundPoint, ...] = ()

    @property
    def on_earth(self) -> bool:
        """Return whether the position is a place on the earth (an unknown one is sometimes stored as NaN)."""
        return self.position is not None and is_on_earth(self.position)


def is_on_earth(point: GroundPoint) -> bool:
    """Return whether a position is a place on the earth."""
    return isfinite(point.lon) and abs(point.lat) <= 90 and abs(point.lon) <= 180


class Where(StrEnum):
    """Three answers, as the position has an error radius."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a thing stands towards an area; `zone` is the one that it stands in, or nearest to where that is unsure.

    Where a rule asks for a distance: the `landmark` that decides and the metres to it. `season_unknown`: whether the
    rule's season holds is not known, as the day is not.
    """

    where: Where
    zone: Zone | None = None
    landmark: Landmark | None = None
    far_m: float = 0.0
    season_unknown: bool = False


_FIRMNESS: Final = {Where.OUTSIDE: 0, Where.UNSURE: 1, Where.INSIDE: 2}


@dataclass(frozen=True, slots=True)
class Area:
    """All zones that one rule speaks of: the ones on the ground joined (a border between two of them is no border)."""

    zones: tuple[Zone, ...]
    ground: BaseGeometry
    lots: tuple[tuple[Zone, Polygon], ...]
    border: BaseGeometry
    bend_m: float
    tree: STRtree
    limit: Limit | None = None
    landmarks: tuple[Landmark, ...] = ()

    @classmethod
    def of(cls, zones: Iterable[Zone] | None, limit: Limit | None = None, landmarks: Iterable[Landmark] = ()) -> Self:
        """Join zones; with a `limit` only the ground on which it is not kept, as nothing is measured in a picture.

        `zones` is None for a limit that must be kept anywhere; zones that are all drawn in pictures are nowhere then.
        """
        anywhere = zones is None
        zones = tuple(zone for zone in zones or () if zone.on_ground or limit is None)
        lots = tuple((zone, Polygon(zone.corners)) for zone in zones)
        ground = unary_union([lot for zone, lot in lots if zone.on_ground])
        if limit is None:
            return cls(zones, *_prepared(ground, lots))
        measured = tuple(landmark for landmark in landmarks if landmark.kind == limit.kind)
        return cls(zones, *_prepared(forbidden(limit, measured, ground, anywhere), lots), limit, measured)

    def standing(self, spot: Spot) -> Standing:
        """Inside, outside or unsure. A zone drawn in a picture concerns only what that picture's camera sees."""
        if self.limit is not None:
            return self._standing_by_limit(spot, self.limit)
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

    def _standing_by_limit(self, spot: Spot, limit: Limit) -> Standing:
        """Return where the part of the footprint stands that keeps the distance least."""
        points = [point for point in (spot.position, *spot.foot) if point is not None]
        standings = [self._standing_on_ground(Spot(point)) for point in points] or [self._standing_on_ground(Spot())]
        where = max((standing.where for standing in standings), key=_FIRMNESS.__getitem__)
        known = [point for point in points if is_on_earth(point)]
        zone = next((one.zone for one in standings if one.where is where and one.zone in self.zones), None)
        if not known or not self.landmarks:
            return Standing(where, zone)
        away = [self._nearest_landmark(point) for point in known]
        far, landmark = (max if limit.measure is Measure.BEYOND else min)(away, key=lambda found: found[0])
        return Standing(where, zone, landmark, far)

    def _standing_on_ground(self, spot: Spot) -> Standing:
        if self.ground.is_empty:
            return Standing(Where.OUTSIDE)
        if not spot.on_earth or spot.position is None:
            return Standing(Where.UNSURE)
        point = spot.position
        inside = bool(intersects_xy(self.ground, point.lon, point.lat))
        radius = point.ce90_m if point.ce90_m >= 0 else inf  # NaN or negative: the error is not known
        if radius > 0 and self._may_cross(point, radius) and metres_to_border(self.ground, point) < radius:
            return Standing(Where.UNSURE, self._nearest(point))
        return Standing(Where.INSIDE, self._nearest(point)) if inside else Standing(Where.OUTSIDE)

    def _may_cross(self, point: GroundPoint, radius: float) -> bool:
        """Return False only where the border is surely further than the radius: a box around the circle is clear of it.

        Borders bend a little between their corners, by which the box is wider.
        """
        if radius > NEAR_M or abs(point.lat) > 70 or abs(point.lon) > 179:
            return True
        north = (radius + self.bend_m) / 110_000  # a little less than the metres of a degree: never too narrow
        east = north / cos(radians(abs(point.lat) + north))
        around = box(point.lon - east, point.lat - north, point.lon + east, point.lat + north)
        return bool(intersects(self.border, around))

    def _nearest_landmark(self, point: GroundPoint) -> tuple[float, Landmark]:
        return min(((mark.metres_to(point), mark) for mark in self.landmarks), key=lambda found: found[0])

    def _nearest(self, point: GroundPoint) -> Zone | None:
        here = Point(point.lon, point.lat)
        held: list[int] = sorted(self.tree.query(here).tolist())  # those whose boxes hold it, in their order
        for number in held:
            zone, lot = self.lots[number]
            if zone.on_ground and contains_xy(lot, point.lon, point.lat):
                return zone
        lots = [(zone, lot) for zone, lot in self.lots if zone.on_ground]
        return min(lots, key=lambda lot: lot[1].distance(here), default=(None, None))[0]


def _prepared(
    ground: BaseGeometry, lots: tuple[tuple[Zone, Polygon], ...]
) -> tuple[BaseGeometry, tuple[tuple[Zone, Polygon], ...], BaseGeometry, float, STRtree]:
    """Return an area's ground, lots, border, how far that bends between two corners, and an index of the lots.

    What GEOS builds on first use is built here, as areas are shared between threads.
    """
    border = ground.boundary if not ground.is_empty else GeometryCollection()
    tree, nowhere = STRtree([lot for _, lot in lots]), Point(0, 0)
    prepare([ground, border])
    tree.query(nowhere)
    intersects_xy(ground, 0, 0)
    intersects(border, nowhere)
    corners = get_coordinates(border)
    steps = np.abs(np.diff(corners, axis=0)).max(initial=0.0) * 111_320  # between two parts too: more than needed
    return ground, lots, border, float(steps) ** 2 / 8 / EARTH_M * 6 + 0.5, tree


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
