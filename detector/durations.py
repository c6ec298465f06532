"""Lengths of time as people write them, in one grammar for rulebooks, camera files, settings and the command line."""

import re
from datetime import timedelta
from typing import Final

_NUMBER: Final = r"(\d{1,9}(?:\.\d{1,9})?)"
_PATTERN: Final = re.compile(
    r"\s*".join(f"(?:{_NUMBER}\\s*{unit})?" for unit in ("d", "h", "(?:min|m)", "s", "ms")), re.IGNORECASE
)


def parse_duration(value: object) -> timedelta:
    """Return the length of time that a text names: `500ms`, `90s`, `5m`, `2min`, `1h30m`, `7d`; `90` is 90 s.

    Numbers may have decimals, units go from long to short, each at most once.
    Raises ValueError, one readable line.
    """
    text = str(value).strip()
    found = _PATTERN.fullmatch(f"{text}s" if re.fullmatch(_NUMBER, text) else text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no length of time: write 500ms, 90s, 5m, 1h30m or 7d")
    days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than a length of time may be") from None
