"""The few EXIF values that place a photo, read from a TIFF block; hostile files give less, never a fault."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Value = bytes | tuple[float, ...]
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_CODES: Final = {3: "H", 4: "I", 5: "II", 9: "i", 10: "ii"}
_MOST: Final = 4096  # entries and bytes; more belongs to no value that is wanted here


@dataclass(frozen=True, slots=True)
class Exif:
    """Tags of the main, camera and GPS directories; text as bytes, numbers as floats."""

    main: dict[int, Value]
    camera: dict[int, Value]
    gps: dict[int, Value]

    def number(self, directory: dict[int, Value], tag: int) -> float | None:
        """The first number of a tag."""
        value = directory.get(tag)
        return value[0] if isinstance(value, tuple) and value else None

    def text(self, directory: dict[int, Value], tag: int) -> str:
        """The text of a tag, empty when absent."""
        value = directory.get(tag)
        return value.split(b"\0")[0].decode("latin-1").strip() if isinstance(value, bytes) else ""

    def degrees(self, tag: int) -> float | None:
        """Latitude (tag 2) or longitude (tag 4) in degrees, negative south and west."""
        value = self.gps.get(tag)
        if not isinstance(value, tuple) or len(value) != 3:
            return None
        whole = value[0] + value[1] / 60 + value[2] / 3600
        return -whole if self.text(self.gps, tag - 1) in ("S", "W") else whole

    def altitude(self) -> float | None:
        """Metres above the sea, negative below it."""
        metres = self.number(self.gps, 6)
        return -metres if metres is not None and self.gps.get(5) == b"\x01" else metres


def read_exif(block: bytes) -> Exif | None:
    """The directories of a TIFF block (what follows `Exif\\0\\0`); None when it is none."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return None
    (start,) = struct.unpack_from(order + "I", block, 4)
    main = dict(_directory(block, order, start))
    inner = []
    for tag in (0x8769, 0x8825):
        at = main.get(tag)
        inner.append(dict(_directory(block, order, int(at[0]))) if isinstance(at, tuple) and at else {})
    return Exif(main, *inner)


def _directory(block: bytes, order: str, start: int) -> Iterator[tuple[int, Value]]:
    if start + 2 > len(block):
        return
    (count,) = struct.unpack_from(order + "H", block, start)
    for i in range(min(count, _MOST)):
        entry = start + 2 + 12 * i
        if entry + 12 > len(block):
            return
        tag, kind, many = struct.unpack_from(order + "HHI", block, entry)
        size = _SIZES.get(kind, 0) * many
        if not 0 < size <= _MOST:
            continue
        at = entry + 8 if size <= 4 else struct.unpack_from(order + "I", block, entry + 8)[0]
        if at + size > len(block):
            continue
        if kind in (1, 2, 7):
            yield tag, block[at : at + size]
            continue
        numbers = struct.unpack_from(order + _CODES[kind] * many, block, at)
        if kind in (5, 10):  # rationals
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            yield tag, tuple(top / bottom if bottom else 0.0 for top, bottom in pairs)
        else:
            yield tag, tuple(float(number) for number in numbers)
