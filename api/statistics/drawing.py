"""The drawings of the statistics: bars of a trend and of the hours, and the heat map over the city's zones."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from api.pages.svg_map import DrawnZone, MapZone, Sheet
from api.statistics.place_queries import Grid
from detector.geometry.wgs import Plane

WIDTH: Final = 960.0  # of a drawing, in its own units
HEIGHT: Final = 220.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 12.0, 24.0
GAP: Final = 0.18  # of a bar's room that stays empty
MOST_LABELS: Final = 14
MAP_LOWEST, MAP_HIGHEST, MAP_MARGIN = 300.0, 720.0, 24.0
SHADES: Final = 6
MOST_DRAWN: Final = 3600


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One bar: where it stands, what it counts, and its words below (empty: no room)."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str
    word: str
    link: str | None


@dataclass(frozen=True, slots=True)
class BarChart:
    """All that the template draws, from 0 up to `top`."""

    bars: tuple[ChartBar, ...]
    ticks: tuple[tuple[float, int], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    base: float = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell on the drawing; `shade` from 1 (few) to SHADES."""

    x: float
    y: float
    width: float
    height: float
    shade: int
    count: int
    link: str | None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """All that the template draws; `steps` are the least counts of the shades."""

    width: float
    height: float
    zones: tuple[DrawnZone, ...]
    grid_x: tuple[float, ...]
    grid_y: tuple[float, ...]
    cells: tuple[HeatCell, ...]
    steps: tuple[int, ...]
    side: int
    bar_metres: int
    bar_length: float


def draw_bars(values: Sequence[tuple[str, int, str | None]]) -> BarChart:
    """Return the bars of (word, count, link)."""
    most = max((count for _, count, _ in values), default=0)
    step = _step(most)
    top = max(math.ceil(most / step), 1) * step
    room = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    deep = HEIGHT - TOP - BOTTOM
    every = max(1, math.ceil(len(values) / MOST_LABELS))
    bars = tuple(
        ChartBar(
            round(LEFT + room * (place + GAP / 2), 1),
            round(TOP + deep * (1 - count / top), 1),
            round(room * (1 - GAP), 1),
            round(deep * count / top, 1),
            count,
            word if place % every == 0 else "",
            word,
            link,
        )
        for place, (word, count, link) in enumerate(values)
    )
    ticks = tuple((round(TOP + deep * (1 - value / top), 1), value) for value in range(0, top + 1, step))
    return BarChart(bars, ticks)


def draw_heat_map(grid: Grid, zones: Iterable[MapZone], links: Sequence[str | None]) -> HeatMap | None:
    """Return the map of a grid's cells; None where there are none. `links` are of the cells, in their order."""
    cells = grid.cells[:MOST_DRAWN]
    if not cells:
        return None
    mesh = grid.mesh
    rows, columns = [one.row for one in cells], [one.column for one in cells]
    south, west = mesh.corner(min(rows), min(columns))
    north, east = mesh.corner(max(rows) + 1, max(columns) + 1)
    plane = Plane((south + north) / 2, (west + east) / 2)
    tall, wide = ((rows_ + 3) * mesh.side for rows_ in (max(rows) - min(rows), max(columns) - min(columns)))
    height = min(max(WIDTH * tall / wide, MAP_LOWEST), MAP_HIGHEST)
    scale = min((WIDTH - 2 * MAP_MARGIN) / wide, (height - 2 * MAP_MARGIN) / tall)
    sheet = Sheet(plane, scale, WIDTH, height)
    steps = _shades(max(one.count for one in cells))
    drawn = []
    for one, link in zip(cells, links, strict=False):
        lat, lon = mesh.corner(one.row, one.column)
        corner, far = sheet.spot(lat + mesh.north, lon), sheet.spot(lat, lon + mesh.east)
        shade = sum(one.count >= step for step in steps)
        size = (round(far.x - corner.x, 1), round(far.y - corner.y, 1))
        drawn.append(HeatCell(corner.x, corner.y, *size, shade, one.count, link))
    return HeatMap(
        width=WIDTH,
        height=round(height, 1),
        zones=tuple(sheet.zones(zones, [])),
        grid_x=sheet.grid_x,
        grid_y=sheet.grid_y,
        cells=tuple(drawn),
        steps=steps,
        side=mesh.side,
        bar_metres=sheet.bar_metres,
        bar_length=sheet.bar_length,
    )


def _shades(most: int) -> tuple[int, ...]:
    """Return the least count of each shade, in equal ratios from 1 to the most."""
    steps = {max(1, round(most ** (number / SHADES))) for number in range(SHADES)}
    return tuple(sorted(steps))


def _step(most: int) -> int:
    """Return a round distance of ticks: about four of them."""
    rough = max(most / 4, 1)
    power = 10 ** math.floor(math.log10(rough))
    return int(next(step * power for step in (1, 2, 5, 10) if step * power >= rough))
