"""Counts of candidates: by state, class and district, by day and by hour, and how right the models were."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Row, and_, case, func, or_, select, true

from api.cameras.tables import cameras
from api.candidates.repository import State
from api.candidates.tables import candidates, verdicts
from api.candidates.verdicts import Decision
from api.db.paging import Page, page_by_time
from api.db.scope import Scope
from api.models.drift import RIGHT, WRONG
from api.statistics.period import NO_DISTRICT, Selection
from api.statistics.sql_functions import cell, local_day, local_hour, local_week
from api.surveys.tables import surveys

METRES_A_DEGREE: Final = 111_320.0
EPOCH: Final = date(1970, 1, 1)
WRONG_CONDITION: Final = and_(verdicts.c.decision == Decision.REJECTED, verdicts.c.reason.in_(sorted(WRONG)))
RIGHT_CONDITION: Final = or_(
    verdicts.c.decision == Decision.CONFIRMED,
    and_(verdicts.c.decision == Decision.REJECTED, verdicts.c.reason.in_(sorted(RIGHT))),
)
SAYS: Final = or_(RIGHT_CONDITION, WRONG_CONDITION)
"""What a verdict says of the model that made the find: as on the page of the models."""
_JUDGED: Final = candidates.join(
    verdicts, and_(verdicts.c.candidate_id == candidates.c.id, verdicts.c.undone_at.is_(None))
)
_TALLIES: Final = (func.count(case((RIGHT_CONDITION, 1))).label("right"), func.count().label("total"))


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many candidates of a district (None: of none) and class are in a state."""

    district: str | None
    class_name: str
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class StretchCount:
    """How many candidates of a class and district were handed on in a day or week that begins so."""

    first: date
    class_name: str
    district: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Of finds of a group with a verdict that says so, how many were what the model said."""

    right: int
    total: int


def wanted(scope: Scope, asked: Selection) -> ColumnElement[bool]:
    """Return the condition that a candidate is in the scope and among what is asked for."""
    at = candidates.c.created_at
    found = [at >= asked.period.since, at < asked.period.until, scope.sees(candidates.c.district)]
    if asked.district is not None:
        found.append(of_district(candidates.c.district, asked.district))
    return and_(*found)


def of_district(column: Column[str], district: str) -> ColumnElement[bool]:
    """Return the condition that a row is of a district, or of none."""
    return column.is_(None) if district == NO_DISTRICT else column == district


def districts(scope: Scope, connection: Connection) -> tuple[str, ...]:
    """Return the districts that cameras or surveys have, or had, as far as they are seen."""
    found: set[str] = set()
    for table in (cameras, surveys):
        district = table.c.district
        query = select(district).distinct().where(district.is_not(None), scope.sees(district))
        found.update(connection.execute(query).scalars())
    return tuple(sorted(found))


def groups(scope: Scope, connection: Connection, asked: Selection) -> tuple[StateCount, ...]:
    """Return the counts by district, class and state."""
    by = (candidates.c.district, candidates.c.class_name, candidates.c.state)
    query = select(*by, func.count().label("count")).where(wanted(scope, asked)).group_by(*by)
    return tuple(
        StateCount(row.district, row.class_name, State(row.state), row._mapping["count"])
        for row in connection.execute(query)
    )


def stretches(scope: Scope, connection: Connection, asked: Selection, *, weekly: bool) -> tuple[StretchCount, ...]:
    """Return the counts by day or week (from Monday), class and district of the city's calendar; none are absent."""
    found: dict[tuple[int, str, str | None], int] = defaultdict(int)
    begins = local_week if weekly else local_day
    for since, until, offset in asked.period.spans():
        first = begins(connection, candidates.c.created_at, offset).label("first")
        by = (first, candidates.c.class_name, candidates.c.district)
        query = select(*by, func.count().label("count")).where(wanted(scope, asked), _within(since, until))
        for number, class_name, district, count in connection.execute(query.group_by(*by)):
            found[number, class_name, district] += count
    return tuple(StretchCount(EPOCH + timedelta(days=key[0]), key[1], key[2], count) for key, count in found.items())


def hours(scope: Scope, connection: Connection, asked: Selection) -> tuple[int, ...]:
    """Return how many candidates were first seen in each hour of the day, 0 to 23.

    What comes from footage that does not say when it was taken is in none of them.
    """
    found = [0] * 24
    seen = candidates.c.first_seen
    for offset, condition in _offsets(asked):
        hour = local_hour(connection, seen, offset).label("hour")
        query = select(hour, func.count().label("count")).where(wanted(scope, asked), candidates.c.timed, condition)
        for row in connection.execute(query.group_by(hour)):
            found[row.hour] += row._mapping["count"]
    return tuple(found)


