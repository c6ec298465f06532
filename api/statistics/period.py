"""Which figures are asked for: days of the city's calendar, and one district or all that the reader sees."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from api.errors import PeriodInvalid

USUAL: Final = timedelta(days=29)
"""Before today: what is shown where nobody says a period, thirty days in all."""
LONGEST: Final = timedelta(days=5 * 366)


NO_DISTRICT: Final = "-"
"""In place of a district: what is of none."""


class PeriodFault(StrEnum):
    """What is wrong with a period."""

    REVERSED = "reversed"
    LONG = "long"
    FAR = "far"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class CityZone:
    """The time zone of the city's days and hours: that of the rulebook."""

    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included, in a time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def of(cls, first: date | None, last: date | None, now: datetime, zone: ZoneInfo) -> "Period":
        """Return a period; thirty days up to its end, or to today, where a side is open. Raises PeriodInvalid."""
        today = now.astimezone(zone).date()
        end = last or max(today, first or today)
        begin = first or max(end, date.min + USUAL) - USUAL
        if begin > end:
            raise PeriodInvalid(f"the period ends before it begins: from {begin} to {end}", PeriodFault.REVERSED)
        if end - begin > LONGEST:
            raise PeriodInvalid(f"the period is longer than five years: from {begin} to {end}", PeriodFault.LONG)
        if not 2000 <= begin.year <= end.year <= 2200:
            raise PeriodInvalid(f"the period lies outside the years 2000 to 2200: {begin} to {end}", PeriodFault.FAR)
        return cls(begin, end, zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """Return the moment at which the first day begins, UTC."""
        return self._midnight(self.first)

    @property
    def until(self) -> datetime:
        """Return the moment at which the last day is over, UTC."""
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def spans(self) -> tuple[tuple[datetime, datetime, timedelta], ...]:
        """Return the spans (since, until, offset from UTC) in which the clocks of the zone were not changed."""
        found = []
        begin = self.since
        while begin < self.until:
            offset = _offset(begin, self.zone)
            end = min(begin + timedelta(days=1), self.until)
            while end < self.until and _offset(end, self.zone) == offset:
                end = min(end + timedelta(days=1), self.until)
            if _offset(end, self.zone) != offset:
                end = _change(end - timedelta(days=1), end, self.zone)
            found.append((begin, end, offset))
            begin = end
        return tuple(found)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the minute at which the offset changes between two moments that differ in it."""
    old = _offset(before, zone)
    low, high = 0, int((after - before) / timedelta(minutes=1))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(before + timedelta(minutes=middle), zone) == old:
            low = middle
        else:
            high = middle
    return before + timedelta(minutes=high)


@dataclass(frozen=True, slots=True)
class Selection:
    """A period by the moment a candidate was handed on, and a district (None: all, NO_DISTRICT: those of none)."""

    period: Period
    district: str | None = None
