"""When a recording began and how long it lasts, from a few bytes of its file: no picture is decoded."""

import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from streams.survey.telemetry_pairing import Span
from streams.telemetry.cues import cues, decode
from streams.telemetry.printed_time import of_one_kind
from streams.telemetry.srt import read_srt

UNKNOWN: Final = Span()
_PART: Final = 64 * 1024  # bytes read at either end of a sidecar; an even number, since some are UTF-16
_BOXES: Final = 10_000  # looked at in one video: more is hostile
_EPOCH: Final = datetime(1904, 1, 1, tzinfo=UTC)  # of ISO/IEC 14496-12
_LONGEST: Final = 24 * 3600.0  # seconds; no aircraft flies so long


def video_span(path: Path) -> Span:
    """Return what the movie header (`mvhd`) of an MP4 or MOV file says; unknown for whatever is none.

    Raises OSError.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        moov = _find(file, b"moov", 0, size)
        header = moov and _find(file, b"mvhd", *moov)
        if not header:
            return UNKNOWN
        file.seek(header[0])
        body = file.read(32)
    layout = ">4xQQIQ" if body[:1] == b"\1" else ">4xIIII"
    if len(body) < struct.calcsize(layout):
        return UNKNOWN
    created, _, scale, ticks = struct.unpack_from(layout, body)
    seconds = ticks / scale if scale else None
    start = _EPOCH + timedelta(seconds=created) if 0 < created < 2**33 else None
    return Span(start, seconds if seconds and seconds <= _LONGEST else None)


def telemetry_span(path: Path) -> Span:
    """First moment and length of a subtitle sidecar; unknown for whatever is none. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_PART)
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, (size - _PART) & ~1))
        tail = file.read(_PART)
    first, last = decode(head), decode(tail)
    begins, finishes = ([record.time for record in read_srt(part).records] for part in (first, last))
    times = of_one_kind([*begins, *finishes])
    started, ended = ([time for time in part if time] for part in (times[: len(begins)], times[len(begins) :]))
    opens = [cue.start for cue in cues(first) if cue.start is not None]
    closes = [cue.start for cue in cues(last) if cue.start is not None]
    seconds = None
    if opens and closes:
        seconds = closes[-1] - opens[0]
    elif started and ended:
        seconds = (ended[-1] - started[0]).total_seconds()
    return Span(started[0] if started else None, seconds if seconds is not None and 0 < seconds <= _LONGEST else None)


def _find(file: BinaryIO, wanted: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return where the body of the first box of that kind begins and ends, between two places of the file."""
    at = start
    for _ in range(_BOXES):
        if at + 8 > end:
            return None
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return None
        size, kind = struct.unpack_from(">I4s", head)
        body = at + 8
        if size == 1 and len(head) == 16:
            size, body = struct.unpack_from(">Q", head, 8)[0], at + 16
        elif size == 0:  # up to the end
            size = end - at
        if size < body - at:
            return None
        if kind == wanted:
            return body, min(at + size, end)
        at += size
    return None
