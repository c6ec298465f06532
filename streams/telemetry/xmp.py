"""Names and values of an XMP packet, whichever way they are written.

By pattern and not by an XML parser: some aircraft break lines inside of names, and a hostile packet can then expand no
entities.
"""

import re
from typing import Final

_LARGEST: Final = 1024 * 1024  # bytes of a packet; aircraft write some kilobytes
_LONGEST_NUMBER: Final = 40
_NAME: Final = r"[\w-]{1,60}:[\w-]{1,60}"
# Names begin where a word begins and are short: else a hostile packet is searched again from each of its letters.
_ATTRIBUTE: Final = re.compile(
    rf"""(?<![\w-])({_NAME})\s{{0,20}}=\s{{0,20}}(["'])((?:(?!\2).){{0,2000}})\2""", re.DOTALL
)
_ELEMENT: Final = re.compile(rf"<({_NAME})(?:\s[^<>]{{0,200}})?>([^<>]{{0,2000}})</\1\s{{0,20}}>")


def find_xmp(data: bytes) -> str:
    """The text of the first XMP packet in a file's bytes, empty when there is none."""
    start = data.find(b"<x:xmpmeta")
    end = data.find(b"</x:xmpmeta>", start, start + _LARGEST) if start >= 0 else -1
    return data[start:end].decode("utf-8", "replace") if end >= 0 else ""


def values(xmp: str) -> dict[str, str]:
    """`prefix:Name` to text, from attributes and plain elements; the first of a name stands."""
    found: dict[str, str] = {}
    attributes = ((name, value) for name, _, value in _ATTRIBUTE.findall(xmp))
    for name, value in (*attributes, *_ELEMENT.findall(xmp)):
        found.setdefault(name, value.strip())
    return found


def inside(xmp: str, name: str) -> dict[str, str]:
    """`values` of one nested element only: several frames of reference may use the same names inside."""
    begin = re.search(rf"<{re.escape(name)}(?![\w-])[^<>]*>", xmp)
    if begin is None:
        return {}
    end = -1 if begin.group().endswith("/>") else xmp.find(f"</{name}", begin.end())
    return values(xmp[begin.start() : max(begin.end(), end)])


def number(text: str | None) -> float | None:
    """A value as a number; None when it is none.

    `+12.5`, `-86831/1600`, degrees and minutes as `40,42.62N`, or degrees with their letter as `40.71 N`.
    """
    text = (text or "").strip()
    if len(text) > _LONGEST_NUMBER:
        return None
    if match := re.fullmatch(r"([-+]?\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)", text):
        bottom = float(match.group(2))
        return float(match.group(1)) / bottom if bottom else None
    if match := re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?\s*([NSEWnsew])", text):
        degrees, minutes, seconds, side = match.groups()
        whole = float(degrees) + float(minutes) / 60 + float(seconds or 0) / 3600
        return -whole if side in "SWsw" else whole
    if match := re.fullmatch(r"(\d+\.\d+)\s*°?\s*([NSEWnsew])", text):
        return -float(match.group(1)) if match.group(2) in "SWsw" else float(match.group(1))
    return float(text) if re.fullmatch(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?", text) else None
