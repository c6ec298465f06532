"""Spans of time as people type them: `90s`, `5m`, `1h30m`."""

import re
from datetime import timedelta

import typer

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def parse_duration(option: str, text: str) -> timedelta:
    """The span that `text` names; a bare number means seconds. Raises typer.BadParameter naming the option."""
    compact = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        compact += "s"
    if not re.fullmatch(f"(?:{_PART.pattern})+", compact):
        raise typer.BadParameter(f"{option} {text!r} is no span of time: write it like 90s, 5m or 1h30m")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(compact))
    if not 0 < seconds <= 366 * 86400:
        raise typer.BadParameter(f"{option} {text!r} is out of range: more than 0, at most a year")
    return timedelta(seconds=seconds)
