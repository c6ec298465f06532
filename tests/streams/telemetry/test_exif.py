"""The EXIF values that place a photo, from blocks of both byte orders and from hostile ones."""

import struct
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.telemetry.exif import Exif, Value, read_exif

CAMERA, GPS = 0x8769, 0x8825
NORTH: Final[dict[int, Value]] = {1: b"N\0", 3: b"E\0"}


def tiff(tag: int, kind: int, value: bytes, rest: bytes = b"", order: str = ">", count: int = 1) -> bytes:
    """A block with one entry, whose four bytes of value (or their place) are given; `rest` begins at byte 22."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    return mark + struct.pack(order + "IHHHI", 8, 1, tag, kind, count) + value + rest


def degrees(tag: int, *parts: float, side: bytes = b"") -> float | None:
    values: dict[int, Value] = {**NORTH, tag: parts}
    return Exif({}, {}, values | ({tag - 1: side} if side else {})).degrees(tag)


@pytest.mark.parametrize("order", [">", "<"])
def test_numbers_and_text_of_either_byte_order(order: str) -> None:
    block = tiff(GPS, 4, struct.pack(order + "I", 22), order=order)
    inner = struct.pack(order + "H", 2)
    inner += struct.pack(order + "HHI", 1, 2, 2) + b"S\0\0\0"
    inner += struct.pack(order + "HHII", 2, 5, 3, 22 + 2 + 24)
    inner += struct.pack(order + "6I", 34, 1, 30, 1, 3600, 100)
    exif = read_exif(block + inner)
    assert exif is not None
    assert exif.gps == {1: b"S\0\0\0"[:2], 2: (34.0, 30.0, 36.0)}
    assert exif.degrees(2) == pytest.approx(-34.51)


@pytest.mark.parametrize(
    ("side", "sign"),
    [(b"N\0", 1), (b"n", 1), (b"South\0", -1), ("北纬".encode(), 1), ("南".encode(), -1), (b"?", None), (b"", None)],
)
def test_the_side_of_the_equator_is_said_or_nothing_is(side: bytes, sign: int | None) -> None:
    found = Exif({}, {}, {1: side, 2: (34.0, 30.0, 0.0)}).degrees(2)
    assert found == (None if sign is None else sign * 34.5)


def test_numbers_that_are_no_position() -> None:
    assert degrees(2, 34.0, 30.0, 36.0) == pytest.approx(34.51)
    assert degrees(4, 179.0, 59.0, 59.0, side=b"W") == pytest.approx(-179.99972, abs=1e-5)
    assert degrees(2, 0.0, 0.0, 0.0) is None  # what a camera without a fix writes
    assert degrees(2, 90.0, 0.0, 1.0) is None
    assert degrees(4, 90.0, 0.0, 1.0) == pytest.approx(90.000278, abs=1e-6)
    assert degrees(2, 34.0, 61.0, 0.0) is None
    assert degrees(2, 34.0, 0.0, 61.0) is None
    assert degrees(2, 34.0, float("nan"), 0.0) is None
    assert degrees(2, 34.0, 30.0) is None
    assert degrees(2, -34.0, 30.0, 0.0, side=b"S") == pytest.approx(-34.5)
    assert degrees(2, -34.0, 30.0, 0.0, side=b"N") is None  # the sign and the letter contradict each other


def test_a_height_below_the_sea_and_a_number_that_is_not_known() -> None:
    assert Exif({}, {}, {6: (12.5,), 5: b"\0"}).altitude() == 12.5
    assert Exif({}, {}, {6: (12.5,), 5: b"\1"}).altitude() == -12.5
    assert Exif({}, {}, {5: b"\1"}).altitude() is None
    exif = read_exif(tiff(6, 5, struct.pack(">I", 22), struct.pack(">II", 0, 0)))
    assert exif is not None
    assert exif.number(exif.main, 6) is None  # 0/0


def test_text_ends_at_its_zero_and_numbers_are_no_text() -> None:
    exif = Exif({271: b"DJI\0rubbish", 272: (1.0,)}, {}, {})
    assert (exif.text(exif.main, 271), exif.text(exif.main, 272), exif.text(exif.main, 1)) == ("DJI", "", "")
    assert exif.number(exif.main, 271) is None


@pytest.mark.parametrize("block", [b"", b"MM", b"XX\0*" + bytes(20), b"MM\0*\0\0\0"])
def test_what_is_no_block(block: bytes) -> None:
    assert read_exif(block) is None


@pytest.mark.parametrize("tag", [CAMERA, GPS])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (5, struct.pack(">I", 22)),  # a directory at 0/0
        (9, struct.pack(">i", -500)),
        (9, struct.pack(">i", -4)),
        (4, struct.pack(">I", 2**32 - 1)),
        (2, b"at 8"),
    ],
)
def test_a_directory_that_lies_nowhere_is_empty(tag: int, kind: int, value: bytes) -> None:
    exif = read_exif(tiff(tag, kind, value, bytes(8)))
    assert exif is not None
    assert (exif.camera, exif.gps) == ({}, {})


def test_a_directory_that_holds_itself_ends() -> None:
    exif = read_exif(tiff(GPS, 4, struct.pack(">I", 8)))
    assert exif is not None
    assert set(exif.gps) == {GPS}


def test_values_that_are_too_long_or_lie_outside_are_left_out() -> None:
    for count, place in ((5000, 0), (2, 20), (100, 2**31)):
        exif = read_exif(tiff(700, 5, struct.pack(">I", place), bytes(4), count=count))
        assert exif is not None
        assert exif.main == {}


@given(st.binary(max_size=80), st.sampled_from([b"MM\0*\0\0\0\x08", b"II*\0\x08\0\0\0"]))
@settings(max_examples=150, deadline=None)
def test_no_block_does_harm(rest: bytes, head: bytes) -> None:
    exif = read_exif(head + rest)
    assert exif is not None
    exif.degrees(2)
    exif.altitude()


@given(st.sampled_from([CAMERA, GPS]), st.integers(0, 12), st.binary(min_size=4, max_size=4), st.integers(0, 3))
def test_no_directory_does_harm(tag: int, kind: int, value: bytes, count: int) -> None:
    assert read_exif(tiff(tag, kind, value, bytes(20), count=count)) is not None
