import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.errors import NotAVideo
from streams.video.rtp import (
    CLOCK,
    CodedPicture,
    EncodedClip,
    Packetiser,
    is_slice,
    payloads,
    read_clip,
    split_units,
    unit_kind,
)
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


def test_the_kinds_of_units_and_which_hold_pictures() -> None:
    assert (unit_kind(b"\x67", "H264"), unit_kind(b"\x40\x01", "H265")) == (7, 32)
    assert [kind for kind in range(32) if is_slice(bytes([0x60 | kind]), "H264")] == [1, 2, 3, 4, 5]
    assert [kind for kind in range(64) if is_slice(bytes([kind << 1, 1]), "H265")] == list(range(32))


def test_trailing_zeros_and_what_stands_before_the_first_start_code_are_no_units() -> None:
    assert split_units(b"rubbish\0\0\1\x65a\0\0\0\0\0\1\x41b\0") == (b"\x65a", b"\x41b")
    assert split_units(b"\0\0\1\0\0\1") == ()
    assert split_units(b"") == ()


def test_the_description_names_the_parameter_sets_of_the_first_key_frame() -> None:
    key = CodedPicture((b"\x67sps", b"\x68pps", b"\x65idr"), 0.0, True)
    clip = EncodedClip("H264", 12.5, (key, CodedPicture((b"\x41p",), 0.08, False)))
    assert "sprop-parameter-sets=Z3Nwcw==,aHBwcw==" in clip.sdp()
    assert clip.sdp().endswith("a=framerate:12.5\r\n")
    assert clip.duration == pytest.approx(0.16)
    units = (b"\x40\1vps", b"\x42\1sps", b"\x44\1pps", b"\x26\1idr")
    assert (
        "sprop-vps=QAF2cHM=;sprop-sps=QgFzcHM=;sprop-pps=RAFwcHM="
        in EncodedClip("H265", 25.0, (CodedPicture(units, 0.0, True),)).sdp()
    )


def test_a_stream_that_ends_says_goodbye_under_its_own_number() -> None:
    report, bye = (
        Packetiser("H264", ssrc=0xDEADBEEF, sequence=0, origin=0).goodbye()[:8],
        b"\x81\xcb\0\1\xde\xad\xbe\xef",
    )
    assert report == b"\x80\xc9\0\1\xde\xad\xbe\xef"
    assert Packetiser("H264", 0xDEADBEEF, 0, 0).goodbye()[8:] == bye
