"""Seasons: the days of the year, or the dated days, on which a rule speaks."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

_SPAN: Final = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})/(?:(\d{4})-)?(\d{2})-(\d{2})")
_LEAP: Final = 2024

Day = tuple[int, int, int]
"""Year (0: every year), month, day."""


@dataclass(frozen=True, slots=True)
class Season:
    """Spans of days, both ends included; one of every year may run over New Year. `text` is as it was written."""

    text: str
    spans: tuple[tuple[Day, Day], ...]

    def holds(self, day: date) -> bool:
        """Return whether a local day lies in the season."""
        return any(_holds(first, last, day) for first, last in self.spans)


def read_season(text: str) -> Season:
    """Return the season of `07-01/10-31`, `11-15/03-15`, `2026-12-20/2027-01-10`, or several with commas between.

    Raises ValueError in words.
    """
    return Season(text, tuple(_span(part.strip()) for part in text.split(",")))


def check_season(text: str) -> None:
    """Raise ValueError where `text` is no season."""
    read_season(text)


def _span(text: str) -> tuple[Day, Day]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"season {text!r} cannot be read: write 07-01/10-31, or 2026-12-20/2027-01-10 for one year")
    year, last_year = found[1], found[4]
    if (year is None) != (last_year is None):
        raise ValueError(f"season {text!r} has a year at one end only: write it at both ends or at none")
    first = _day(text, int(year or 0), int(found[2]), int(found[3]))
    last = _day(text, int(last_year or 0), int(found[5]), int(found[6]))
    if year and last < first:
        raise ValueError(f"season {text!r} ends before it begins")
    return first, last


def _day(text: str, year: int, month: int, day: int) -> Day:
    try:
        date(year or _LEAP, month, day)
    except ValueError as error:
        raise ValueError(f"season {text!r}: there is no day {month:02}-{day:02}") from error
    return year, month, day


def _holds(first: Day, last: Day, day: date) -> bool:
    now = (day.year if first[0] else 0, day.month, day.day)
    if first <= last:
        return first <= now <= last
    return now >= first or now <= last
