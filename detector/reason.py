"""Why something is as it is: a code with parameters that is stored, and put into words for whoever reads it.

The name of a parameter says what it is: `*_s` seconds, `*_m` metres, `at` a time (ISO 8601 with its offset, shown as
hours and minutes); every other value is shown as it stands.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

Param = str | int | float | None
Translate = Callable[[str], str]
"""Gives the text of a catalogue for the English one; gettext's `gettext`."""


def N_(message: str) -> str:  # gettext's customary name for "translate this later"
    """Mark a text for the catalogue; it is translated where it is shown."""
    return message


LEGACY: Final = "legacy"
"""The code of a reason of an earlier version, of which only its sentence is known: the parameter `text`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `params` are plain values of JSON."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)


def say(reason: Reason, texts: Mapping[str, str], translate: Translate = str) -> str:
    """Return a reason as a sentence; one whose code is not among `texts` is shown as it is called."""
    if reason.code == LEGACY:
        return str(reason.params.get("text", ""))
    text = texts.get(reason.code)
    if text is None:
        return reason.code.replace("_", " ")
    shown = {name: _shown(name, value, translate) for name, value in reason.params.items()}
    # a row of an earlier version may lack a parameter that the sentence has by now
    return translate(text) % defaultdict(lambda: "?", shown)


_UNITS: Final = ((86400, N_("%d d")), (3600, N_("%d h")), (60, N_("%d min")), (1, N_("%d s")))


def duration(seconds: float, translate: Translate = str) -> str:
    """Return a length of time in its two largest units, rounded down: 6 min 12 s, 2 h 5 min, 3 d 4 h, 5 min."""
    left = max(int(seconds), 0)
    counts: list[tuple[int, str]] = []
    for size, text in _UNITS:
        count, left = divmod(left, size)
        if count or counts or size == 1:
            counts.append((count, text))
    first, *second = counts[:2]
    return " ".join(translate(text) % count for count, text in (first, *(one for one in second if one[0])))


def metres(length: float) -> str:
    """Return a length in metres, with one decimal below ten."""
    return f"{length:.1f}" if length < 10 else f"{length:.0f}"


def _shown(name: str, value: Param, translate: Translate) -> str:
    if name.endswith("_s") and isinstance(value, int | float):
        return duration(value, translate)
    if name.endswith("_m") and isinstance(value, int | float):
        return metres(value)
    if name == "at" and isinstance(value, str) and "T" in value:  # rows of early versions have no more than hh:mm
        return f"{datetime.fromisoformat(value):%H:%M}"
    return "?" if value is None else str(value)
