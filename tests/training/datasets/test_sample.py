"""A labelled picture on its way into a set: boxes go out and come back, cut at the picture's edge."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.sets import save_picture
from training.datasets.labels import LabelledPicture, read_labels
from training.datasets.sample import Sample, label_lines, read_sample

SIZE = 320, 200  # width, height


def sample(*boxes: tuple[float, float, float, float], cls: int = 0) -> Sample:
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    return Sample(image, np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), cls, np.int64))


edges = st.tuples(st.integers(0, 300), st.integers(0, 180), st.integers(4, 20), st.integers(4, 20)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)


@given(st.lists(edges, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_boxes_come_back_from_a_label_file(tmp_path: Path, boxes: list[tuple[float, float, float, float]]) -> None:
    path = save_picture(tmp_path, "a", [line.strip() for line in label_lines(sample(*boxes, cls=2))], size=SIZE)
    labels = read_labels(tmp_path / "labels/a.txt", 3)
    back = read_sample(LabelledPicture(path, labels))
    assert back.boxes == pytest.approx(sample(*boxes).boxes, abs=0.01)
    assert back.class_ids.tolist() == [2] * len(boxes)
    assert back.image.shape == (SIZE[1], SIZE[0], 3)


def test_a_background_has_tables_of_the_right_shape(tmp_path: Path) -> None:
    back = read_sample(LabelledPicture(save_picture(tmp_path, "a"), ()))
    assert back.boxes.shape == (0, 4)
    assert back.class_ids.shape == (0,)
    assert label_lines(back) == []


def test_boxes_are_cut_at_the_edge_and_those_outside_are_gone() -> None:
    lines = label_lines(sample((-20, -10, 20, 10), (310, 190, 400, 300), (400, 10, 450, 40), (-50, -50, 0, 0)))
    assert lines == ["0 0.031250 0.025000 0.062500 0.050000\n", "0 0.984375 0.975000 0.031250 0.050000\n"]


@pytest.mark.parametrize(("smallest", "left"), [(0.0, 3), (0.05, 2), (0.1, 1), (0.5, 0)])
def test_boxes_narrower_or_lower_than_the_least_are_left_out(smallest: float, left: int) -> None:
    boxes = (0, 0, 64, 6), (0, 0, 24, 100), (0, 0, 64, 60)  # .03 high; .075 wide; .2 wide
    assert len(label_lines(sample(*boxes), smallest)) == left


def test_a_box_without_area_is_no_label() -> None:
    assert label_lines(sample((10, 10, 10, 40), (10, 10, 40, 10))) == []
