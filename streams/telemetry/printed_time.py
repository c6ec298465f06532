"""The time that a subtitle prints: with its half of the day and its zone, or not known."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from streams.telemetry.clock import HALF_DAY, believable, of_half_day, parse_zone
from streams.telemetry.cues import Cue

_DATE: Final = re.compile(
    r"(?<!\d)(\d{4})[.\-/年](\d{1,2})[.\-/月](\d{1,2})(?:日\s*|[ T]+)"
    rf"({HALF_DAY})?\s*(\d{{1,2}}):(\d{{2}}):(\d{{2}})(?:[.,](\d+)(?:,(\d{{3}})(?!\d))?)?"
)
_GAP: Final = r"[ \t_]*[.,;]?[ \t_]*"
_HALF: Final = re.compile(rf"{_GAP}({HALF_DAY})(?!\d|[ \t]*[:=])")
_OFFSET: Final = r"(?:UTC|GMT)?[ \t]?[-+]\d{1,2}(?::?\d{2})?"
_NOT_8: Final = r"(?![ \t]*[-+]?[ \t]*\d+(?!\d|[.,]\d))"  # UTC 8 may be meant as UTC+8
_ZONE: Final = re.compile(
    rf"(?:{_GAP}[(\[]?({_OFFSET}|(?:Z|UTC|GMT){_NOT_8})[)\]]?|(Z))"
    r"(?![\w:=+-]|[ \t]+[:=]|[.,]\d)",
    re.IGNORECASE,
)
# What stands behind a clock and is neither a half of the day nor a zone that is known, but may be meant as one: CST,
# 晚上, +08:0. A word with a value behind it (GPS(1, 2), ISO: 100, D 5m) is the next thing that the line prints.
_UNKNOWN: Final = re.compile(
    rf"{_GAP}(?:[(\[]?(?i:UTC|GMT)|\(?(?:[-+][ \t]*\d+(?!\d|[.,]\d)"
    r"|(?!(?:GPS|RTK|HOME|BAROMETER|[A-Z]\.PRY)\b)[^\W\d_][^\W_]*+(?:[./][^\W\d_][^\W_]*+)*+"
    r"(?!_|[ \t]*[:=/]|[ \t]+[-+]?\d)))"
)
_QUARTER: Final = timedelta(minutes=15)  # every zone on earth is a whole number of these off UTC


def printed_time(cue: Cue, zone: tzinfo | None) -> datetime | None:
    """Return the time that a cue prints, in `zone` unless it names its own; None where it may be meant otherwise."""
    match = _DATE.search(cue.text)
    if match is None:
        return None
    *day, before, hour, minute, second, fraction, micros = match.groups()
    behind = cue.written[match.end() :].partition("\n")[0]
    half = _HALF.match(behind)
    end = half.end() if half else 0
    own = _ZONE.match(behind, end)
    named = _zone(own[1] or own[2]) if own else None
    if (own and named is None) or _UNKNOWN.match(behind, own.end() if own else end):
        return None
    said = before or (half and half[1])
    hours = of_half_day(int(hour), said) if said else int(hour)
    micro = int(f"{(fraction or '').ljust(3, '0')}{micros or ''}"[:6].ljust(6, "0"))
    try:
        year, month, date = (int(part) for part in day)
        return believable(datetime(year, month, date, hours, int(minute), int(second), micro, tzinfo=named or zone))
    except ValueError:
        return None


def of_one_kind(times: Sequence[datetime | None]) -> list[datetime | None]:
    """Return the times of one file, all with a zone or all without: those of the rarer kind are not known."""
    kinds = [time.tzinfo is not None for time in times if time is not None]
    kept = 2 * sum(kinds) >= len(kinds)
    return [time if time is None or (time.tzinfo is not None) == kept else None for time in times]


def _zone(text: str) -> timezone | None:
    named = parse_zone(text)
    return named if named is not None and not named.utcoffset(None) % _QUARTER else None
