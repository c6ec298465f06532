"""The maps of a survey: how the drone flew, and where everything stands that it found, each in its circle.

Places that lie farther apart than a drone flies are different areas, each with a map of its own: on one map of both,
every street would be a dot.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
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
CELL_DEGREES: Final = 0.05  # of latitude, 5.6 km: positions in cells that touch are one area
MOST_MAPS: Final = 20


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
    around: str = ""  # its middle, latitude and longitude in degrees


@dataclass(slots=True)
class _Area:
    """What one map shows: waypoints, and places with the numbers that the list gives them."""

    path: list[Waypoint]
    places: list[tuple[int, SurveyPlace, float, float]]


def draw_survey_maps(
    path: Sequence[Waypoint], places: Sequence[SurveyPlace], zones: Iterable[MapZone]
) -> tuple[SurveyMap, ...]:
    """Return the maps that hold the whole flight and every circle, one for each area; none where no position is known.

    An area's map stands where its first waypoint or place does; after MOST_MAPS the rest is left out.
    """
    zones = tuple(zones)
    return tuple(_drawn(area, zones) for area in _areas(path, places)[:MOST_MAPS])


def _areas(path: Sequence[Waypoint], places: Sequence[SurveyPlace]) -> list[_Area]:
    placed = [
        (number, place, place.lat, place.lon)
        for number, place in enumerate(places, 1)
        if place.lat is not None and place.lon is not None
    ]
    cells = dict.fromkeys(_cell(point.lat, point.lon) for point in path)
    cells |= dict.fromkeys(_cell(lat, lon) for _, _, lat, lon in placed)
    area_of = _joined(list(cells))
    areas: dict[Cell, _Area] = {}
    for point in path:
        areas.setdefault(area_of[_cell(point.lat, point.lon)], _Area([], [])).path.append(point)
    for one in placed:
        areas.setdefault(area_of[_cell(one[2], one[3])], _Area([], [])).places.append(one)
    return list(areas.values())


Cell = tuple[int, int]
"""A row of latitude, and a column of longitude within it: as wide as it is high, so fewer fit toward the poles."""


def _cell(lat: float, lon: float) -> Cell:
    row = math.floor(lat / CELL_DEGREES)
    return row, math.floor((lon + 180) % 360 / 360 * _columns(row))


def _columns(row: int) -> int:
    return max(1, round(360 / CELL_DEGREES * math.cos(math.radians(min(abs(row), abs(row + 1)) * CELL_DEGREES))))


def _beside(cell: Cell) -> Iterator[Cell]:
    """Yield the cells that touch a cell, across the date line too."""
    row, column = cell
    for other in (row - 1, row, row + 1):
        first = math.floor(column / _columns(row) * _columns(other)) - 1
        last = math.floor((column + 1) / _columns(row) * _columns(other)) + 1
        yield from ((other, number % _columns(other)) for number in range(first, last + 1))


def _joined(cells: Sequence[Cell]) -> dict[Cell, Cell]:
    """Return for each cell the first one of those with which it hangs together."""
    there = set(cells)
    found: dict[Cell, Cell] = {}
    for first in cells:
        waiting = [] if first in found else [first]
        while waiting:
            cell = waiting.pop()
            if cell not in found:
                found[cell] = first
                waiting += [one for one in _beside(cell) if one in there and one not in found]
    return found


def _drawn(area: _Area, zones: Iterable[MapZone]) -> SurveyMap:
    path, sheet = area.path, _sheet(area)
    marks = [
        Mark(number, place.outcome, sheet.spot(lat, lon), round((place.ce90 or 0.0) * sheet.scale, 1))
        for number, place, lat, lon in area.places
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
        around=f"{sheet.plane.lat:.4f}, {sheet.plane.lon:.4f}",
    )


def _sheet(area: _Area) -> Sheet:
    """Return the scale at which everything fits; a long flight from south to north makes a higher drawing."""
    shown = [(point.lat, point.lon, 0.0) for point in area.path]
    shown += [(lat, lon, one.ce90 or 0.0) for _, one, lat, lon in area.places]
    first = Plane(shown[0][0], shown[0][1])
    reached = [(*first.metres(lat, lon), ce90) for lat, lon, ce90 in shown]
    south, north = min(n - r for n, _, r in reached), max(n + r for n, _, r in reached)
    west, east = min(e - r for _, e, r in reached), max(e + r for _, e, r in reached)
    middle = first.degrees((south + north) / 2, (west + east) / 2)
    deep, wide = max(north - south, NEAREST_M / 2), max(east - west, NEAREST_M)
    height = min(max(WIDTH * deep / wide, LOWEST), HIGHEST)
    scale = min((WIDTH - 2 * MARGIN) / wide, (height - 2 * MARGIN) / deep)
    return Sheet(Plane(*middle), scale if math.isfinite(scale) else 1.0, WIDTH, height)
