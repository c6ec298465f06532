"""What a file is, from its first bytes: nothing that FFmpeg would take for a playlist is called a video."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import NotAVideo
from streams.video.file_type import check_video, is_picture, kind_of, sniff, still_of

TS = (b"\x47" + bytes(187)) * 3
KINDS = {
    "mp4": [b"\0\0\0\x18ftypisom", b"\0\0\0\x18ftypqt  ", b"\0\0\0\x08wide", b"\0\0\0\x08moov", b"\0\0\0\1mdat"],
    "mkv": [b"\x1a\x45\xdf\xa3"],
    "avi": [b"RIFF\0\0\0\0AVI "],
    "ts": [TS],
    "jpeg": [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1"],
    "png": [b"\x89PNG\r\n\x1a\n"],
    "webp": [b"RIFF\0\0\0\0WEBP"],
}


@pytest.mark.parametrize(("kind", "head"), [(kind, head) for kind, heads in KINDS.items() for head in heads])
def test_what_we_open(tmp_path: Path, kind: str, head: bytes) -> None:
    path = tmp_path / "named.txt"  # what a file is called says nothing
    path.write_bytes(head.ljust(400, b"\0"))
    assert (kind_of(head.ljust(400, b"\0")), sniff(path)) == (kind, kind)
    assert is_picture(path) == (kind in ("jpeg", "png", "webp"))


@pytest.mark.parametrize(
    "head",
    [b"", b"#EXTM3U\n", b"ffconcat version 1.0", b"\xff\xd8", b"\x89PNG\r\n", b"RIFF\0\0\0\0WAVE", b"\x47" * 3,
     TS[:376], b"<?xml version", b"\0\0\0\x18abcd", b"FORM", b"\x1a\x45\xdf"],
)  # fmt: skip
def test_what_we_do_not(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(head)
    assert kind_of(head) is None
    with pytest.raises(NotAVideo, match=r"v\.mp4"):
        check_video(path)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypmif1", "HEIC"),
        (b"\0\0\0\x18ftypavif", "AVIF"),
        (b"\0\0\0\x18ftypcrx ", "CR3"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"II*\0", "TIFF or DNG"),
        (b"MM\0*", "TIFF or DNG"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
    ],
)
def test_a_picture_of_a_kind_that_is_not_read_is_named(tmp_path: Path, head: bytes, name: str) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(head)
    assert (still_of(head), kind_of(head)) == (name, None)
    with pytest.raises(NotAVideo, match=name):
        sniff(path)


def test_a_picture_is_no_video_and_a_video_is(tmp_path: Path) -> None:
    for name, head in (("p", KINDS["png"][0]), ("v", KINDS["mkv"][0])):
        (tmp_path / name).write_bytes(head)
    check_video(tmp_path / "v")
    with pytest.raises(NotAVideo):
        check_video(tmp_path / "p")


@given(st.binary(max_size=400))
def test_no_file_is_two_things(head: bytes) -> None:
    assert kind_of(head) is None or still_of(head) is None
