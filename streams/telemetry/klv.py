"""MISB ST 0601 (UAS Datalink Local Set): metadata packets of military and police drones, bare or in an MPEG stream.

Only the tags that place and point the camera are read. A packet whose checksum does not match is flagged when all of
its tags fit its length (some encoders never compute the sum), and skipped when they do not.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from detector.geometry.rays import Floats, rotation
from streams.telemetry.order import fixed
from streams.telemetry.record import Record, Telemetry

KEY: Final = bytes.fromhex("060e2b34020b01010e01030101000000")
_TS_PACKET: Final = 188
_LARGEST: Final = 16 * 1024  # bytes of one packet; encoders write some hundred
_MOST_DAMAGED: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# tag: (struct code, lowest value, highest value); signed codes map symmetrically and keep their smallest for "no value"
_SCALES: Final = {
    5: (">H", 0.0, 360.0),  # platform heading
    6: (">h", -20.0, 20.0),  # platform pitch
    7: (">h", -50.0, 50.0),  # platform roll
    13: (">i", -90.0, 90.0),  # sensor latitude
    14: (">i", -180.0, 180.0),  # sensor longitude
    15: (">H", -900.0, 19000.0),  # sensor altitude above the sea
    16: (">H", 0.0, 180.0),  # horizontal field of view
    18: (">I", 0.0, 360.0),  # sensor azimuth relative to the platform
    19: (">i", -180.0, 180.0),  # sensor elevation relative to the platform
    20: (">I", 0.0, 360.0),  # sensor roll relative to the platform
    90: (">i", -90.0, 90.0),  # platform pitch, full range
    91: (">i", -90.0, 90.0),  # platform roll, full range
}


def read_klv(data: bytes) -> Telemetry:
    """Return every packet with a valid checksum, in order of time; `t` counts from the first."""
    if is_transport_stream(data):
        data = b"".join(_streams(data))
    records: list[tuple[datetime | None, Record]] = []
    skipped: list[str] = []
    at = data.find(KEY)
    while at >= 0:
        packet = _packet(data, at)
        tags = _tags(packet.value) if packet else None
        if packet is None or tags is None:
            skipped.append(f"packet at byte {at}: cut off or damaged")
            if len(skipped) == _MOST_DAMAGED:
                skipped.append("what follows is not looked at: too much of the stream is damaged")
                break
            at = data.find(KEY, at + 1)
            continue
        record = _record(tags)
        note = None if packet.sum_fits else "the packet's checksum does not match: its values may be damaged"
        records.append((record.time, replace(record, ambiguous=note)))
        at = data.find(KEY, packet.end)
    times = [time for time, _ in records if time is not None]
    first = min(times) if times else None
    placed = [replace(record, t=(time - first).total_seconds() if time and first else 0.0) for time, record in records]
    return Telemetry(tuple(sorted(placed, key=lambda record: record.t)), tuple(skipped))


def is_transport_stream(data: bytes) -> bool:
    """Return whether data is an MPEG transport stream of 188-byte packets."""
    return len(data) >= 3 * _TS_PACKET and all(data[i * _TS_PACKET] == 0x47 for i in range(3))


@dataclass(frozen=True, slots=True)
class _Packet:
    """The value of a packet without its checksum, whether the checksum fits, and where the packet ends."""

    value: bytes
    sum_fits: bool
    end: int


def _packet(data: bytes, at: int) -> _Packet | None:
    """Return the packet whose key stands at `at`; None when it is cut off."""
    read = _length(data, at + len(KEY))
    if read is None:
        return None
    length, start = read
    end = start + length
    if end > len(data) or not 4 <= length <= _LARGEST or data[end - 4 : end - 2] != b"\x01\x02":
        return None
    body = data[at : end - 2]
    body += b"\0" * (len(body) % 2)
    total = sum(word for (word,) in struct.iter_unpack(">H", body)) & 0xFFFF
    return _Packet(data[start : end - 4], total == int.from_bytes(data[end - 2 : end]), end)


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Return a BER length and where the value begins."""
    if at >= len(data):
        return None
    if data[at] < 0x80:
        return data[at], at + 1
    more = data[at] & 0x7F
    if not 0 < more <= 4 or at + 1 + more > len(data):
        return None
    return int.from_bytes(data[at + 1 : at + 1 + more]), at + 1 + more


