import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.errors import NotAVideo
from streams.video.rtp import CLOCK, CodedPicture, Packetiser, payloads, read_clip, split_units
from tests.streams.conftest import Clips

KEYS = [("small", "H264", 8), ("hevc", "H265", 8), ("long-gop", "H264", 1)]


def reassemble(parts: list[bytes], codec: str) -> bytes:
    """What a receiver makes of the payloads of one unit (RFC 6184 5.8, RFC 7798 4.4.3)."""
    if len(parts) == 1:
        return parts[0]
    assert parts[0][1 if codec == "H264" else 2] & 0x80
    assert parts[-1][1 if codec == "H264" else 2] & 0x40
    if codec == "H264":
        return bytes([parts[0][0] & 0xE0 | parts[0][1] & 31]) + b"".join(part[2:] for part in parts)
    head = bytes([parts[0][0] & 0x81 | (parts[0][2] & 63) << 1, parts[0][1]])
    return head + b"".join(part[3:] for part in parts)


@given(st.sampled_from(["H264", "H265"]), st.integers(1, 21), st.integers(0, 6000))
@example("H264", 1, 1400)  # one byte too long to go whole: a fragment may not be the first and the last at once
@example("H265", 1, 1399)
@settings(max_examples=60)
def test_a_unit_survives_fragmentation(codec: str, kind: int, size: int) -> None:
    lead = bytes([0x60 | kind]) if codec == "H264" else bytes([kind << 1, 1])
    unit = lead + bytes(number % 251 for number in range(size))
    parts = list(payloads(unit, codec))
    assert all(len(part) <= 1403 for part in parts)
    assert reassemble(parts, codec) == unit


@given(st.lists(st.binary(min_size=1, max_size=30).map(lambda unit: b"\x65" + unit.replace(b"\0", b"\1")), max_size=5))
@settings(max_examples=40)
def test_units_are_found_between_start_codes(units: list[bytes]) -> None:
    stream = b"".join((b"\0\0\0\1" if number % 2 else b"\0\0\1") + unit for number, unit in enumerate(units))
    assert split_units(stream) == tuple(units)


def test_packets_of_one_picture_share_their_time_and_the_last_is_marked() -> None:
    packetiser = Packetiser("H264", ssrc=7, sequence=65535, origin=2**32 - CLOCK)
    packets = list(packetiser.packets(CodedPicture((b"\x67ab", b"\x65" + bytes(3000)), 0.0, True), 2.0))
    heads = [struct.unpack(">BBHII", packet[:12]) for packet in packets]
    assert [head[1] >> 7 for head in heads] == [0, 0, 0, 1]
    assert {head[3] for head in heads} == {CLOCK}  # the 32-bit clock has wrapped
    assert [head[2] for head in heads] == [65535, 0, 1, 2]


@pytest.mark.parametrize(("name", "codec", "keys"), KEYS)
def test_a_clip_is_read_with_its_key_frames(clips: Clips, name: str, codec: str, keys: int) -> None:
    clip = clips[name]
    assert (clip.codec, clip.fps, len(clip.pictures)) == (codec, 25.0, 75)
    assert sum(picture.key for picture in clip.pictures) == keys
    assert clip.duration == pytest.approx(3.0)
    assert f"{codec}/90000" in clip.sdp()


def test_a_text_is_no_clip(clips: Clips) -> None:
    path = clips.folder / "text.mp4"
    path.write_text("no video")
    with pytest.raises(NotAVideo, match=r"text\.mp4"):
        read_clip(path)
