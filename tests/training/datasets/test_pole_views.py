"""Real views: parted by camera, scaled by what stands in them; the pavement camera is never trained on."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.datasets.pole_views import CLASSES, FOLDER, HELD_OUT, fit_scale, heights, place, read_views
from training.errors import DatasetInvalid


@given(st.floats(0.04, 0.3), st.floats(-100, 200), st.integers(10, 60))
def test_the_scale_is_found_although_a_few_are_half_hidden(slope: float, horizon: float, count: int) -> None:
    rows = np.linspace(horizon + 60, 630, count)
    metres = slope * (rows - horizon)
    metres[:: max(6, count // 3)] *= 0.5
    found = fit_scale(list(zip(rows.tolist(), metres.tolist(), strict=True)))
    middle = (rows[0] + rows[-1]) / 2
    assert found[0] * (middle - found[1]) == pytest.approx(slope * (middle - horizon), rel=0.2)


def test_too_few_people_give_a_plain_guess() -> None:
    assert fit_scale([]) == fit_scale([(300.0, 20.0)])


def test_people_whom_the_edge_cuts_say_nothing() -> None:
    boxes = np.array([[0, 100, 20, 166], [0, 600, 20, 640], [0, 1, 20, 50]], np.float32)
    ((foot, metre),) = heights(boxes, ["person"] * 3)
    assert foot == 166
    assert metre == pytest.approx(40)


def test_what_stands_in_front_ends_where_it_touches_the_ground() -> None:
    classes = np.full((60, 80), 7, np.uint8)
    classes[10:30, 10:20] = 13  # a person
    found = place(np.zeros((60, 80, 3), np.uint8), classes, (0.1, 0.0), np.zeros((0, 4), np.float32))
    assert found.front[15, 15] == 30
    assert found.front[50, 50] == 0
    assert found.ground[50, 50]
    assert not found.ground[15, 15]


def test_a_folder_without_the_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"pictures\.tsv"):
        read_views(tmp_path)


def test_no_camera_stands_on_both_sides_and_the_held_out_ones_show_every_class(shared: Path) -> None:
    if not (shared / FOLDER).is_dir():
        pytest.skip(f"no {FOLDER} in {shared}")
    views = read_views(shared)
    held, train = ({one.camera for one in views if one.held_out is side} for side in (True, False))
    assert held == set(HELD_OUT)
    assert not held & train
    assert not {one.view for one in views if one.held_out} & {one.view for one in views if not one.held_out}
    shown = {CLASSES[box.cls] for one in views if one.held_out for box in one.labels if box.cls < len(CLASSES)}
    assert shown == set(CLASSES)


def test_no_picture_of_the_pavement_camera_is_trained_on(shared: Path) -> None:
    pavement = sorted((shared / "data/pavement_camera/images").glob("*.jpg"))
    if not pavement or not (shared / FOLDER).is_dir():
        pytest.skip(f"no data/pavement_camera or {FOLDER} in {shared}")
    digests = {hashlib.sha256(path.read_bytes()).digest() for path in pavement}
    assert not digests & {hashlib.sha256(one.path.read_bytes()).digest() for one in read_views(shared)}
