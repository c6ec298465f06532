"""Permitted hours: OpenStreetMap's opening_hours syntax, in the rulebook's time zone.

The library `opening-hours-py` evaluates the expression. Three things are done here, each measured with version 2.1.4:
it works on the wall clock, so instants are mapped to and fro here (an hour that a clock change repeats is judged twice,
one that it skips is never met); a window that runs past midnight into a day with hours of its own (the first night of a
season, a public holiday) is cut off at midnight by the library and kept here; a date that no calendar has ("Jun 31") is
read by it as "every day" and refused here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

from detector.rules.chinese_hours import plain_hours

# The stub of 2.1.4 leaves the library's exceptions out.
from opening_hours import ParserError, UnknownCountryError  # type: ignore[attr-defined]  # isort: skip

DAY: Final = timedelta(days=1)
LOOK_BACK_DAYS: Final = 366  # what was permitted longer ago than a year cannot excuse what stands today
_LONGEST: Final = 1000
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_IN: Final = dict(zip(_MONTHS, (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_DATE: Final = re.compile(rf"\b({'|'.join(_MONTHS)})\s*(\d{{1,2}})(?![\d:])")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_VAGUE: Final = re.compile(r"\d:\d{2}\s*(?:\+|/)")  # an open end, or moments that come again
_YEARS: Final = re.compile(r"(?:^|[\s;,])(\d{2})(\d{2})-(\d{2})(\d{2})(?=\s*(?:$|[;,]))")  # 1900-2300
_SUN: Final = re.compile(r"\b(sunrise|sunset|dawn|dusk)\b")
_HOLIDAY: Final = re.compile(r"\bPH\b")
_SCHOOL: Final = re.compile(r"\bSH\b")
_QUOTED: Final = re.compile(r'"[^"]*"')
_PART: Final = re.compile(r'(?:"[^"]*"|[^;"])+')


class HoursInvalid(ValueError):
    """The hours cannot be read, or could never be told; the text says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours of one day in wall-clock time, half-open; not `certain` where the expression itself says "unknown"."""

    start: datetime
    end: datetime
    certain: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """Permitted hours that can be asked; made by `read_hours`."""

    text: str
    timezone: ZoneInfo
    whole: OpeningHours
    parts: tuple[tuple[str, OpeningHours], ...]
    country: str | None = None  # whose holidays they speak of; None where they speak of none

    def permitted(self, at: datetime) -> bool | None:
        """Return whether the hours permit at the aware instant `at`; None where the expression says "unknown".

        None too in a year of which the calendar knows no public holiday, where the hours speak of them.
        """
        wall = at.astimezone(self.timezone).replace(tzinfo=None, fold=0)
        if self.country is not None and not all(_holidays_known(self.country, day.year) for day in (wall, wall - DAY)):
            return None
        found = [stretch.certain for stretch in self._stretches(wall.date()) if stretch.start <= wall < stretch.end]
        return any(found) or (None if found else False)

    def last_permitted(self, start: datetime, at: datetime) -> datetime | None:
        """Return the latest instant in [start, at] at which a permitted stretch ended (or still ran).

        None where none did.

        Stretches that the expression calls "unknown", and years whose holidays are not known, count as permitted: what
        may have been allowed starts no clock.
        """
        day, first = at.astimezone(self.timezone).date(), start.astimezone(self.timezone).date()
        first = max(first, day - LOOK_BACK_DAYS * DAY)
        while day >= first:
            if self.country is not None and not _holidays_known(self.country, day.year):
                return at
            ends = [
                min(end, at)
                for stretch in self._stretches(day)
                for begin, end in self._instants(stretch, day)
                if begin <= at and end >= start
            ]
            if ends:
                return max(ends)
            day -= DAY
        return None

    def _stretches(self, day: date) -> list[Stretch]:
        midnight = datetime.combine(day, time())
        found = [
            Stretch(begin.replace(tzinfo=None), end.replace(tzinfo=None), state == State.OPEN)
            for begin, end, state, _ in self.whole.intervals(midnight, midnight + DAY)
            if state != State.CLOSED
        ]
        carried = self._carried_over(midnight)
        return [carried, *found] if carried else found

    def _carried_over(self, midnight: datetime) -> Stretch | None:
        """Return what is left after `midnight` of the window that began yesterday; None where there is none."""
        if len(self.parts) < 2:
            return None
        *_, last = self.whole.intervals(midnight - DAY, midnight)
        if last[2] == State.CLOSED:
            return None
        began = last[0].replace(tzinfo=None)
        for text, part in reversed(self.parts):  # the last part that speaks for yesterday decided
            if part.state(began)[0] != last[2]:
                continue
            ends = [_span_end(span, midnight) for span in _SPAN.finditer(text) if _clock(span, 1) == began.time()]
            if _SUN.search(text):  # no clock time to read: what the part says by itself
                ends += [end.replace(tzinfo=None) for _, end, *_ in [next(part.intervals(began, midnight + DAY))]]
            end = max((end for end in ends if end > midnight), default=None)
            return Stretch(midnight, end, last[2] == State.OPEN) if end else None
        return None

    def _instants(self, stretch: Stretch, day: date) -> list[tuple[datetime, datetime]]:
        """Return the stretch as instants: one pair, or one for each side of a clock change."""
        begin = datetime.combine(day, time(), self.timezone).astimezone(UTC)
        end = datetime.combine(day + DAY, time(), self.timezone).astimezone(UTC)
        found = []
        for piece_begin, piece_end in _pieces(begin, end, self.timezone):
            offset = _offset(piece_begin, self.timezone)
            first = max((stretch.start - offset).replace(tzinfo=UTC), piece_begin)
            last = min((stretch.end - offset).replace(tzinfo=UTC), piece_end)
            if first < last:
                found.append((first, last))
        return found


def read_hours(
    text: str, timezone: ZoneInfo, country: str | None = None, place: tuple[float, float] | None = None
) -> Hours:
    """Return the hours that `text` writes down; raises HoursInvalid.

    `country` (two letters) is the calendar behind PH, `place` (lat, lon) where the sun rises for sunrise and sunset.
    """
    check_hours(text)
    text = plain_hours(text)
    holidays = _HOLIDAY.search(_QUOTED.sub("", text)) is not None
    if _SCHOOL.search(_QUOTED.sub("", text)):
        raise HoursInvalid(
            f"hours {text!r} speak of school holidays (SH): no school holidays are known for "
            f"{country or 'any country'}; write their days, as in Jul 01-Aug 31"
        )
    if holidays and country is None:
        raise HoursInvalid(f"hours {text!r} speak of public holidays: add `country` (two letters, CN) to the rulebook")
    sunny = _SUN.search(text) is not None
    if sunny and place is None:
        raise HoursInvalid(f"hours {text!r} follow the sun, but no zone is on the ground: write clock times")

    def parsed(part: str) -> OpeningHours:
        return OpeningHours(
            part,
            timezone=timezone if sunny else None,
            country=country,
            coords=place if sunny else None,
            auto_country=False,
            auto_timezone=sunny,  # without it, the library forgets the place; the zone given wins all the same
        )

    parts = [part.strip() for part in _PART.findall(text)]
    readable = len(parts) > 1 and "||" not in text and all(_parses(part) for part in parts)
    return Hours(text, timezone, parsed(text), tuple((part, parsed(part)) for part in parts) if readable else (),
                 country if holidays else None)  # fmt: skip


def check_hours(text: str) -> None:
    """Raise HoursInvalid where `text` is no opening_hours expression, with the column."""
    text = plain_hours(text)
    if len(text) > _LONGEST:
        raise HoursInvalid(f"hours of {len(text)} characters: write at most {_LONGEST}")
    try:
        OpeningHours(text)
    except ParserError as error:
        found = re.search(r"--> \d+:(\d+)", str(error))
        column = int(found[1]) if found else 1
        raise HoursInvalid(
            f"hours {text!r} cannot be read at column {column}: write them like 19:00-25:00 or "
            "Jul 01-Oct 31 18:00-26:00 (opening_hours syntax)"
        ) from error
    if found := _YEARS.search(_QUOTED.sub("", text)):
        raise HoursInvalid(f"hours {text!r} name years and no hour: write {found[1]}:{found[2]}-{found[3]}:{found[4]}")
    for comment in _QUOTED.finditer(text):
        if not text[: comment.start()].rstrip().endswith("unknown"):
            raise HoursInvalid(
                f"hours {text!r} have a comment at column {comment.start() + 1}, and no hour can be held against it: "
                "leave it out, or write unknown before it"
            )
    for vague in _VAGUE.finditer(_QUOTED.sub(lambda one: " " * len(one[0]), text)):
        raise HoursInvalid(
            f"hours {text!r} do not say when they end at column {vague.end()}: write both, like 10:00-22:00"
        )
    for found in _DATE.finditer(text):
        if not 1 <= int(found[2]) <= _DAYS_IN[found[1]]:
            raise HoursInvalid(f"hours {text!r} name a day that no calendar has at column {found.start() + 1}")


def check_country(country: str) -> None:
    """Raise HoursInvalid where no calendar of public holidays is known for the country."""
    try:
        OpeningHours("PH off", country=country)
    except UnknownCountryError as error:
        raise HoursInvalid(f"country {country!r} is not known: write two capital letters such as CN") from error


@cache
def _holidays_known(country: str, year: int) -> bool:
    """Return whether the calendar of a country holds any public holiday of a year."""
    if not 1900 < year < 9998:
        return False
    first, last = (datetime.combine(date(one, 1, 1), time()) for one in (year, year + 1))
    days = OpeningHours("PH 00:00-24:00", country=country).intervals(first, last)
    return any(state == State.OPEN for _, _, state, _ in days)


def _parses(text: str) -> bool:
    try:
        OpeningHours(text)
    except ParserError:
        return False
    return True


def _clock(span: re.Match[str], group: int) -> time:
    return time(int(span[group]) % 24, int(span[group + 1]))


def _span_end(span: re.Match[str], midnight: datetime) -> datetime:
    began, ended = (timedelta(hours=int(span[i]), minutes=int(span[i + 1])) for i in (1, 3))
    return midnight - DAY + (ended + DAY if ended <= began else ended)


def _offset(at: datetime, timezone: ZoneInfo) -> timedelta:
    return at.astimezone(timezone).utcoffset() or timedelta()


def _pieces(begin: datetime, end: datetime, timezone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Cut the day where the clocks change, so that in each piece the wall clock runs evenly (one change a day)."""
    before, after = _offset(begin, timezone), _offset(end, timezone)
    if before == after:
        return [(begin, end)]
    low, high = begin, end
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, timezone) == before else (low, middle)
    return [(begin, high), (high, end)]
