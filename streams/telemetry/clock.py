"""Dates as cameras and aircraft print them; what no camera's clock can say is not a date."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

EARLIEST: Final = 2005
LATEST: Final = 2099
"""A clock that was never set begins in 1970, 1980 or 2000; no drone filmed a street before 2005."""

_DATE: Final = re.compile(
    r"(\d{4})[-:./](\d{1,2})[-:./](\d{1,2})[ T]+(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,6})\d*)?\s*(Z|[-+]\d{2}:?\d{2})?"
)
_ZONE: Final = re.compile(r"(?:UTC|GMT)?\s*([-+−])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_FARTHEST: Final = timedelta(hours=14)


def believable(time: datetime) -> datetime | None:
    """The time, or None where it can only be a clock that was not set."""
    return time if EARLIEST <= time.year <= LATEST else None


def parse_date(text: str, zone: tzinfo | None) -> datetime | None:
    """`2026:11:20 10:50:10` in any of its spellings, in `zone` unless it names its own; None when it is no date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    *whole, fraction, own = match.groups()
    named = parse_zone(own) if own else None
    year, month, day, hour, minute, second = (int(part) for part in whole)
    try:
        micro = int((fraction or "").ljust(6, "0"))
        return believable(datetime(year, month, day, hour, minute, second, micro, tzinfo=named or zone))
    except ValueError:
        return None


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
