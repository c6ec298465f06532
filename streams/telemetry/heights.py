"""Numbers as firmware prints them, and heights in metres or feet."""

import math
import re
from typing import Final

NUMBER: Final = r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d{1,2}(?![\w.]))?"
_LONGEST_NUMBER: Final = 20
_HEIGHT: Final = re.compile(
    rf"\bH\s+({NUMBER})\s*(?:m\b|(?=(?i:f(?:oo|ee)?t)\b))|\bBAROMETER\s*[:(]\s*({NUMBER})M?(?![\d.])"
    rf"|\bHb\s*:\s*({NUMBER})|\bReH\s*:\s*({NUMBER})"
)
_FEET: Final = re.compile(r"\s*(?:ft|feet|foot)\b", re.IGNORECASE)
_METRES_A_FOOT: Final = 0.3048
_HEIGHTS: Final = re.compile(rf"\b(rel_alt|abs_alt|altitude)\s*[:=]\s*({NUMBER})", re.IGNORECASE)


def number(text: str) -> float | None:
    """Return a printed number; None for one that no aircraft prints."""
    value = float(text.replace(",", ".")) if len(text) <= _LONGEST_NUMBER else math.nan
    return value if math.isfinite(value) else None


def metres_up(text: str) -> float | None:
    """Return the height of a line without keys, in metres where it is printed in feet."""
    found = _HEIGHT.search(text)
    height = next((number(part) for part in found.groups() if part), None) if found else None
    return height * _METRES_A_FOOT if found and height is not None and _FEET.match(text, found.end()) else height


def feet_in_metres(text: str) -> dict[str, float]:
    """Return the heights that a line prints in feet."""
    return {
        found[1].lower(): height * _METRES_A_FOOT
        for found in _HEIGHTS.finditer(text)
        if _FEET.match(text, found.end()) and (height := number(found[2])) is not None
    }
