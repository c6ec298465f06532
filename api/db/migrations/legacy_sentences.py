"""The sentences that early versions stored, read back into the codes that took their place (migrations 0009, 0010).

What they do not say (the date of an hour, a length to the second) stays unknown: `at` is hours and minutes alone.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

Param = str | int | float | None
Told = dict[str, object]
"""A reason as it is stored: `code` and `params`."""

RULING: Final = {
    "no_rule_for_class": "no rule speaks of {class_name}",
    "no_rule_here": "outside every zone in which a rule speaks of {class_name}",
    "inside_zone": "inside zone {zone} ({kind})",
    "permitted_site": "this is a permitted site and no rule limits it",
    "position_not_known": "the position is not known, so it may stand inside or outside {zones}",
    "position_uncertain": (
        "the position is uncertain by {error_m} m: it may stand inside or outside zone {zone} ({kind})"
    ),
    "within_hours": "{at} local time is within the permitted hours {hours}",
    "outside_hours": "{at} local time is outside the permitted hours {hours}",
    "hours_not_known": "the hours {hours} do not say whether {at} local time is permitted",
    "never_permitted": "{class_name} is not permitted here at any hour",
    "dwell_not_known": "how long it has stood is not known; up to {allowed_s} are allowed",
    "stood_since_hours": "has stood {dwell_s} since the permitted hours ended, {allowed_s} are allowed",
    "stood": "has stood {dwell_s}, {allowed_s} are allowed",
    "no_registry": "a permit is required, but there is no permit registry",
    "registry_stale": "the permit registry is of {as_of}, older than {max_age_s}",
    "permit_place_not_known": "the position is not known, so no permit can be looked up",
    "permit_place_uncertain": (
        "the position is uncertain by {error_m} m, too much to tell whether permit {permit} "
        "(within {tolerance_m} m) is meant"
    ),
    "permits_too_close": (
        "the position, uncertain by {error_m} m, does not tell permit {permit} (valid) from permit {other} (not valid)"
    ),
    "has_permit_until": "has permit {permit}, {distance_m} m away, valid to {valid_to}",
    "has_permit": "has permit {permit}, {distance_m} m away",
    "permit_expired": "permit {permit} expired on {valid_to} (registry as of {as_of})",
    "permit_not_yet_valid": "permit {permit} is valid only from {valid_from} (registry as of {as_of})",
    "no_permit_near": (
        "no valid permit within {tolerance_m} m: the nearest, {permit}, is {distance_m} m away (registry as of {as_of})"
    ),
    "no_permit_of_class": "no permit for {class_name} in the registry (as of {as_of})",
}
_FOOTAGE: Final = {
    "empty_folder": "this folder holds neither videos nor photos",
    "unknown_format": "neither a video (MP4, MOV, MKV, WebM, AVI, TS) nor a picture (JPEG, PNG, WebP)",
    "picture_not_video": "a picture, not a video",
    "video_damaged": "begins like a video but cannot be opened; is it complete?",
    "picture_damaged": "begins like a picture but does not decode; is it complete?",
    "unknown_codec": "in none of the codecs that footage comes in ({codecs})",
    "refused_by_decoder": "refused by the decoder ({detail})",
    "no_picture": "opens, but holds no picture that decodes after {second} s",
    "too_long": "claims to last {hours} hours; is it a recording of a flight?",
    "file_unreadable": "cannot be read ({detail})",
    "decoder_out_of_time": "reading took more than {seconds} s of CPU time",
    "decoder_out_of_memory": "the reading process failed: needs more memory than a reading process may have",
    "decoder_silent": "the reading process said nothing for {seconds} s and was ended",
    "decoder_died": "the reading process died ({how})",
    "decoder_failed": "the reading process failed: {detail}",
    "worker_exited": "its worker ended with exit code {exit_code}",
    "worker_crashed": "its worker ended with {signal}",
    "worker_out_of_memory": "its worker was ended because memory ran out",
    "stalled": "nothing moved for {seconds} s",
    "never_finished": "it was begun {times} times and never finished",
    "no_footage": "there is neither a video nor a photo among its files",
}
_NUMBERS: Final = ("second", "hours", "exit_code", "times")  # of footage: `hours` of a ruling is an expression
_SECONDS: Final = {"d": 86400, "h": 3600, "min": 60, "s": 1}
_SPAN: Final = re.compile(r"\d+ (?:d|h|min|s)(?: \d+ (?:h|min|s))?")


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    return re.compile("".join(f"(?P<{one}>.+)" if odd % 2 else re.escape(one) for odd, one in enumerate(parts)))


_RULING_PATTERNS: Final = {code: _pattern(text) for code, text in RULING.items()}
_FOOTAGE_PATTERNS: Final = {code: _pattern(text) for code, text in _FOOTAGE.items()}


def ruling_reason(sentence: str, chinese: str | None = None) -> Told:
    """Return the reason that a sentence of a ruling stands for."""
    known = _known(sentence, _RULING_PATTERNS, ())
    if known is not None:
        return known
    return legacy(sentence) if chinese is None else {"code": "legacy", "params": {"text": sentence, "text_zh": chinese}}


def footage_error(sentence: str, names: Iterable[str] = ()) -> Told:
    """Return the error that a sentence stands for; it may begin with the name of one of the files."""
    for name in names:
        if sentence.startswith(f"{name}: "):
            told = _known(sentence.removeprefix(f"{name}: "), _FOOTAGE_PATTERNS, _NUMBERS)
            if told is not None:
                return told
    if sentence.endswith("opens, but holds no picture that decodes"):
        return {"code": "no_picture", "params": {"second": 0}}
    return _known(sentence, _FOOTAGE_PATTERNS, _NUMBERS) or legacy(sentence)


def legacy(sentence: str) -> Told:
    """Return a reason of which nothing but its sentence is known."""
    return {"code": "legacy", "params": {"text": sentence}}


def _known(sentence: str, patterns: Mapping[str, re.Pattern[str]], numbers: Iterable[str]) -> Told | None:
    for code, pattern in patterns.items():
        found = pattern.fullmatch(sentence)
        if found is None:
            continue
        read = {name: _value(name, text, numbers) for name, text in found.groupdict().items()}
        if not any(value is None for value in read.values()):
            return {"code": code, "params": read}
    return None


def _value(name: str, text: str, numbers: Iterable[str]) -> Param:
    """Return the value of a parameter; None where the text is none of its kind."""
    if name.endswith("_s"):
        if not _SPAN.fullmatch(text):
            return None
        words = text.split()
        return float(sum(int(count) * _SECONDS[unit] for count, unit in zip(words[::2], words[1::2], strict=True)))
    if name.endswith("_m"):
        return float(text) if re.fullmatch(r"\d+(?:\.\d)?", text) else None
    if name in numbers:
        return int(text) if text.isdigit() else None
    return text
