"""Files made to keep a parser busy for hours: each is read in a moment, or the suite does not end."""

import struct
from pathlib import Path

import pytest

from streams.telemetry.klv import KEY, read_klv
from streams.telemetry.mp4 import read_subtitles
from streams.telemetry.srt import read_srt
from streams.telemetry.xmp import find_xmp, inside, values

LONG = 300_000
CUE = "1\n00:00:00,000 --> 00:00:01,000\n[latitude: 1.0] [longitude: 2.0] "


@pytest.mark.parametrize(
    "filling", ["a", "1", " ", "_a", "(", "GPS(", "[latitude: ", "G.PRY ( 1 ", "2017.8.5 ", "F/2.8, SS "]
)
def test_one_endless_line(filling: str) -> None:
    telemetry = read_srt(CUE + filling * (LONG // len(filling)))
    assert len(telemetry.records) + len(telemetry.skipped) == 1


@pytest.mark.parametrize("filling", ["1\n", "\n1\n", "00:00:00,000 --> x\n", "-->\n"])
def test_endless_cues(filling: str) -> None:
    assert not read_srt(filling * (LONG // len(filling) // 10)).records


@pytest.mark.parametrize("filling", ["a", "a:", "a:b", "a:b ", "a:b='", "<a:b ", "<a:b>", 'a:b=""'])
def test_endless_xmp(filling: str) -> None:
    assert set(values(filling * (LONG // len(filling)))) <= {"a:b"}


def test_packets_within_packets() -> None:
    assert find_xmp(b"<x:xmpmeta " * (LONG // 11)) == ""
    assert inside("<drone-skydio:CameraOrientationNED >" * (LONG // 36), "drone-skydio:CameraOrientationNED") == {}


def test_keys_within_packets() -> None:
    """Every packet claims to end where all others do, with tags that fill it but for the last."""
    packet = KEY + b"\x82" + struct.pack(">H", 16_000)
    telemetry = read_klv((packet + b"\x01\x02") * (LONG // 21))
    assert not telemetry.records
    assert len(telemetry.skipped) <= 1001
    assert "not looked at" in telemetry.skipped[-1]


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


@pytest.mark.parametrize("chunks", [1, 50_000])
def test_an_index_that_promises_the_moon(tmp_path: Path, chunks: int) -> None:
    """Four thousand million subtitles in a small file, and as many runs of chunks as there are chunks."""
    many = 0xFFFFFFFF
    table = box(b"stsz", struct.pack(">III", 0, 1, many))
    table += box(b"stts", struct.pack(">IIII", 0, 1, many, 1))
    table += box(b"stco", struct.pack(">II", 0, chunks) + struct.pack(">I", 8) * chunks)
    runs = b"".join(struct.pack(">III", i + 1, many if chunks == 1 else 1, 1) for i in range(chunks))
    table += box(b"stsc", struct.pack(">II", 0, chunks) + runs)
    media = box(b"mdhd", bytes(24)) + box(b"hdlr", bytes(8) + b"text") + box(b"minf", box(b"stbl", table))
    path = tmp_path / "a.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + box(b"moov", box(b"trak", box(b"mdia", media))))
    assert read_subtitles(path) == ""
