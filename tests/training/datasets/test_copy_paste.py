"""Rows of stalls set down in a tile: what is labelled is what can be seen, and what was labelled stays to be seen."""

import json
from pathlib import Path

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.sets import save_picture
from training.datasets.copy_paste import FREE, Cutting, crowd, cut_out, decoys
from training.datasets.labels import check_set, open_set, read_pictures
from training.datasets.recipes import build
from training.datasets.sample import Sample

GROUND, STALL = 60, 250


def tile(*boxes: tuple[int, int, int, int]) -> Sample:
    image = np.full((320, 320, 3), GROUND, np.uint8)
    for x1, y1, x2, y2 in boxes:
        cv2.ellipse(
            image, ((x1 + x2) // 2, (y1 + y2) // 2), ((x2 - x1) // 2, (y2 - y1) // 2), 0, 0, 360, (STALL,) * 3, -1
        )
    return Sample(image, np.array(boxes, np.float32).reshape(-1, 4), np.zeros(len(boxes), np.int64))


def test_only_whole_roundish_stalls_are_cut_out_without_what_lies_around_them() -> None:
    (cut,) = cut_out([tile((100, 100, 140, 144), (0, 10, 40, 50), (200, 200, 300, 230))])
    assert cut.image.shape == (44, 40, 3)
    assert cut.mask[22, 20] == 1
    assert max(cut.mask[0, 0], cut.mask[-1, -1]) < 0.05
    assert (cut.image[cut.mask > 0.9] == STALL).mean() > 0.95


@given(seed=st.integers(0, 100_000))
@settings(deadline=None, max_examples=40)
def test_what_is_labelled_is_there_and_what_was_labelled_still_is(seed: int) -> None:
    grey = Cutting(np.full((40, 40, 3), STALL, np.uint8), cut_out([tile((100, 100, 140, 140))])[0].mask)
    before = tile((150, 150, 190, 190))
    before.image[:] = GROUND  # so that all that is bright was set down
    after = crowd(before, [grey], [], np.random.default_rng(seed))
    if after is None:
        return
    assert (before.image == GROUND).all()
    np.testing.assert_array_equal(after.boxes[0], before.boxes[0])
    assert set(after.class_ids) == {0}
    changed = np.abs(after.image.astype(int) - GROUND).max(axis=2) > 12
    for x1, y1, x2, y2 in after.boxes[1:].astype(int):
        assert 0 <= x1 < x2 <= 320
        assert 0 <= y1 < y2 <= 320
        assert changed[y1:y2, x1:x2].mean() > 0.4
        for edge in (changed[y1:y2, x1], changed[y1:y2, x2 - 1], changed[y1, x1:x2], changed[y2 - 1, x1:x2]):
            assert edge.any(), "a box ends where its stall does"
    assert changed[150:190, 150:190].mean() < 3 * FREE, "few can lie at its edges, none over it"


@given(seed=st.integers(0, 100_000))
@settings(deadline=None, max_examples=20)
def test_decoys_are_no_stalls_and_get_no_label(seed: int) -> None:
    rng = np.random.default_rng(seed)
    here = tile((0, 0, 200, 320))
    for piece in decoys([here] * 8, rng):
        assert (piece.image == GROUND).mean() > 0.9, "none is cut where a stall is labelled"
    dark, bright = (
        Cutting(np.full((40, 40, 3), tone, np.uint8), cut_out([tile((100, 100, 140, 140))])[0].mask)
        for tone in (5, STALL)
    )
    after = crowd(tile(), [bright], [dark] * 4, rng)
    if after is not None:
        for x1, y1, x2, y2 in after.boxes.astype(int):
            assert (after.image[y1:y2, x1:x2] > 180).mean() > 0.3, "the label is of a stall, not of a decoy"


def test_the_set_shows_each_tile_once_more_and_crowded(tmp_path: Path) -> None:
    for side, name in (("train", "chip_1.rf.a"), ("train", "chip_1.rf.b"), ("val", "chip_2.rf.a")):
        save_picture(tmp_path / "shared/data/aerial_vendors" / side, name, ["0 0.5 0.5 0.2 0.2"], size=(320, 320))
    build("aerial-stalls", tmp_path / "shared", tmp_path / "out")
    described = open_set(tmp_path / "out")
    check_set(described)
    assert described.train is not None
    train = read_pictures(described.train, 1)
    assert [picture.path.name for picture in train] == ["chip_1.rf.a.crowd.jpg", "chip_1.rf.a.jpg", "chip_1.rf.b.jpg"]
    assert len(train[0].labels) > 1
    assert {picture.tile for picture in train} == {"chip_1"}
    sources = json.loads((tmp_path / "out/sources.json").read_text())
    assert [(source["role"], source["pictures"]) for source in sources] == [("train", 2), ("train", 1), ("val", 1)]
