"""Landmarks: what a distance is measured from - a school's gate, a junction, a shop line, a kerb - and the limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shapely import LineString, Point, Polygon, unary_union
from shapely.geometry.base import BaseGeometry

from detector.geometry.ground import GroundPoint
from detector.geometry.wgs import Plane

ROUND: Final = 64  # segments of a quarter circle: a radius of 100 m is 8 mm too short at worst


class Measure(StrEnum):
    """What a limit forbids: to stand near, beyond a line, or on the width that must stay clear."""

    NEAR = "near"
    BEYOND = "beyond"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Limit:
    """A distance in metres from every landmark of a kind."""

    measure: Measure
    kind: str
    metres: float


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point, a line or (`closed`) an area on the ground, (lon, lat) degrees WGS-84, with what people call it."""

    id: str
    kind: str
    corners: tuple[tuple[float, float], ...]
    closed: bool = False
    name: str | None = None
    name_zh: str | None = None

    def __str__(self) -> str:
        return f"{self.id} ({self.kind})"

    def shape(self, plane: Plane) -> BaseGeometry:
        """Return it in metres east and north of the plane's origin."""
        points = [_east_north(plane, lat, lon) for lon, lat in self.corners]
        if len(points) == 1:
            return Point(points[0])
        return Polygon(points) if self.closed else LineString(points)

    def around(self, metres: float) -> BaseGeometry:
        """Return the ground within so many metres of it, in (lon, lat) degrees."""
        plane = Plane(self.corners[0][1], self.corners[0][0])
        ring = self.shape(plane).buffer(metres, ROUND)
        if not isinstance(ring, Polygon):
            raise TypeError("what is around one shape is one shape")
        outer, *holes = (
            [plane.degrees(north, east)[::-1] for east, north in edge.coords]
            for edge in (ring.exterior, *ring.interiors)
        )
        return Polygon(outer, holes)

    def metres_to(self, point: GroundPoint) -> float:
        """Return how far a position is from it; 0 inside."""
        return float(self.shape(Plane(point.lat, point.lon)).distance(Point(0, 0)))


def forbidden(limit: Limit, landmarks: Iterable[Landmark], zones: BaseGeometry, anywhere: bool) -> BaseGeometry:
    """Return the ground on which the limit is not kept, within `zones` or, with `anywhere`, near every landmark."""
    near = unary_union([landmark.around(limit.metres) for landmark in landmarks])
    if limit.measure is Measure.BEYOND:
        return zones.difference(near)
    return near if anywhere else zones.intersection(near)


def _east_north(plane: Plane, lat: float, lon: float) -> tuple[float, float]:
    north, east = plane.metres(lat, lon)
    return east, north
