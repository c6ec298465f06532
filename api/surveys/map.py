"""The map of a survey: how the drone flew, and where everything stands that it found, each in its circle."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from api.pages.svg_map import DrawnZone, MapSpot, MapZone, Sheet
from api.surveys.frames import Waypoint
from api.surveys.places import SurveyPlace
from detector.geometry.wgs import Plane

WIDTH: Final = 960.0  # of the drawing, in its own units
LOWEST: Final = 260.0
HIGHEST: Final = 520.0
MARGIN: Final = 46.0
NEAREST_M: Final = 60.0  # never less ground than this across


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the drawing: the number that the list gives it, and the radius that holds it nine times in ten."""

    number: int
    outcome: str
    spot: MapSpot
    radius: float


@dataclass(frozen=True, slots=True)
class SurveyMap:
    """All that the template draws."""

    width: float
    height: float
    zones: tuple[DrawnZone, ...]
    grid_x: tuple[float, ...]
    grid_y: tuple[float, ...]
    legs: tuple[str, ...]
    shots: tuple[MapSpot, ...]
    start: MapSpot | None
    marks: tuple[Mark, ...]
    bar_metres: int
    bar_length: float


def draw_survey_map(
    path: Sequence[Waypoint], places: Sequence[SurveyPlace], zones: Iterable[MapZone]
) -> SurveyMap | None:
    """Return the map that holds the whole flight and every circle; None where no position is known."""
    sheet = _sheet(path, places)
    if sheet is None:
        return None
    marks = [
        Mark(number, place.outcome, sheet.spot(place.lat, place.lon), round((place.ce90 or 0.0) * sheet.scale, 1))
        for number, place in enumerate(places, 1)
        if place.lat is not None and place.lon is not None
    ]
    legs = [list(points) for _, points in groupby(path, key=lambda point: point.clip)]
    return SurveyMap(
        width=sheet.width,
        height=sheet.height,
        zones=tuple(sheet.zones(zones, [mark.spot for mark in marks])),
        grid_x=sheet.grid_x,
        grid_y=sheet.grid_y,
        legs=tuple(sheet.line((point.lat, point.lon) for point in leg) for leg in legs),
        shots=tuple(sheet.spot(point.lat, point.lon) for point in path),
        start=sheet.spot(path[0].lat, path[0].lon) if path else None,
        marks=tuple(marks),
        bar_metres=sheet.bar_metres,
        bar_length=sheet.bar_length,
    )


def _sheet(path: Sequence[Waypoint], places: Sequence[SurveyPlace]) -> Sheet | None:
    """Return the scale at which everything fits; a long flight from south to north makes a higher drawing."""
    shown = [(point.lat, point.lon, 0.0) for point in path]
    shown += [(one.lat, one.lon, one.ce90 or 0.0) for one in places if one.lat is not None and one.lon is not None]
    if not shown:
        return None
    first = Plane(shown[0][0], shown[0][1])
    reached = [(*first.metres(lat, lon), ce90) for lat, lon, ce90 in shown]
    south, north = min(n - r for n, _, r in reached), max(n + r for n, _, r in reached)
    west, east = min(e - r for _, e, r in reached), max(e + r for _, e, r in reached)
    middle = first.degrees((south + north) / 2, (west + east) / 2)
    deep, wide = max(north - south, NEAREST_M / 2), max(east - west, NEAREST_M)
    height = min(max(WIDTH * deep / wide, LOWEST), HIGHEST)
    scale = min((WIDTH - 2 * MARGIN) / wide, (height - 2 * MARGIN) / deep)
    return Sheet(Plane(*middle), scale if math.isfinite(scale) else 1.0, WIDTH, height)