def judged_by_class(scope: Scope, connection: Connection, asked: Selection) -> dict[tuple[str, int | None], Judged]:
    """Return what the standing verdicts say by class and hour; the hour is None where the footage does not say when."""
    found: dict[tuple[str, int | None], Judged] = {}
    for offset, condition in _offsets(asked):
        hour = case((candidates.c.timed, local_hour(connection, candidates.c.first_seen, offset))).label("hour")
        by = (candidates.c.class_name, hour)
        query = select(*by, *_TALLIES).select_from(_JUDGED).where(wanted(scope, asked), SAYS, condition)
        for class_name, at, right, total in connection.execute(query.group_by(*by)):
            before = found.get((class_name, at), Judged(0, 0))
            found[class_name, at] = Judged(before.right + right, before.total + total)
    return found


def judged_by_camera(scope: Scope, connection: Connection, asked: Selection) -> dict[str, Judged]:
    """Return what the standing verdicts say of each camera's finds."""
    by = candidates.c.camera_id
    query = select(by, *_TALLIES).select_from(_JUDGED).where(wanted(scope, asked), SAYS, by.is_not(None)).group_by(by)
    return {camera: Judged(right, total) for camera, right, total in connection.execute(query)}


def _within(since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(candidates.c.created_at >= since, candidates.c.created_at < until)


def _offsets(asked: Selection) -> Iterator[tuple[timedelta, ColumnElement[bool]]]:
    """Yield the zone's offsets with the condition that something was first seen while its clocks were so.

    What was first seen before the period begins is taken to be of its first offset.
    """
    spans, seen = asked.period.spans(), candidates.c.first_seen
    for place, (since, until, offset) in enumerate(spans):
        sides = [seen >= since] if place > 0 else []
        sides += [seen < until] if place < len(spans) - 1 else []
        yield offset, and_(true(), *sides)


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate behind a figure."""

    id: UUID
    class_name: str
    state: State
    source: str
    camera: str | None
    district: str | None
    zone: str | None
    created_at: datetime
    first_seen: datetime
    timed: bool


@dataclass(frozen=True, slots=True)
class Mesh:
    """A grid whose cells have sides of `side` metres, at the latitude `around` (whole degrees); counted from -180."""

    side: int
    around: int

    @property
    def north(self) -> float:
        """Return the degrees of latitude of a cell."""
        return self.side / METRES_A_DEGREE

    @property
    def east(self) -> float:
        """Return the degrees of longitude of a cell."""
        return self.north / max(math.cos(math.radians(self.around)), 0.01)

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """Return the latitude and longitude of a cell's corner in the south-west."""
        return row * self.north - 180.0, column * self.east - 180.0


@dataclass(frozen=True, slots=True)
class MeshCell:
    """One cell of a mesh."""

    mesh: Mesh
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Narrow:
    """To which of the candidates a figure belongs; None leaves a side open, an empty `zone` is that of none.

    `right` is whether the verdict says that the model was right.
    """

    state: State | None = None
    class_name: str | None = None
    camera: str | None = None
    zone: str | None = None
    hour: int | None = None
    cell: MeshCell | None = None
    right: bool | None = None


def page(
    scope: Scope,
    connection: Connection,
    asked: Selection,
    narrow: Narrow,
    cursor: str | None,
    limit: int,
    more: Sequence[ColumnElement[bool]] = (),
) -> Page[CandidateRow]:
    """Return the candidates behind a figure, latest first. Raises CursorInvalid."""
    where = (wanted(scope, asked), *_narrowed(connection, asked, narrow), *more)
    return page_by_time(connection, candidates.c.created_at, _row, cursor, limit, where=where)


def _narrowed(connection: Connection, asked: Selection, narrow: Narrow) -> Iterator[ColumnElement[bool]]:
    column = candidates.c
    for found, value in (
        (column.state, narrow.state),
        (column.class_name, narrow.class_name),
        (column.camera_id, narrow.camera),
    ):
        if value is not None:
            yield found == value
    if narrow.zone is not None:
        yield column.zone == narrow.zone if narrow.zone else column.zone.is_(None)
    if narrow.hour is not None:
        seen = column.first_seen
        hours = [and_(local_hour(connection, seen, by) == narrow.hour, when) for by, when in _offsets(asked)]
        yield and_(column.timed, or_(*hours))
    if narrow.cell is not None:
        of, mesh = narrow.cell, narrow.cell.mesh
        yield cell(connection, column.lat, mesh.north) == of.row
        yield cell(connection, column.lon, mesh.east) == of.column
    if narrow.right is not None:
        says = RIGHT_CONDITION if narrow.right else WRONG_CONDITION
        said = select(verdicts.c.candidate_id).where(verdicts.c.undone_at.is_(None), says)
        yield column.id.in_(said)


def _row(row: Row[tuple[object, ...]]) -> CandidateRow:
    found = row._mapping
    return CandidateRow(
        id=row.id,
        class_name=row.class_name,
        state=State(row.state),
        source=row.source,
        camera=row.camera_id,
        district=row.district,
        zone=row.zone,
        created_at=found["created_at"],
        first_seen=row.first_seen,
        timed=row.timed,
    )
