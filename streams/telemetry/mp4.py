"""Embedded subtitles of an MP4 or MOV file: the same text as a sidecar, without decoding a single picture."""

import os
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from streams.telemetry.cues import decode
from streams.video.file_type import kind_of

_LARGEST_INDEX: Final = 64 * 1024 * 1024  # a moov box beyond this is hostile
_LARGEST_TEXT: Final = 4096
_MOST_SAMPLES: Final = 1_000_000  # four hours at 60 lines a second
_DEEPEST: Final = 8  # boxes within boxes; a movie needs four
_TEXT: Final = (b"text", b"sbtl", b"subt")
_BINARY: Final = {b"djmd": "DJI's binary telemetry", b"dbgi": "DJI's debug track", b"gpmd": "GoPro's telemetry"}
_PARENTS: Final = (b"trak", b"mdia", b"minf", b"stbl")


def is_mp4(head: bytes) -> bool:
    """Return whether a file begins like an MP4 or MOV."""
    return kind_of(head) == "mp4"


def read_subtitles(path: Path, wanted: Callable[[str], bool] = lambda _: True) -> str:
    """Return the first subtitle track whose text is `wanted` as SubRip text, empty when the file has none."""
    with path.open("rb") as file:
        moov = _moov(file)
        for track in _boxes(moov, b"trak"):
            boxes = dict(_flat(track))
            if boxes.get(b"hdlr", b"")[8:12] in _TEXT and wanted(text := "\n".join(_cues(file, boxes))):
                return text
    return ""


def unread_tracks(path: Path) -> tuple[str, ...]:
    """Tracks of telemetry that the file has and that are not read here, in words."""
    with path.open("rb") as file:
        moov = _moov(file)
    kinds = {dict(_flat(track)).get(b"stsd", b"")[12:16] for track in _boxes(moov, b"trak")}
    return tuple(f"{kind.decode()} ({name})" for kind, name in _BINARY.items() if kind in kinds)


def _moov(file: BinaryIO) -> bytes:
    at, end = 0, os.fstat(file.fileno()).st_size
    while at < end:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        size, kind = struct.unpack_from(">I4s", head)
        header = 8
        if size == 1:
            size, header = struct.unpack(">Q", head[8:].ljust(8, b"\0"))[0], 16
        elif size == 0:  # up to the end of the file
            size = end - at
        if size < header:
            break
        if kind == b"moov" and size <= _LARGEST_INDEX:
            file.seek(at + header)
            return file.read(size - header)
        at += size
    return b""


def _boxes(data: bytes, wanted: bytes | None = None) -> Iterator[bytes]:
    for kind, body in _children(data):
        if wanted is None or kind == wanted:
            yield body


def _children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8 : at + size]
        at += size


def _flat(data: bytes, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    for kind, body in _children(data):
        if kind in _PARENTS and depth < _DEEPEST:
            yield from _flat(body, depth + 1)
        else:
            yield kind, body


def _cues(file: BinaryIO, boxes: dict[bytes, bytes]) -> Iterator[str]:
    scale = max(_uint(boxes.get(b"mdhd", b""), 20 if boxes.get(b"mdhd", b"\0")[:1] == b"\1" else 12), 1)
    clock, number, end = 0, 0, os.fstat(file.fileno()).st_size
    for place, size, lasts in zip(*_samples(boxes), strict=False):
        if place >= end:  # the index runs on behind the end of the file
            return
        file.seek(place)
        sample = file.read(min(size, _LARGEST_TEXT))
        length = _uint(sample[:2].rjust(4, b"\0"), 0)
        text = decode(sample[2 : 2 + length]).strip()
        if text:
            number += 1
            yield f"{number}\n{_stamp(clock / scale)} --> {_stamp((clock + lasts) / scale)}\n{text}\n"
        clock += lasts


def _samples(boxes: dict[bytes, bytes]) -> tuple[list[int], list[int], list[int]]:
    """Place in the file, size in bytes and duration in ticks of each sample."""
    stsz, stts, stsc = (boxes.get(kind, b"") for kind in (b"stsz", b"stts", b"stsc"))
    count = min(_uint(stsz, 8), _MOST_SAMPLES)
    same = _uint(stsz, 4)
    sizes = [same] * count if same else [_uint(stsz, 12 + 4 * i) for i in range(min(count, (len(stsz) - 12) // 4))]
    lasts: list[int] = []
    for i in range(min(_uint(stts, 4), len(stts) // 8)):
        lasts += [_uint(stts, 12 + 8 * i)] * min(_uint(stts, 8 + 8 * i), len(sizes) - len(lasts))
    wide = b"co64" in boxes
    table = boxes.get(b"co64" if wide else b"stco", b"")
    step, code = (8, ">Q") if wide else (4, ">I")
    chunks = [struct.unpack_from(code, table, at)[0] for at in range(8, len(table) - step + 1, step)]
    runs = [(_uint(stsc, 8 + 12 * i), _uint(stsc, 12 + 12 * i)) for i in range(min(_uint(stsc, 4), len(stsc) // 12))]
    runs.sort()
    places: list[int] = []
    for i, chunk in enumerate(chunks[:_MOST_SAMPLES], 1):
        at, run = chunk, bisect_right(runs, i, key=lambda one: one[0])
        per_chunk = runs[run - 1][1] if run else 0
        for _ in range(min(per_chunk, len(sizes) - len(places))):
            places.append(at)
            at += sizes[len(places) - 1]
    return places, sizes, lasts


def _uint(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4]) if 0 <= at <= len(data) - 4 else 0


def _stamp(seconds: float) -> str:
    whole, millis = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{millis:03d}"
