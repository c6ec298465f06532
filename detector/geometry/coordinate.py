"""One coordinate as people and firmware write it: 34.7466, S 34.7466, 34.7466 South, 34°44'47.8"N, 3.47e+01."""

import re
from typing import Final

_DIGITS: Final = r"\d{1,3}(?:[.,]\d{1,15})?(?:[eE][-+]?\d{1,2})?"
_SOUTH_OR_WEST: Final = (
    "south",
    "sur",
    "sul",
    "sud",
    "s",
    "南纬",
    "南",
    "west",
    "oeste",
    "ouest",
    "ovest",
    "w",
    "西经",
    "西",
)
_NORTH_OR_EAST: Final = ("north", "norte", "nord", "n", "北纬", "北", "east", "este", "leste", "est", "e", "东经", "东")
_NORTH_SOUTH: Final = "NS北南"
_SIDE: Final = rf"(?:{'|'.join((*_SOUTH_OR_WEST, *_NORTH_OR_EAST))})(?![A-Za-z])"
_WRITTEN: Final = re.compile(
    rf"(?:({_SIDE}|[NSEW](?=\s?[-+\d]))\s*)?([-+]?)({_DIGITS})"
    rf"(?:\s*[°d]\s*({_DIGITS})\s*['′](?:\s*({_DIGITS})\s*(?:[\"″]|'{{2}}|′{{2}}))?)?(?:\s*°)?(?:\s*({_SIDE}))?",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(r"[^\s,;)|]|,(?![A-Za-z_]{2,20}\s*[:=])\S|[\s,]*[\d°'\"]")
_MINUTES: Final = 60


def coordinate(text: str, *, whole: bool = False) -> tuple[float, str] | None:
    """Return degrees and the axis whose side is named, empty where none is; None where the text is written otherwise.

    South and west are negative. What stands behind a comma, a bar or a space and is no part of it is passed over,
    unless the `whole` text is to be one.
    """
    found = _WRITTEN.match(text)
    rest = text[found.end() :] if found else ""
    if found is None or _GOES_ON.match(rest) or (whole and rest.strip()):
        return None
    before, sign, degrees, minutes, seconds, behind = found.groups()
    parts = [float((part or "0").replace(",", ".")) for part in (degrees, minutes, seconds)]
    if minutes is not None and (parts[0] % 1 or max(parts[1:]) >= _MINUTES):
        return None
    named = (before or behind or "").lower()
    negative = named in _SOUTH_OR_WEST
    if (before and behind) or (sign == "-" and named in _NORTH_OR_EAST):
        return None
    value = parts[0] + parts[1] / _MINUTES + parts[2] / _MINUTES**2
    axis = "" if not named else "latitude" if named[0].upper() in _NORTH_SOUTH else "longitude"
    return -value if sign == "-" or negative else value, axis
