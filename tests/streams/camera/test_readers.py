"""Key pictures one by one out of their packets, all day."""

import os
from pathlib import Path

import cv2

from streams.camera.readers import decode_key_picture
from streams.video.capture import open_file
from tests.streams.conftest import Clips


def key_packet(path: Path) -> bytes:
    capture = open_file(path, raw=True)
    try:
        while capture.grab():
            if capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME):
                return bytes(capture.retrieve()[1].tobytes())
    finally:
        capture.release()
    raise AssertionError(f"{path}: no key frame")


def own_kilobytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private"))


def test_a_day_of_key_pictures_takes_no_more_memory_and_no_more_files_than_an_hour(clips: Clips) -> None:
    packet = key_packet(clips.path("small"))
    for _ in range(100):
        picture = decode_key_picture([packet], "H264")
        assert picture is not None
        assert picture.shape == (240, 320, 3)
    memory, files = own_kilobytes(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3000):
        decode_key_picture([packet], "H264")
    assert own_kilobytes() - memory < 600, "so much was lost of these small ones, five times as much of 1080p"
    assert len(list(Path("/proc/self/fd").iterdir())) == files


def test_what_does_not_decode_is_no_picture() -> None:
    assert decode_key_picture([b"\0\0\0\1" + os.urandom(500)], "H264") is None
    assert decode_key_picture([b""], "H264") is None