def _tags(value: bytes) -> dict[int, bytes] | None:
    """Tag numbers and their values; None when they do not fill the packet exactly."""
    tags: dict[int, bytes] = {}
    at = 0
    while at < len(value):
        tag = 0
        while at < len(value) and value[at] & 0x80:  # BER-OID: seven bits a byte
            tag, at = tag << 7 | value[at] & 0x7F, at + 1
        read = _length(value, at + 1)
        if at >= len(value) or read is None or sum(read) > len(value):
            return None
        length, start = read
        tags[tag << 7 | value[at]] = value[start : start + length]
        at = start + length
    return tags


def _number(tags: dict[int, bytes], tag: int) -> float | None:
    code, low, high = _SCALES[tag]
    raw = tags.get(tag, b"")
    if len(raw) != struct.calcsize(code):
        return None
    value = int(struct.unpack(code, raw)[0])
    steps = 1 << 8 * len(raw)
    if code[1].islower():
        return None if value == -steps // 2 else value * high / (steps // 2 - 1)
    return low + value * (high - low) / (steps - 1)


def _record(tags: dict[int, bytes]) -> Record:
    lat, lon = _number(tags, 13), _number(tags, 14)
    if not fixed(lat, lon):  # 0 is what encoders write without a fix
        lat = lon = None
    yaw, pitch, roll = _pointing(tags)
    return Record(
        t=0.0,
        time=_time(tags.get(2, b"")),
        lat=lat,
        lon=lon,
        height=None,  # the packet knows the height above the sea only
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        focal_35mm=None,
        dialect="misb-st0601",
        altitude=_number(tags, 15),
        hfov=_number(tags, 16),
    )


def _time(raw: bytes) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=int.from_bytes(raw)) if len(raw) == 8 else None
    except OverflowError:  # a damaged stamp, beyond the year 9999
        return None


def _pointing(tags: dict[int, bytes]) -> tuple[float | None, float | None, float | None]:
    """Camera yaw, pitch and roll: the sensor's turn on the platform's turn."""
    heading = _number(tags, 5)
    pitch = _number(tags, 90) if 90 in tags else _number(tags, 6)
    roll = _number(tags, 91) if 91 in tags else _number(tags, 7)
    azimuth, elevation, turn = _number(tags, 18), _number(tags, 19), _number(tags, 20)
    if heading is None or pitch is None or roll is None or azimuth is None or elevation is None:
        return None, None, None
    return _angles(rotation(heading, pitch, roll) @ rotation(azimuth, elevation, turn or 0.0))


def _angles(matrix: Floats) -> tuple[float, float, float]:
    pitch = -np.degrees(np.arcsin(np.clip(matrix[2, 0], -1, 1)))
    if np.hypot(matrix[0, 0], matrix[1, 0]) < 1e-6:  # straight down: yaw and roll are one turn, called yaw
        return float(np.degrees(np.arctan2(-matrix[0, 1], matrix[1, 1])) % 360), float(pitch), 0.0
    yaw = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])) % 360
    return float(yaw), float(pitch), float(np.degrees(np.arctan2(matrix[2, 1], matrix[2, 2])))


def _streams(data: bytes) -> Iterator[bytes]:
    """Yield the payload of every elementary stream that holds a packet key, without its PES headers."""
    payloads: dict[int, list[bytes]] = {}
    for start in range(0, len(data) - _TS_PACKET + 1, _TS_PACKET):
        packet = data[start : start + _TS_PACKET]
        if packet[0] != 0x47 or not packet[3] & 0x10:
            continue
        pid = int.from_bytes(packet[1:3]) & 0x1FFF
        body = packet[4 + (1 + packet[4] if packet[3] & 0x20 else 0) :]
        if packet[1] & 0x40 and body[:3] == b"\0\0\x01" and len(body) > 9:
            body = body[9 + body[8] :]
        payloads.setdefault(pid, []).append(body)
    for parts in payloads.values():
        joined = b"".join(parts)
        if KEY in joined:
            yield joined
