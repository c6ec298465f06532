"""The few EXIF values that place a photo, read from a TIFF block; hostile files give less, never a fault."""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Value = bytes | tuple[float, ...]
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_CODES: Final = {3: "H", 4: "I", 5: "II", 9: "i", 10: "ii"}
_MOST: Final = 4096  # entries and bytes; more belongs to no value that is wanted here
_SIDES: Final = {
    2: {
        "N": 1,
        "NORTH": 1,
        "NORTHERN": 1,
        "北": 1,
        "北纬": 1,
        "S": -1,
        "SOUTH": -1,
        "SOUTHERN": -1,
        "南": -1,
        "南纬": -1,
    },
    4: {"E": 1, "EAST": 1, "EASTERN": 1, "东": 1, "东经": 1, "W": -1, "WEST": -1, "WESTERN": -1, "西": -1, "西经": -1},
}
_OTHER_DATUM: Final = re.compile(
    r"GCJ|BD.?09|mars|火星|高德|百度|tokyo|pulkovo|xi.?an|beijing|北京|西安|NAD.?27|ED.?50|OSGB", re.IGNORECASE
)
"""Datums that cameras and map editors name and that lie 50 to 1,300 m off; ITRF, CGCS2000, NAD83 and ETRS89 agree."""
_ALL_BITS: Final = 0xFFFFFFFF
_MOST_DEGREES: Final = {2: 90.0, 4: 180.0}


@dataclass(frozen=True, slots=True)
class Exif:
    """Tags of the main, camera and GPS directories; text as bytes, numbers as floats."""

    main: dict[int, Value]
    camera: dict[int, Value]
    gps: dict[int, Value]

    def number(self, directory: dict[int, Value], tag: int) -> float | None:
        """Return the first number of a tag."""
        value = directory.get(tag)
        return value[0] if isinstance(value, tuple) and value and math.isfinite(value[0]) else None

    def text(self, directory: dict[int, Value], tag: int) -> str:
        """Return the text of a tag, empty when absent."""
        value = directory.get(tag)
        return value.split(b"\0")[0].decode("utf-8", "replace").strip() if isinstance(value, bytes) else ""

    def degrees(self, tag: int) -> float | None:
        """Latitude (tag 2) or longitude (tag 4) in degrees, negative south and west.

        Degrees or minutes may be the last, with a fraction. None where any of its numbers is 0/0 ("not known") or out
        of range, where the sum is exactly 0 (what cameras without a fix write), or where no letter says on which side
        of the equator or of Greenwich it is.
        """
        value = self.gps.get(tag)
        if not isinstance(value, tuple) or not 1 <= len(value) <= 3 or not all(math.isfinite(part) for part in value):
            return None
        if len(value) < 3 and value[-1] % 1 == 0:  # the last of the numbers may have been lost
            return None
        degrees, minutes, seconds = (*(abs(part) for part in value), 0.0, 0.0)[:3]
        whole = degrees + minutes / 60 + seconds / 3600
        side = self._side(tag)
        contradicted = side == 1 and min(value) < 0
        if side is None or contradicted or not 0 < whole <= _MOST_DEGREES[tag] or max(minutes, seconds) > 60:
            return None
        return side * whole

    def _side(self, tag: int) -> int | None:
        """Return 1 or -1 by the first word of the hemisphere: "S", "S.", "South latitude"."""
        words = re.split(r"[\s.,;]+", self.text(self.gps, tag - 1).upper(), maxsplit=1)
        return _SIDES[tag].get(words[0])

    @property
    def lost_fix(self) -> bool:
        """Return whether the receiver says that its position is an old one (GPSStatus V, "void")."""
        return self.text(self.gps, 9).upper() == "V"

    @property
    def other_datum(self) -> str:
        """Return the datum that the position counts from (GPSMapDatum) where it is none that agrees with WGS-84."""
        datum = self.text(self.gps, 0x12)
        return datum[:20] if _OTHER_DATUM.search(datum) else ""

    def altitude(self) -> float | None:
        """Metres above the sea, negative below it."""
        metres = self.number(self.gps, 6)
        return -metres if metres is not None and self.gps.get(5) == b"\x01" else metres


def read_exif(block: bytes) -> Exif | None:
    """Return the directories of a TIFF block (what follows `Exif\\0\\0`); None when it is none."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return None
    (start,) = struct.unpack_from(order + "I", block, 4)
    main = dict(_directory(block, order, start))
    inner = []
    for tag in (0x8769, 0x8825):
        at = main.get(tag)
        place = at[0] if isinstance(at, tuple) and at else math.nan
        inner.append(dict(_directory(block, order, int(place))) if 0 <= place < len(block) else {})
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
            yield tag, tuple(_ratio(top, bottom) for top, bottom in pairs)
        else:
            yield tag, tuple(float(number) for number in numbers)


def _ratio(top: int, bottom: int) -> float:
    """Return a rational; nan for 0/0 and for all bits set, which both stand for "not known"."""
    return math.nan if bottom == 0 or top == bottom == _ALL_BITS else top / bottom
