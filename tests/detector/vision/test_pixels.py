"""Letterbox, decoding, suppression, reading pictures."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import ModelInputError, PictureUnreadable
from detector.vision.pixels import Letterbox, decode, read_boxes, read_picture, suppress

SIDES = st.integers(1, 9000)


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.sampled_from([(640, 640), (640, 384), (96, 64)]), st.tuples(*[st.floats(0, 1)] * 4))
def test_a_box_survives_the_way_into_the_network_and_back(
    width: int, height: int, net: tuple[int, int], shares: tuple[float, float, float, float]
) -> None:
    place = Letterbox.fit(width, height, *net)
    assert 0 <= place.left <= place.left + place.inner_width <= net[0]
    assert 0 <= place.top <= place.top + place.inner_height <= net[1]
    (x1, x2), (y1, y2) = sorted(shares[:2]), sorted(shares[2:])
    box = np.array([[x1 * width, y1 * height, x2 * width, y2 * height]], np.float32)
    scale = np.array([place.inner_width / width, place.inner_height / height] * 2, np.float32)
    inside = box * scale + np.array([place.left, place.top] * 2, np.float32)
    assert place.to_picture(inside) == pytest.approx(box, abs=max(width, height) * 1e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-50, 700)] * 4), min_size=1, max_size=20))
def test_boxes_never_leave_the_picture_and_are_never_empty(rows: list[tuple[float, float, float, float]]) -> None:
    output = np.zeros((1, 5, len(rows)), np.float32)
    output[0, :4] = np.array(rows, np.float32).T
    output[0, 4] = 0.9
    seen = read_boxes(output, Letterbox.fit(1920, 1080, 640, 640), ("thing",), np.full(1, 0.5, np.float32), 0.6)
    assert (seen.boxes >= 0).all()
    assert (seen.boxes <= np.array([1920, 1080] * 2)).all()
    assert (seen.boxes[:, 2:] > seen.boxes[:, :2]).all()


def test_decode_takes_the_best_class_above_that_classs_threshold() -> None:
    output = np.zeros((1, 6, 3), np.float32)
    output[0, :, 0] = (10, 10, 4, 4, 0.6, 0.2)
    output[0, :, 1] = (20, 20, 4, 4, 0.1, 0.6)
    output[0, :, 2] = (30, 30, 4, 4, 0.9, 0.8)
    boxes, scores, ids = decode(output, 2, np.array([0.5, 0.7], np.float32))
    assert boxes.tolist() == [[8, 8, 12, 12], [28, 28, 32, 32]]
    assert scores.tolist() == pytest.approx([0.6, 0.9])
    assert ids.tolist() == [0, 0]


def test_decode_reads_an_export_with_the_suppression_inside() -> None:
    output = np.zeros((1, 300, 6), np.float32)
    output[0, 0] = (1, 2, 3, 4, 0.9, 1)
    output[0, 1] = (1, 2, 3, 4, 0.2, 0)
    output[0, 2] = (1, 2, 3, 4, 0.9, 7)  # a class that the card does not know
    boxes, scores, ids = decode(output, 2, np.array([0.5, 0.5], np.float32))
    assert (boxes.tolist(), ids.tolist()) == ([[1, 2, 3, 4]], [1])
    assert scores.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize("shape", [(1, 9, 100), (2, 6, 100), (6, 100)])
def test_decode_refuses_another_head(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelInputError, match="the network's output is"):
        decode(np.zeros(shape, np.float32), 2, np.full(2, 0.5, np.float32))


def test_doubles_are_dropped_within_a_class_only() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [30, 0, 40, 10]], np.float32)
    kept = suppress(boxes, np.array([0.7, 0.8, 0.6, 0.9], np.float32), np.array([0, 0, 1, 0]), 0.6)
    assert kept.tolist() == [3, 1, 2]


def png_of(width: int, height: int) -> bytes:
    """A black PNG written without holding its pixels: what an attacker would send."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    body = rows.compress(bytes((width // 8 + 1) * height)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_picture_is_read_as_it_was_written(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    path = tmp_path / "图.png"
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    assert (read_picture(path) == image).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"%PDF-1.7 no picture", "not a picture"), (png_of(16_000, 16_000), "refused by the decoder")],
)
def test_what_is_no_picture_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "upload.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureUnreadable, match=message) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.jpg", tmp_path):
        with pytest.raises(PictureUnreadable, match="cannot be read"):
            read_picture(path)
