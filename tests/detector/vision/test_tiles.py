"""Tiles cover the picture, and a thing cut by their borders comes out once and whole."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from detector.vision.tiles import detect_tiled, windows
from tests.detector.nets import COLOURS, save_colour_detector


class Rectangles(OnnxModel):
    """A detector that boxes every patch of pure red it is shown, cut or whole; nothing under four pixels."""

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        red = (image[:, :, 2] > 200).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(red)
        rows = [(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area >= 16]
        boxes = np.array(rows, np.float32).reshape(-1, 4)
        return Detections(boxes, np.full(len(rows), 0.9, np.float32), np.zeros(len(rows), np.int64), COLOURS)


class NearSighted(Rectangles):
    """Sees nothing in the picture as a whole, as a network does when a thing shrinks to a few pixels."""

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        if image.shape[1] > self.width:
            return Detections.empty(self.names)
        return super().detect(image, confidence)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_colour_detector(tmp_path_factory.mktemp("net") / "colours.onnx")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 900), st.integers(1, 900), st.integers(32, 640), st.floats(0, 0.6))
def test_tiles_cover_the_picture_and_overlap(width: int, height: int, tile: int, overlap: float) -> None:
    seen = np.zeros((height, width), np.bool_)
    columns = set()
    for left, top, right, bottom in windows(width, height, tile, tile, overlap):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        seen[top:bottom, left:right] = True
        columns.add((left, right))
    assert seen.all()
    ordered = sorted(columns)
    for (_, right), (left, _) in pairwise(ordered):
        assert right - left >= int(tile * overlap) - 1


def test_a_4k_frame_is_looked_at_in_32_tiles() -> None:
    assert len(list(windows(3840, 2160, 640, 640, 0.2))) == 32


@pytest.mark.parametrize("kind", [Rectangles, NearSighted])
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 340), st.integers(0, 200), st.integers(5, 60), st.integers(5, 60))
def test_every_thing_comes_out_once_and_whole(
    net: Path, kind: type[Rectangles], left: int, top: int, width: int, height: int
) -> None:
    image = np.zeros((260, 400, 3), np.uint8)
    image[top : top + height, left : left + width] = (0, 0, 255)
    seen = detect_tiled(kind(net, COLOURS), image)
    assert seen.boxes.tolist() == [[left, top, left + width, top + height]]


def test_two_things_side_by_side_stay_two(net: Path) -> None:
    image = np.zeros((64, 400, 3), np.uint8)
    image[10:30, 60:88] = image[10:30, 92:130] = (0, 0, 255)
    seen = detect_tiled(NearSighted(net, COLOURS), image)
    assert sorted(seen.boxes.tolist()) == [[60, 10, 88, 30], [92, 10, 130, 30]]


class CanopyAlone(Rectangles):
    """Sees the upper three fifths of a thing in the picture as a whole, all of it in a tile."""

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        seen = super().detect(image, confidence)
        if image.shape[1] <= self.width:
            return seen
        boxes = seen.boxes.copy()
        boxes[:, 3] -= 0.55 * (boxes[:, 3] - boxes[:, 1])
        return Detections(boxes, seen.scores - 0.2, seen.class_ids, seen.names)


def test_a_canopy_and_the_stall_under_it_are_one(net: Path) -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:100, 20:50] = image[60:100, 54:90] = (0, 0, 255)
    found = detect_tiled(CanopyAlone(net, COLOURS), image)
    assert sorted(map(tuple, found.boxes.tolist())) == [(20, 60, 50, 100), (54, 60, 90, 100)]


def test_a_real_network_finds_in_tiles_what_it_misses_as_a_whole(net: Path) -> None:
    model = OnnxModel(net, COLOURS, 0.95)
    image = np.zeros((512, 768, 3), np.uint8)
    image[300:316, 400:416] = (0, 0, 255)  # holds a whole cell of a tile, and a sixteenth of one of the shrunk picture
    assert len(model.detect(image)) == 0
    seen = detect_tiled(model, image, overlap=0.25)
    assert len(seen) > 0
    assert (seen.boxes >= [400, 300, 400, 300]).all()
    assert (seen.boxes <= [416, 316, 416, 316]).all()
