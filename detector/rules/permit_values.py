"""The values of a permit table as offices write them: days, numbers with their units, degrees."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from math import isfinite
from typing import Final

from detector.geometry.coordinate import coordinate

_MIDNIGHT: Final = r"(?:[ T]0{1,2}:00(?::00)?)"
_DAY: Final = re.compile(rf"(\d{{4}})[-/.年]\s?(\d{{1,2}})[-/.月]\s?(\d{{1,2}})日?{_MIDNIGHT}?")
_COMPACT_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_LAST_SECOND: Final = re.compile(r"[ T]23:59(?::59)?$")
_AROUND_A_DAY: Final = {
    "valid_from": re.compile(r"^(?:自|从)?(.*?)(?:起|开始)?$"),
    "valid_to": re.compile(r"^(?:至|到)?(.*?)(?:止|截止|为止)?$"),
}
_WITHOUT_END: Final = ("长期", "长期有效", "永久", "永久有效", "无限期", "无期限", "unlimited", "permanent")
_SERIAL: Final = re.compile(r"[34567]\d{4}(?:\.0+)?")
_SERIAL_ZERO: Final = date(1899, 12, 30)  # day 0 of a spreadsheet
_UNIT: Final = re.compile(r"\s*(?:m|米|公尺|metres?|meters?)$", re.IGNORECASE)
_TURN: Final = re.compile(r"\s*(?:°|度|deg(?:rees?)?)$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"([-+]?\d{1,12})(?:[.,](\d{1,15}))?(?:[eE][-+]?\d{1,2})?")
_GROUP: Final = 3  # digits of a group of thousands


def read_number(cells: Mapping[str, str], name: str, low: float, high: float, faults: list[str]) -> float | None:
    """Return the number of a cell, without its unit; None with a fault where there is none, or one out of range."""
    unit = _TURN if name == "bearing_deg" else _UNIT
    value = _value(unit.sub("", _plain(cells[name])), high)
    return _within(value, cells[name], name, (low, high), faults)


def read_coordinate(cells: Mapping[str, str], name: str, faults: list[str]) -> float | None:
    """Return the degrees of a cell: with a point, with their side, or with minutes and seconds; None with a fault."""
    high, axis = (90.0, "latitude") if name == "lat" else (180.0, "longitude")
    text = _plain(cells[name])
    value = _value(_TURN.sub("", text), high)
    if value is None and (said := coordinate(text, whole=True)) is not None and said[1] in ("", axis):
        value = said[0] if "," not in text else None
    return _within(value, cells[name], name, (-high, high), faults)


def _within(
    value: float | None, written: str, name: str, limits: tuple[float, float], faults: list[str]
) -> float | None:
    low, high = limits
    if value is None:
        faults.append(f"{name} {written!r} is not a number")
        return None
    if isfinite(value) and low <= value <= high:
        return value
    hint = ": latitude and longitude look swapped" if name == "lat" and 90 < abs(value) <= 180 else ""
    faults.append(f"{name} {written} is not between {low:g} and {high:g}{hint}")
    return None


def _plain(text: str) -> str:
    """Return a value with the digits and signs of Chinese keyboards as those of others."""
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-")


def _value(text: str, high: float) -> float | None:
    """Return a number with a point or, where `;` separates, a comma; None where `1,000` may be one or a thousand."""
    if text.lower().lstrip("+-") in ("nan", "inf"):
        return float(text)
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, part = found.groups()
    thousands = "," in text and len(part) == _GROUP and whole.lstrip("+-") not in ("", "0")
    if thousands and abs(float(whole + part)) <= high:
        return None
    return float(text.replace(",", "."))


def day_of(text: str) -> date | None:
    """Return a day whose year stands first: 2026-11-20, 2026/1/1, 2026年1月1日, 20261120; None where it is none."""
    plain = _plain(text).strip()
    found = _DAY.fullmatch(plain) or _COMPACT_DAY.fullmatch(plain)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def read_day(cells: Mapping[str, str], name: str, faults: list[str]) -> date | None:
    """Return a day as 2026-11-20, 2026/1/1, 2026年1月1日 or 20261120; the year stands first, else it is doubtful."""
    if not cells[name] or (name == "valid_to" and cells[name].lower() in _WITHOUT_END):
        return None
    text = _plain(cells[name])
    if name == "valid_to":
        text = _LAST_SECOND.sub("", text)
    if (around := _AROUND_A_DAY[name].match(text)) is not None:
        text = around[1].strip()
    if (read := day_of(text)) is not None:
        return read
    hint = ""
    if _SERIAL.fullmatch(text):
        day = _SERIAL_ZERO + timedelta(days=int(float(text)))
        hint = f": as a spreadsheet counts days it is {day}; format the column as a date and save it again"
    elif set(text) == {"#"}:
        hint = ": the column was too narrow when it was saved; widen it and save it again"
    faults.append(f"{name} {cells[name]!r} is not a day like 2026-11-20{hint}")
    return None
