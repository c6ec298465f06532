"""A tile seen from the side: the boxes go where the picture goes."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.vision.frame import Image
from training.datasets.labels import Label
from training.datasets.perspective_warp import tilt

SIDE = 320


def disc(x: float, y: float, radius: float) -> Image:
    image = np.full((SIDE, SIDE, 3), 40, np.uint8)
    cv2.ellipse(image, (round(x), round(y)), (round(radius), round(radius)), 0, 0, 360, (255, 255, 255), -1)
    return image


@settings(max_examples=40, deadline=None)
@given(st.floats(100, 220), st.floats(100, 220), st.floats(20, 40), st.floats(25, 90), st.floats(-180, 180))
def test_a_box_still_holds_its_thing_tightly(x: float, y: float, radius: float, down: float, turn: float) -> None:
    x, y, radius = round(x), round(y), round(radius)
    label = Label(0, (x + 0.5) / SIDE, (y + 0.5) / SIDE, (2 * radius + 1) / SIDE, (2 * radius + 1) / SIDE)
    image, labels = tilt(disc(x, y, radius), (label,), down, turn)
    assert len(labels) == 1
    rows, columns = np.nonzero(image[..., 0] > 180)
    box = labels[0]
    sides = (box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2)
    seen = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert np.abs(np.array(sides) * SIDE - np.array(seen)).max() < 3.0


def test_straight_down_and_unturned_nothing_moves() -> None:
    label = Label(0, 0.4, 0.6, 0.2, 0.1)
    image = disc(128, 192, 30)
    same, labels = tilt(image, (label,), 90.0, 0.0)
    assert np.array_equal(image, same)
    assert abs(labels[0].x - 0.4) < 1e-6
    assert abs(labels[0].height - 0.1) < 1e-6


def test_what_leaves_the_picture_is_no_label() -> None:
    corner = Label(0, 0.02, 0.02, 0.04, 0.04)
    _, labels = tilt(disc(6, 6, 6), (corner,), 30.0, 45.0)
    assert labels == ()
