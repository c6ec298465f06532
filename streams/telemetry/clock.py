"""Dates as cameras and aircraft print them; what no camera's clock can say is not a date."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

EARLIEST: Final = 2005
LATEST: Final = 2099
"""A clock that was never set begins in 1970, 1980 or 2000; no drone filmed a street before 2005."""

HALF_DAY: Final = r"(?:[AaPp](?:\. ?)?[Mm]\.?(?![A-Za-z])|上午|下午)"
_DATE: Final = re.compile(
    rf"(\d{{4}})[-:./年]\s?(\d{{1,2}})[-:./月]\s?(\d{{1,2}})(?:日\s*|[ T]+)({HALF_DAY})?\s*"
    rf"(\d{{1,2}}):\s?(\d{{1,2}}):\s?(\d{{1,2}})(?:\.(\d{{1,6}})\d*)?\s*({HALF_DAY})?\s*(Z|UTC|[-+]\d{{2}}(?::?\d{{2}})?)?"
)
_ZONE: Final = re.compile(r"(?:UTC|GMT)?\s*([-+−])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_NOON: Final = 12
_FARTHEST: Final = timedelta(hours=14)


def believable(time: datetime) -> datetime | None:
    """Return the time, or None where it can only be a clock that was not set."""
    return time if EARLIEST <= time.year <= LATEST else None


def parse_date(text: str, zone: tzinfo | None) -> datetime | None:
    """`2026:11:20 10:50:10` in any of its spellings, in `zone` unless it names its own; None when it is no date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    *date, before, hours, minutes, seconds, fraction, behind, own = match.groups()
    named = parse_zone(own) if own else None
    year, month, day, hour, minute, second = (int(part) for part in (*date, hours, minutes, seconds))
    if said := before or behind:
        hour = of_half_day(hour, said)
    try:
        micro = int((fraction or "").ljust(6, "0"))
        return believable(datetime(year, month, day, hour, minute, second, micro, tzinfo=named or zone))
    except ValueError:
        return None


def of_half_day(hour: int, said: str) -> int:
    """Return the hour of the day of a clock of twelve hours; one that no such clock shows stays beyond midnight."""
    if not 1 <= hour <= _NOON:
        return 2 * _NOON
    return hour % _NOON + (_NOON if said[0] in "Pp下" else 0)


def parse_zone(text: str) -> timezone | None:
    """`+08:00`, `+0800`, `+8`, `UTC+8` or `Z`; None where it is blank, which EXIF 2.31 has for "not known"."""
    text = text.strip()
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > _FARTHEST or int(match[3] or 0) > 59:
        return None
    return timezone(offset if match[1] == "+" else -offset)
