"""What SQLite and PostgreSQL write differently: days, hours, seconds between moments, cells of a grid."""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Float, Integer, cast, func, literal_column, type_coerce

from api.db.columns import UtcTime

Moment = ColumnElement[object]
JULIAN_OF_1970: Final = 2440588


def local_day(connection: Connection, at: Moment, offset: timedelta) -> ColumnElement[int]:
    """Return the day of a moment, counted from 1970-01-01, in a zone that is so far from UTC."""
    if connection.dialect.name == "sqlite":
        whole_seconds = func.substr(at, 1, 19)  # SQLite would round the last half of a millisecond up to the next day
        return cast(func.julianday(whole_seconds, _shift(offset)) + 0.5, Integer) - JULIAN_OF_1970
    return cast(func.floor((func.extract("epoch", at) + offset.total_seconds()) / 86400), Integer)


def local_week(connection: Connection, at: Moment, offset: timedelta) -> ColumnElement[int]:
    """Return the day on which the week of a moment begins, a Monday, as `local_day` counts; from 1970 on."""
    return (local_day(connection, at, offset) + 3) // literal_column("7", Integer) * 7 - 3


def local_hour(connection: Connection, at: Moment, offset: timedelta) -> ColumnElement[int]:
    """Return the hour of a moment, 0 to 23, in a zone that is so far from UTC."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%H", func.substr(at, 1, 19), _shift(offset)), Integer)
    return cast(func.extract("hour", func.timezone("UTC", at) + offset), Integer)


def seconds_between(connection: Connection, start: Moment, end: Moment) -> ColumnElement[float]:
    """Return the seconds from one moment to another; null where one of them is."""
    if connection.dialect.name == "sqlite":
        days = func.julianday(type_coerce(end, UtcTime)) - func.julianday(type_coerce(start, UtcTime))
        return func.round(days * 86400.0, 3)
    return cast(func.extract("epoch", end - start), Float)


def cell(connection: Connection, degrees: ColumnElement[float | None], step: float) -> ColumnElement[int]:
    """Return the number of the cell of `step` degrees that a latitude or longitude lies in, counted from -180."""
    place = (degrees + 180.0) / step  # never negative: where it is cut off is then the same on both engines
    if connection.dialect.name == "sqlite":
        return cast(place, Integer)
    return cast(func.floor(place), Integer)


def _shift(offset: timedelta) -> str:
    return f"{int(offset.total_seconds()):+d} seconds"
