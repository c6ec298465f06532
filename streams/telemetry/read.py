"""Telemetry of any file, told apart by its content: file names are not reliable."""

import re
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Final

from shapely.geometry import Polygon

from streams.errors import TelemetryUnreadable
from streams.telemetry.cues import decode
from streams.telemetry.klv import KEY, is_transport_stream, read_klv
from streams.telemetry.mp4 import is_mp4, read_subtitles, unread_tracks
from streams.telemetry.photo import read_photo
from streams.telemetry.record import Telemetry
from streams.telemetry.srt import is_telemetry, read_srt
from streams.video.file_type import kind_of, still_of

_LARGEST: Final = 256 * 1024 * 1024
_PADDED: Final = 8  # zeros at the end from which on they are no text
_NOTHING: Final = "neither subtitles, nor a photo, nor KLV packets"
_HEAD: Final = 4096
_LOGS: Final = (
    ("a GPX track", re.compile(r"<gpx\b")),
    ("a KML track", re.compile(r"<kml\b")),
    ("an NMEA log", re.compile(r"^\$(?:G[PNL]|BD)[A-Z]{3},", re.MULTILINE)),
    ("a .MRK file of photo positions", re.compile(r"\d,Lat\s+-?[\d.]+,Lon")),
    ("a JSON log", re.compile(r"\A\s*[{[]\s*[\"{[]")),
    (
        "a flight log as a table (AirData, Litchi, DJI)",
        re.compile(r"\A[^\n]*\blat(?:itude)?\b[^\n]*[,;\t]", re.IGNORECASE),
    ),
)
_PICTURES: Final = (b"\xff\xd8", b"II*\0", b"MM\0*")


def read_telemetry(
    path: Path,
    *,
    zone: tzinfo | None = None,
    area: Polygon | None = None,
    span: tuple[float, float] | None = None,
) -> Telemetry:
    """Return every good record of a sidecar, a video's subtitle track, a photo or a KLV stream, and what was skipped.

    `zone` is the clock of the aircraft, for aware times; `area` (lon, lat) is where the flight was ordered. With a
    `span` (seconds) only the records of that part of a subtitle file are given. Raises TelemetryUnreadable when the
    file cannot be opened or holds nothing that we know.
    """
    try:
        if not path.is_file():
            raise TelemetryUnreadable(f"{path}: cannot be opened: it is no file")
        with path.open("rb") as file:
            head = file.read(4096)
            if is_mp4(head):
                return _track(path, zone, area, span)
            _refuse_others(path, head)
            data = head + file.read(_LARGEST)
    except OSError as error:
        raise TelemetryUnreadable(f"{path}: cannot be opened: {error.strerror or error}") from error
    if not data.strip():
        return Telemetry((), (f"{path.name}: the file is empty",))
    if data[:4].startswith(_PICTURES):
        photo = read_photo(data, zone=zone)
        if photo is None:
            raise TelemetryUnreadable(f"{path}: this picture does not say where it was taken")
        return Telemetry((photo.record,))
    if data.startswith(KEY) or is_transport_stream(data):
        telemetry = read_klv(data)
        if not telemetry.records and not telemetry.skipped:
            raise TelemetryUnreadable(f"{path}: this stream holds no MISB ST 0601 packet")
        return telemetry
    data = _without_padding(data)
    if _is_binary(data):
        raise TelemetryUnreadable(f"{path}: no telemetry in it: {_NOTHING}")
    telemetry = read_srt(text := decode(data), zone=zone, area=area, span=span)
    return _checked(path, text, telemetry, _NOTHING)


def _track(path: Path, zone: tzinfo | None, area: Polygon | None, span: tuple[float, float] | None) -> Telemetry:
    """Return what a video's own subtitle track says; its length is that of its video."""
    text = read_subtitles(path, is_telemetry) or read_subtitles(path)
    others = unread_tracks(path)
    if not text and others:
        raise TelemetryUnreadable(f"{path}: no subtitle track; {', '.join(others)} is not read")
    telemetry = read_srt(text, zone=zone, area=area, span=span)
    return replace(_checked(path, text, telemetry, "this video has no subtitle track"), ends=None)


def _refuse_others(path: Path, head: bytes) -> None:
    """Files that we know and that hold no text, so that they are not read as such."""
    if still := still_of(head) if not head.startswith(_PICTURES) else None:
        raise TelemetryUnreadable(
            f"{path}: a {still} picture, which is not read: save it as JPEG with its EXIF and XMP"
        )
    if kind_of(head) in ("mkv", "avi"):
        raise TelemetryUnreadable(
            f"{path}: subtitles in {(kind_of(head) or '').upper()} are not read: take them out with "
            f"ffmpeg -i {path.name} {path.stem}.srt"
        )


def _without_padding(data: bytes) -> bytes:
    """Return data without the zeros that a card or a recorder leaves behind its end."""
    end = len(data.rstrip(b"\0"))
    return data[: end + end % 2] if len(data) - end >= _PADDED else data


def _is_binary(data: bytes) -> bool:
    """Return whether data is no text.

    Subtitles have no control characters, and UTF-16 has a zero in every second place.
    """
    head = data[:4096]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or max(head[::2].count(0), head[1::2].count(0)) > 0.3 * len(head):
        return False
    return sum(byte < 9 or 13 < byte < 32 for byte in head) > 0.05 * len(head)


def _checked(path: Path, text: str, telemetry: Telemetry, nothing: str) -> Telemetry:
    numbers_only = bool(text.strip()) and not text.strip().strip("0123456789\ufeff \r\n")
    if not telemetry.records and not is_telemetry(text) and not numbers_only:
        named = next((name for name, pattern in _LOGS if pattern.search(text[:_HEAD])), None)
        said = (
            f"{named} is not read: give the subtitles (.SRT) that the aircraft wrote beside its video" if named else ""
        )
        raise TelemetryUnreadable(f"{path}: {said or f'no telemetry in it: {nothing}'}")
    return telemetry
