"""MISB ST 0601 packets: the specification's example values, and what broken streams give."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.telemetry.klv import KEY, read_klv


def packet(**raw: bytes) -> bytes:
    """A packet with the tags t<number>=bytes and a right checksum."""
    value = b"".join(bytes((int(name[1:]), len(data))) + data for name, data in raw.items()) + b"\x01\x02"
    whole = KEY + bytes((len(value) + 2,)) + value
    padded = whole + b"\0" * (len(whole) % 2)
    total = sum(word for (word,) in struct.iter_unpack(">H", padded))
    return whole + struct.pack(">H", total & 0xFFFF)


HERE = {"t13": struct.pack(">i", 829_086_207), "t14": struct.pack(">i", 1_355_656_000)}
SENSOR = {"t5": b"\x40\0", "t6": b"\0\0", "t7": b"\0\0", "t18": b"\0\0\0\0", "t19": struct.pack(">i", -(2**30))}


@pytest.mark.parametrize("name", ["DynamicOnlyMISMMSPacketData.bin", "DynamicConstantMISMMSPacketData.bin"])
def test_the_examples_of_the_specification(shared: Path, name: str) -> None:
    telemetry = read_klv((shared / "telemetry" / "klv" / name).read_bytes())
    (record,) = telemetry.records
    assert (record.lat, record.lon) == pytest.approx((60.1768229669783, 128.426759042045), abs=1e-9)
    assert record.altitude == pytest.approx(14190.7195, abs=1e-3)
    assert record.hfov == pytest.approx(144.5713, abs=1e-4)
    assert record.height is None
    assert record.time is not None
    assert record.time.isoformat() == "2009-01-12T22:08:22+00:00"


def test_the_camera_turns_with_the_platform() -> None:
    (record,) = read_klv(packet(**HERE, **SENSOR)).records
    assert (record.yaw, record.pitch) == pytest.approx((90.0, -90.0), abs=0.01)
    level = SENSOR | {"t19": b"\0\0\0\0", "t18": b"\x40\0\0\0"}
    (record,) = read_klv(packet(**HERE, **level)).records
    assert (record.yaw, record.pitch) == pytest.approx((180.0, 0.0), abs=0.01)


def test_values_marked_as_missing_are_unknown() -> None:
    (record,) = read_klv(packet(**HERE | {"t13": b"\x80\0\0\0"}, t6=b"\x80\0")).records
    assert (record.lat, record.lon, record.pitch) == (None, None, None)


def test_a_wrong_checksum_is_flagged() -> None:
    broken = bytearray(packet(**HERE))
    broken[20] ^= 1
    (record,) = read_klv(bytes(broken)).records
    assert record.ambiguous is not None


def test_time_counts_from_the_first_packet() -> None:
    stream = b"".join(packet(t2=(1_700_000_000_000_000 + 500_000 * i).to_bytes(8), **HERE) for i in range(3))
    assert [record.t for record in read_klv(stream).records] == [0.0, 0.5, 1.0]


def test_packets_in_a_transport_stream() -> None:
    body = b"\0\0\x01\xbd\0\0\x80\0\0" + packet(**HERE)
    first = b"\x47\x41\x00\x10" + body[:184]
    stream = first.ljust(188, b"\xff") + (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 3
    (record,) = read_klv(stream).records
    assert record.lat == pytest.approx(34.7466, abs=1e-4)


def test_a_cut_packet_is_skipped_and_named() -> None:
    telemetry = read_klv(packet(**HERE) + packet(**HERE)[:-5])
    assert len(telemetry.records) == 1
    assert "cut off" in telemetry.skipped[0]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_mutated_packets_never_crash(data: st.DataObject) -> None:
    raw = bytearray(packet(t2=bytes(8), **HERE, **SENSOR))
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    telemetry = read_klv(bytes(raw))
    assert all(r.lat is None or abs(r.lat) <= 90 for r in telemetry.records)
