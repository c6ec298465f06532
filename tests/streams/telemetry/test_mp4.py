"""Subtitles inside of a video: read from the index alone, whatever the index claims."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.telemetry.mp4 import is_mp4, read_subtitles, unread_tracks


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def large(kind: bytes, body: bytes) -> bytes:
    """The same with its length in 64 bits."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


FTYP = box(b"ftyp", b"isom\0\0\2\0")
FIRST = len(FTYP) + 8  # where the samples lie: in the mdat behind ftyp


def samples(*texts: str) -> bytes:
    said = [text.encode() for text in texts]
    return b"".join(struct.pack(">H", len(text)) + text for text in said)


def track(
    texts: tuple[str, ...],
    *,
    start: int = FIRST,
    handler: bytes = b"sbtl",
    ticks: int = 500,
    codec: bytes = b"tx3g",
    wide: bool = False,
    per_chunk: int = 2,
) -> bytes:
    """A subtitle track of 1000 ticks a second whose samples lie one behind the other, `per_chunk` in a chunk."""
    sizes = [len(samples(text)) for text in texts]
    starts = [start + sum(sizes[:number]) for number in range(0, len(sizes), per_chunk)]
    code = ">Q" if wide else ">I"
    stbl = (
        box(b"stsd", struct.pack(">III4s", 0, 1, 16, codec))
        + box(b"stsz", struct.pack(">III", 0, 0, len(sizes)) + b"".join(struct.pack(">I", size) for size in sizes))
        + box(b"stts", struct.pack(">IIII", 0, 1, len(sizes), ticks))
        + box(b"stsc", struct.pack(">IIIII", 0, 1, 1, per_chunk, 1))
        + box(
            b"co64" if wide else b"stco",
            struct.pack(">II", 0, len(starts)) + b"".join(struct.pack(code, one) for one in starts),
        )
    )
    mdhd = box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, 0))
    return box(
        b"trak",
        box(b"mdia", mdhd + box(b"hdlr", struct.pack(">II4s", 0, 0, handler)) + box(b"minf", box(b"stbl", stbl))),
    )


def saved(folder: Path, *parts: bytes) -> Path:
    path = folder / "v.mp4"
    path.write_bytes(b"".join(parts))
    return path


TEXTS = ("one", "街", "three")
MEDIA = box(b"mdat", samples(*TEXTS))
SUBRIP = (
    "1\n00:00:00,000 --> 00:00:00,500\none\n\n"
    "2\n00:00:00,500 --> 00:00:01,000\n街\n\n"
    "3\n00:00:01,000 --> 00:00:01,500\nthree\n"
)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("per_chunk", [1, 2, 5])
def test_samples_become_subrip(tmp_path: Path, wide: bool, per_chunk: int) -> None:
    path = saved(tmp_path, FTYP, MEDIA, box(b"moov", track(TEXTS, wide=wide, per_chunk=per_chunk)))
    assert read_subtitles(path) == SUBRIP


def test_an_index_in_front_a_long_one_and_one_up_to_the_end_are_read(tmp_path: Path) -> None:
    ahead = len(box(b"moov", track(TEXTS)))
    assert read_subtitles(saved(tmp_path, FTYP, box(b"moov", track(TEXTS, start=FIRST + ahead)), MEDIA)) == SUBRIP
    assert read_subtitles(saved(tmp_path, FTYP, MEDIA, large(b"moov", track(TEXTS)))) == SUBRIP
    rest = b"\0\0\0\0moov" + track(TEXTS)
    assert read_subtitles(saved(tmp_path, FTYP, MEDIA, rest)) == SUBRIP
    media = large(b"mdat", samples(*TEXTS))
    assert read_subtitles(saved(tmp_path, FTYP, media, box(b"moov", track(TEXTS, start=FIRST + 8)))) == SUBRIP


def test_the_first_track_that_is_wanted_is_taken(tmp_path: Path) -> None:
    other = ("credits",)
    media = box(b"mdat", samples(*TEXTS, *other))
    behind = FIRST + len(samples(*TEXTS))
    moov = box(b"moov", track(other, start=behind) + track(TEXTS))
    path = saved(tmp_path, FTYP, media, moov)
    assert "credits" in read_subtitles(path)
    assert read_subtitles(path, lambda text: "街" in text) == SUBRIP
    assert read_subtitles(path, lambda text: "GPS" in text) == ""


def test_a_track_of_pictures_is_no_text_and_binary_telemetry_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, FTYP, MEDIA, box(b"moov", track(TEXTS, handler=b"vide") + track((), codec=b"djmd")))
    assert read_subtitles(path) == ""
    assert unread_tracks(path) == ("djmd (DJI's binary telemetry)",)


def test_an_index_that_runs_on_behind_the_file_gives_what_there_is(tmp_path: Path) -> None:
    path = saved(tmp_path, FTYP, box(b"moov", track(TEXTS, start=10_000)))
    assert read_subtitles(path) == ""
    far = saved(tmp_path, FTYP, box(b"moov", track(TEXTS, start=2**64 - 64, wide=True)))
    assert read_subtitles(far) == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0\0moov",
        b"\0\0\0\0moovx",
        b"\0\0\0\3moov" + bytes(9),
        b"\0\0\0\7moov" + bytes(9),
        struct.pack(">I4sQ", 1, b"moov", 3) + bytes(9),
        struct.pack(">I4sQ", 1, b"free", 2**64 - 1) + bytes(9),
        struct.pack(">I4sQ", 1, b"free", 2**63) + bytes(9),
        struct.pack(">I4s", 2**32 - 1, b"moov"),
        b"\0\0\0\1moov\0\0",
    ],
)
def test_a_hostile_box_gives_nothing(tmp_path: Path, content: bytes) -> None:
    path = saved(tmp_path, content)
    assert read_subtitles(path) == ""
    assert unread_tracks(path) == ()


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 700))
@settings(max_examples=80, deadline=None)
def test_a_damaged_index_never_fails(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(FTYP + MEDIA + box(b"moov", track(TEXTS, wide=True) + track(TEXTS)))
    for at, value in changes:
        content[at % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.mp4"
    path.write_bytes(content[: max(cut, 16)] if cut < 300 else content)
    assert isinstance(read_subtitles(path), str)
    unread_tracks(path)


def test_a_movie_is_known_by_its_first_bytes() -> None:
    assert is_mp4(FTYP)
    assert not is_mp4(b"\0\0\0\x18ftypheic")
    assert not is_mp4(b"1\n00:00:00,000 --> ")
