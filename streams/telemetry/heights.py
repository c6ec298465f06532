"""Numbers as firmware prints them, and heights in metres or feet."""

import math
import re
from typing import Final

NUMBER: Final = r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d{1,2}(?![\w.]))?"
WHOLE: Final = r"(?![\d.]|,\d)"
"""Behind a number: it ends there; 1,234.5 is none."""
_LONGEST_NUMBER: Final = 20
_LETTER: Final = r"[^\W\d_]"
_GAP: Final = r"[ \t_]*"
_IN_FEET: Final = rf"{_GAP}(?i:(?:ft|feet|foot)(?!{_LETTER})|英尺|呎|['′])"
_IN_METRES: Final = rf"{_GAP}(?i:(?:m|mtrs?|met(?:er|re)s?)(?!{_LETTER})|米|公尺)"
_HEIGHT: Final = re.compile(
    rf"\bH\s+({NUMBER})(?={_IN_METRES}|{_IN_FEET})|\bBAROMETER\s*[:(]\s*({NUMBER}){WHOLE}"
    rf"|\bHb\s*:\s*({NUMBER}){WHOLE}|\bReH\s*:\s*({NUMBER}){WHOLE}"
)
_FEET: Final = re.compile(_IN_FEET)
_METRES: Final = re.compile(_IN_METRES)
# A word behind a height is its unit, unless it is a key: what has a value of its own.
_UNIT: Final = re.compile(rf"{_GAP}{_LETTER}[^\W_]*+(?:[._][^\W_]+)*+(?![ \t]*[:=(/]|[ \t]+[-+]?\d)")
_METRES_A_FOOT: Final = 0.3048
_HEIGHTS: Final = re.compile(rf"\b(rel_alt|abs_alt|altitude)\s*[:=]\s*({NUMBER}){WHOLE}", re.IGNORECASE)


def number(text: str) -> float | None:
    """Return a printed number; None for one that no aircraft prints."""
    value = float(text.replace(",", ".")) if len(text) <= _LONGEST_NUMBER else math.nan
    return value if math.isfinite(value) else None


def metres_up(text: str) -> float | None:
    """Return the height of a line without keys, in metres; None where its unit is another one than feet."""
    found = _HEIGHT.search(text)
    if found is None:
        return None
    group = found.lastindex or 0
    height, unit = number(found[group]), _unit(text, found.end(group))
    return None if height is None or unit is None else height * unit


def feet_in_metres(text: str) -> dict[str, float]:
    """Return the heights that a line prints in feet."""
    return {
        found[1].lower(): height * _METRES_A_FOOT
        for found in _HEIGHTS.finditer(text)
        if _FEET.match(text, found.end()) and (height := number(found[2])) is not None
    }


def of_unknown_unit(text: str) -> set[str]:
    """Return the keys of heights that a line prints in neither metres nor feet."""
    return {found[1].lower() for found in _HEIGHTS.finditer(text) if _unit(text, found.end()) is None}


def _unit(text: str, at: int) -> float | None:
    """Return the metres of the unit that is printed there, metres where there is none; None for any other."""
    if _FEET.match(text, at):
        return _METRES_A_FOOT
    return 1.0 if _METRES.match(text, at) or not _UNIT.match(text, at) else None
