"""Where candidates stand: cells of a grid for the heat map, and the zones that hold most."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from api.candidates.tables import candidates
from api.db.scope import Scope
from api.statistics.period import Selection
from api.statistics.repository import Mesh, wanted
from api.statistics.sql_functions import cell

SIDES: Final = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 200_000)
"""Metres of a cell's side, from south to north."""
ACROSS: Final = 60
"""Cells that the map has at most from south to north, and from west to east."""


@dataclass(frozen=True, slots=True)
class GridCell:
    """A square of the grid by its numbers, counted from the south and west, and how many candidates stand in it."""

    row: int
    column: int
    count: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells that hold something, those with most first; `mesh` says where they lie."""

    mesh: Mesh
    cells: tuple[GridCell, ...]

    @property
    def total(self) -> int:
        return sum(one.count for one in self.cells)


@dataclass(frozen=True, slots=True)
class ZoneCount:
    """How many candidates lie in a zone of the rulebook (None: in none)."""

    zone: str | None
    count: int


def grid(scope: Scope, connection: Connection, asked: Selection) -> Grid:
    """Return the cells of a grid over all with a position, as large as it takes to have at most ACROSS on a side."""
    lat, lon = candidates.c.lat, candidates.c.lon
    placed = (wanted(scope, asked), lat.is_not(None), lon.is_not(None))
    edges = select(func.min(lat), func.max(lat), func.min(lon), func.max(lon)).where(*placed)
    south, north, west, east = connection.execute(edges).one()
    if south is None:
        return Grid(Mesh(SIDES[0], 0), ())
    around = round((south + north) / 2)
    fitting = (Mesh(side, around) for side in SIDES)
    mesh = next((one for one in fitting if max((north - south) / one.north, (east - west) / one.east) <= ACROSS), None)
    mesh = mesh or Mesh(SIDES[-1], around)
    row, column = cell(connection, lat, mesh.north).label("row"), cell(connection, lon, mesh.east).label("column")
    number = func.count().label("count")
    query = select(row, column, number).where(*placed).group_by(row, column).order_by(number.desc(), row, column)
    return Grid(mesh, tuple(GridCell(one.row, one.column, one._mapping["count"]) for one in connection.execute(query)))


def zones(scope: Scope, connection: Connection, asked: Selection) -> tuple[ZoneCount, ...]:
    """Return the zones that hold most, and what lies in none."""
    number = func.count().label("count")
    query = select(candidates.c.zone, number).where(wanted(scope, asked)).group_by(candidates.c.zone)
    rows = [ZoneCount(one.zone, one._mapping["count"]) for one in connection.execute(query)]
    return tuple(sorted(rows, key=lambda one: (-one.count, one.zone or "")))
