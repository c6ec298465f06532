"""Faults of a file, a setting or a request in our words: what the checking library says is for programmers."""

import re
from typing import Final

from pydantic_core import ErrorDetails

_SAID: Final = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "string_type": "must be a text",
    "string_pattern_mismatch": "holds signs that are not allowed here",
    "finite_number": "is not a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "list_type": "must be a list, like [a, b]",
    "tuple_type": "must be a list, like [a, b]",
    "set_type": "must be a list, like [a, b]",
    "dict_type": "must be keys with values",
    "model_type": "must be keys with values",
    "model_attributes_type": "must be keys with values",
    "dataclass_type": "must be keys with values",
    "timezone_aware": "has no time zone: write it like 2026-11-20T10:00:00+08:00",
    "json_invalid": "is no JSON",
    "json_type": "is no JSON",
    "none_required": "must be left out",
}
_BEGINNINGS: Final = (
    ("int", "is not a whole number"),
    ("float", "is not a number"),
    ("decimal", "is not a number"),
    ("datetime", "is no time: write it like 2026-11-20T10:00:00+08:00"),
    ("timezone", "is no time: write it like 2026-11-20T10:00:00+08:00"),
    ("date", "is no day: write it like 2026-11-20"),
    ("time", "is no length of time: write it like 90s"),
    ("uuid", "is no id"),
    ("url", "is no address: write it like https://example.org/path"),
    ("path", "is no file"),
    ("bytes", "must be a text"),
)
_LIMITS: Final = {
    "greater_than_equal": "must be at least {}",
    "greater_than": "must be more than {}",
    "less_than_equal": "must be at most {}",
    "less_than": "must be less than {}",
    "string_too_short": "must have at least {} letters",
    "string_too_long": "must have at most {} letters",
    "too_short": "must have at least {} values",
    "too_long": "must have at most {} values",
}
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def in_words(fault: ErrorDetails) -> str:
    """Return what is wrong with a value, without the value, which may hold anything."""
    kind, told = fault["type"], fault["msg"]
    if kind in ("value_error", "assertion_error"):
        return told.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if kind in ("literal_error", "enum"):
        return f"must be {told.removeprefix('Input should be ')}"
    if kind in _LIMITS and (number := _NUMBER.search(told)):
        return _LIMITS[kind].format(number[0])
    begun = next((words for beginning, words in _BEGINNINGS if kind.startswith(beginning)), "is not what stands here")
    return _SAID.get(kind, begun)
