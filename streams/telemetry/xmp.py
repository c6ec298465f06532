"""Names and values of an XMP packet, whichever way they are written.

By pattern and not by an XML parser: some aircraft break lines inside of names, and a hostile packet can then expand no
entities.
"""

import re
from typing import Final

_PACKET: Final = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r'([\w-]+:[\w-]+)\s*=\s*"([^"]{0,2000})"')
_ELEMENT: Final = re.compile(r"<([\w-]+:[\w-]+)(?:\s[^<>]{0,200})?>([^<>]{0,2000})</\1\s*>")


def find_xmp(data: bytes) -> str:
    """The text of the first XMP packet in a file's bytes, empty when there is none."""
    match = _PACKET.search(data)
    return match.group(0).decode("utf-8", "replace") if match else ""


def values(xmp: str) -> dict[str, str]:
    """`prefix:Name` to text, from attributes and plain elements; the first of a name stands."""
    found: dict[str, str] = {}
    for name, value in (*_ATTRIBUTE.findall(xmp), *_ELEMENT.findall(xmp)):
        found.setdefault(name, value.strip())
    return found


def inside(xmp: str, name: str) -> dict[str, str]:
    """`values` of one nested element only: several frames of reference may use the same names inside."""
    match = re.search(rf"<{re.escape(name)}\b([^<>]*/>|.*?</{re.escape(name)}\s*>)", xmp, re.DOTALL)
    return values(match.group(1)) if match else {}


def number(text: str | None) -> float | None:
    """A value as a number: `+12.5`, `-86831/1600`, or degrees and minutes as `40,42.62N`; None when it is none."""
    text = (text or "").strip()
    if match := re.fullmatch(r"([-+]?\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)", text):
        bottom = float(match.group(2))
        return float(match.group(1)) / bottom if bottom else None
    if match := re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])", text):
        degrees, minutes, seconds, side = match.groups()
        whole = float(degrees) + float(minutes) / 60 + float(seconds or 0) / 3600
        return -whole if side in "SW" else whole
    return float(text) if re.fullmatch(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", text) else None
