"""Composites: what is put into a picture stands on its ground, is as large as its camera says, and has true boxes."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.datasets import camera_faults as faults
from training.datasets.composites import CutOut, compose, read_cut_outs
from training.datasets.pole_views import IGNORE, PoleView
from training.datasets.sample import Sample
from training.errors import DatasetInvalid

HORIZON, SLOPE = 60.0, 0.1
NOTHING = Sample(np.zeros((1, 1, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))


def a_place(front: int = 0, grey: int = 120) -> PoleView:
    """640 x 360: sky above row 120, pavement below it; `front`: the foot of what stands before the right half."""
    image = np.full((360, 640, 3), grey, np.uint8)
    ground = np.zeros((360, 640), bool)
    ground[120:] = True
    hides = np.zeros((360, 640), np.int32)
    hides[:, 320:] = front
    return PoleView(image, ground, ground, hides, SLOPE, HORIZON)


def a_cut_out(cls: int = 0) -> CutOut:
    """A magenta block of 2 by 2 metres at 40 pixels a metre, with its shadow to the right of it."""
    mask = np.zeros((80, 120), np.uint8)
    mask[:, :80] = 1
    bgr = np.zeros((80, 120, 3), np.uint8)
    bgr[:, :80] = (200, 40, 200)
    alpha = np.where(mask > 0, 1.0, 0.4).astype(np.float32)
    return CutOut(bgr, alpha, mask, {1: cls}, (40.0, 79.0), 40.0, -15.0)


def some(seed: int, place: PoleView, cut: CutOut, known: Sample = NOTHING, count: int = 6) -> Sample:
    return compose(place, known, [cut], count, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(8))
def test_things_stand_on_the_ground_and_are_as_high_as_the_camera_says(seed: int) -> None:
    place = a_place()
    made = some(seed, place, a_cut_out(), count=1)
    for x1, y1, x2, y2 in made.boxes:
        foot = int(y2) - 1
        assert place.ground[foot, int(min(max((x1 + x2) / 2, 0), 639))]
        if x1 > 0 and x2 < 640 and y1 > 0 and foot < 358:  # what the edge cuts shows nothing
            assert 0.75 <= (y2 - y1) / (2 * place.metre(foot)) <= 1.4


def test_the_picture_changes_where_things_are_and_boxes_hold_them() -> None:
    place = a_place()
    made = some(3, place, a_cut_out())
    assert len(made.boxes) > 0
    changed = (np.abs(made.image.astype(int) - place.image).max(axis=2) > 40) & (made.image[..., 1] < 100)
    inside = np.zeros(changed.shape, bool)
    for x1, y1, x2, y2 in made.boxes.astype(int):
        inside[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 60] = True  # its shadow falls to either side
        inside[max(0, y1 - 2) : y2 + 2, max(0, x1 - 60) : x2 + 2] = True
    assert changed.any()
    assert not (changed & ~inside).any()


def test_what_stands_in_front_hides_a_thing_and_its_label() -> None:
    hidden = [some(seed, a_place(front=400), a_cut_out()) for seed in range(12)]
    for made in hidden:
        assert not len(made.boxes) or made.boxes[:, 2].max() <= 322
        assert (made.image[:, 330:] == 120).all()


def test_people_and_vehicles_are_put_in_but_never_labelled() -> None:
    made = some(3, a_place(), a_cut_out(cls=-1))
    assert len(made.boxes) == 0
    assert (made.image != 120).any()


def test_a_labelled_thing_that_gets_hidden_becomes_unsure_and_others_stay() -> None:
    whole = np.array([[0, 100, 640, 360]], np.float32)
    known = Sample(NOTHING.image, np.concatenate([whole, whole]), np.array([2, IGNORE]))
    made = some(1, a_place(), a_cut_out(), known, 1)
    assert made.class_ids[:2].tolist() == [2, IGNORE]  # one small thing hides little of a large one
    small = np.array([[x, y, x + 4, y + 4] for x in range(0, 640, 4) for y in range(120, 360, 4)], np.float32)
    made = some(1, a_place(), a_cut_out(), Sample(NOTHING.image, small, np.full(len(small), 2)), 3)
    middles = small[:, :2] + 2
    stall = made.boxes[len(small)] if len(made.boxes) > len(small) else None
    assert stall is not None
    within = (middles > stall[:2] + 4).all(axis=1) & (middles < stall[2:] - 4).all(axis=1)
    assert within.any()
    assert (made.class_ids[: len(small)][within] == IGNORE).mean() > 0.9


def test_the_same_seed_gives_the_same_picture() -> None:
    one, two = (some(5, a_place(), a_cut_out()) for _ in range(2))
    assert (one.image == two.image).all()
    assert (one.boxes == two.boxes).all()


def test_things_are_as_dark_as_the_place() -> None:
    dark, bright = (some(3, a_place(grey=grey), a_cut_out()) for grey in (30, 190))
    assert len(dark.boxes)
    assert len(dark.boxes) == len(bright.boxes)
    x1, y1, x2, y2 = (int(v) for v in dark.boxes[0])
    assert dark.image[y1:y2, x1:x2].mean() < 70 < bright.image[y1:y2, x1:x2].mean()


def test_a_part_of_the_picture_keeps_true_boxes_and_doubts_what_it_cuts() -> None:
    image = np.zeros((200, 400, 3), np.uint8)
    boxes = np.array([[100, 50, 140, 90], [0, 0, 400, 200]], np.float32)
    for x1, y1, x2, y2 in boxes[:1].astype(int):
        image[y1:y2, x1:x2] = 255
    for seed in range(20):
        part = faults.zoom(Sample(image, boxes, np.array([0, IGNORE + 1])), IGNORE, np.random.default_rng(seed))
        assert IGNORE + 1 in part.class_ids
        for box, cls in zip(part.boxes, part.class_ids, strict=True):
            if cls in (0, IGNORE):
                x1, y1, x2, y2 = box.astype(int)
                assert part.image[y1:y2, x1:x2].mean() > 250
                assert (cls == IGNORE) == ((x2 - x1) * (y2 - y1) < 0.45 * 40 * 40)


def test_a_camera_spoils_a_picture_and_keeps_its_size() -> None:
    image = np.random.default_rng(0).integers(0, 255, (90, 160, 3)).astype(np.uint8)
    kept = [faults.spoil(image, np.random.default_rng(seed)) for seed in range(60)]
    assert {one.shape for one in kept} == {image.shape}
    colour = [np.abs(one[..., 0].astype(int) - one[..., 2]).mean() for one in kept]
    assert min(colour) < 10 < max(colour)  # infra-red is grey, but for compression


def test_a_folder_without_cut_outs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="cut-outs"):
        read_cut_outs(tmp_path)


def test_cut_outs_are_read_without_the_grain_of_their_shadows(tmp_path: Path) -> None:
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[10:30, 20:40] = 255
    rgba[35:, :, 3] = 15
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 20:40] = 3
    cv2.imwrite(str(tmp_path / "00000.png"), rgba)
    np.save(tmp_path / "00000.npy", mask)
    thing = {"number": 3, "class": "stall", "kind": "tent", "box": [20, 10, 40, 30], "pixels": 400, "foot": [30, 29]}
    told = {"things": [thing, {**thing, "number": 4, "class": "person"}], "pixels_per_metre": 9.0, "pitch": -12.0}
    (tmp_path / "00000.json").write_text(json.dumps(told))
    (tmp_path / "00001.json").write_text('{"things": []}')
    (cut,) = read_cut_outs(tmp_path)
    assert (len(cut.mask), cut.foot, cut.classes) == (20, (10, 19), {3: 0, 4: -1})
