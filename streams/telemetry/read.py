"""Telemetry of any file, told apart by what is in it: names lie."""

from datetime import tzinfo
from pathlib import Path
from typing import Final

from shapely.geometry import Polygon

from streams.errors import TelemetryUnreadable
from streams.telemetry.cues import decode
from streams.telemetry.klv import KEY, is_transport_stream, read_klv
from streams.telemetry.mp4 import is_mp4, read_subtitles
from streams.telemetry.photo import read_photo
from streams.telemetry.record import Telemetry
from streams.telemetry.srt import is_telemetry, read_srt

_LARGEST: Final = 256 * 1024 * 1024
_PICTURES: Final = (b"\xff\xd8", b"II*\0", b"MM\0*")


def read_telemetry(path: Path, *, zone: tzinfo | None = None, area: Polygon | None = None) -> Telemetry:
    """Every good record of a sidecar, a video's subtitle track, a photo or a KLV stream, and what was skipped.

    `zone` is the clock of the aircraft, for aware times; `area` (lon, lat) is where the flight was ordered. Raises
    TelemetryUnreadable when the file cannot be opened or holds nothing that we know.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            if is_mp4(head):
                return _text(path, read_subtitles(path), zone, area, nothing="this video has no subtitle track")
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
    return _text(path, decode(data), zone, area, nothing="neither subtitles, nor a photo, nor KLV packets")


def _text(path: Path, text: str, zone: tzinfo | None, area: Polygon | None, *, nothing: str) -> Telemetry:
    telemetry = read_srt(text, zone=zone, area=area)
    numbers_only = bool(text.strip()) and not text.strip().strip("0123456789\ufeff \r\n")
    if not telemetry.records and not is_telemetry(text) and not numbers_only:
        raise TelemetryUnreadable(f"{path}: no telemetry in it: {nothing}")
    return telemetry
