"""When a recording began and how long it lasts, from a few bytes of its file."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.survey.media_span import UNKNOWN, telemetry_span, video_span

FIRST_1904 = 3_846_484_800  # 2025-11-20T12:00:00Z in seconds since 1904


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def movie(version: int = 0, created: int = FIRST_1904, scale: int = 1000, ticks: int = 61_500) -> bytes:
    times = struct.pack(">QQIQ" if version else ">IIII", created, created, scale, ticks)
    header = box(b"mvhd", bytes([version, 0, 0, 0]) + times + bytes(80))
    return box(b"ftyp", b"isom") + box(b"mdat", bytes(500)) + box(b"moov", box(b"udta", b"") + header)


@pytest.mark.parametrize("version", [0, 1])
def test_the_movie_header(tmp_path: Path, version: int) -> None:
    (tmp_path / "v.mp4").write_bytes(movie(version))
    span = video_span(tmp_path / "v.mp4")
    assert span.start == datetime(2025, 11, 20, 12, tzinfo=UTC)
    assert span.seconds == 61.5


@pytest.mark.parametrize(
    "content",
    [b"", b"moov", box(b"moov", b""), box(b"moov", box(b"mvhd", b"\0" * 8)), struct.pack(">I4s", 3, b"moov") * 9],
)
def test_a_video_that_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.mp4").write_bytes(content)
    assert video_span(tmp_path / "v.mp4") == UNKNOWN


def test_numbers_that_cannot_be_are_unknown(tmp_path: Path) -> None:
    for one in (movie(created=0, scale=0), movie(1, created=2**60, ticks=2**60)):
        (tmp_path / "v.mp4").write_bytes(one)
        assert video_span(tmp_path / "v.mp4") == UNKNOWN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(cut=st.integers(0, 700), at=st.integers(0, 700), byte=st.integers(0, 255))
def test_a_broken_video_raises_nothing(tmp_path: Path, cut: int, at: int, byte: int) -> None:
    content = bytearray(movie())
    if at < len(content):
        content[at] = byte
    (tmp_path / "v.mp4").write_bytes(content[:cut])
    video_span(tmp_path / "v.mp4")


def sidecar(cues: int) -> str:
    blocks = []
    for number in range(cues):
        since = f"{number // 60 % 60:02d}:{number % 60:02d}"
        clock, time = f"{number // 3600:02d}:{since},000", f"2026-11-20 {12 + number // 3600:02d}:{since}.000"
        blocks.append(f"{number + 1}\n{clock} --> {clock}\n{time}\n[latitude: 34.7466] [longitude: 113.6253]\n")
    return "\n".join(blocks)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_long_sidecar_is_read_at_both_ends(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "s.srt").write_text(sidecar(4000), encoding=encoding)
    span = telemetry_span(tmp_path / "s.srt")
    assert span.start == datetime(2026, 11, 20, 12)  # noqa: DTZ001  # the aircraft's clock names no zone
    assert span.seconds == 3999


def test_a_sidecar_with_the_signs_of_a_chinese_keyboard_is_as_long_as_its_cues(tmp_path: Path) -> None:
    wide = str.maketrans("0123456789:,", "０１２３４５６７８９：，")
    lines = [f"00:00:{n:02d},000 --> 00:00:{n:02d},500".translate(wide) for n in range(1, 31)]
    (tmp_path / "s.srt").write_text("\n".join(f"{line}\n[latitude: 34.7] [longitude: 113.6]\n" for line in lines))
    assert telemetry_span(tmp_path / "s.srt").seconds == 29.0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no telemetry at all", bytes(200_001)])
def test_a_sidecar_that_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.srt").write_bytes(content)
    assert telemetry_span(tmp_path / "s.srt") == UNKNOWN


def test_a_header_up_to_the_end_and_behind_a_long_box_is_found(tmp_path: Path) -> None:
    header = box(b"mvhd", bytes(4) + struct.pack(">IIII", FIRST_1904, 0, 600, 1200) + bytes(80))
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 500) + bytes(500)
    (tmp_path / "v.mp4").write_bytes(box(b"ftyp", b"isom") + long + b"\0\0\0\0moov" + header)
    assert video_span(tmp_path / "v.mp4").seconds == 2.0


def test_no_recording_is_longer_than_a_day_and_a_clock_never_set_is_unknown(tmp_path: Path) -> None:
    for ticks, seconds in ((86_400, 86_400.0), (86_401, None)):
        (tmp_path / "v.mp4").write_bytes(movie(created=0, scale=1, ticks=ticks))
        found = video_span(tmp_path / "v.mp4")
        assert (found.start, found.seconds) == (None, seconds)


def test_a_sidecar_without_times_of_cues_is_as_long_as_its_clock(tmp_path: Path) -> None:
    lines = [f"{n}\n2026-11-20 12:00:{n:02d}.000\n[latitude: 34.7] [longitude: 113.6]\n" for n in range(1, 31)]
    (tmp_path / "s.srt").write_text("\n".join(lines))
    assert telemetry_span(tmp_path / "s.srt").seconds == 29.0


def test_a_sidecar_of_one_moment_has_no_length(tmp_path: Path) -> None:
    (tmp_path / "s.srt").write_text(sidecar(1))
    found = telemetry_span(tmp_path / "s.srt")
    assert (found.seconds, found.start is None) == (None, False)
