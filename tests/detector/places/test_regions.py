"""Regions of change: found where they are, joined when they belong together; and the empty scene that is kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import DetectorError
from detector.places.empty_scene import Appearance, describe
from detector.places.regions import Region, extent, find_regions, join_parts, large_enough, leaning
from detector.places.scene_snapshot import pack, unpack
from detector.vision.detections import Box
from tests.detector.scenes import ground, put, stall

FEW = settings(max_examples=40, deadline=None)
SHAPE = (272, 480)
EMPTY = ground()


def mask_of(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, np.bool_)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


def region(box: Box, score: float = 0.9) -> Region:
    return Region(np.zeros(SHAPE, np.bool_), box, score)


@FEW
@given(st.integers(0, 380), st.integers(0, 180), st.integers(20, 90), st.integers(20, 90))
def test_a_solid_patch_is_one_region_where_it_lies(left: int, top: int, width: int, height: int) -> None:
    (found,) = find_regions(mask_of((left, top, left + width, top + height)))
    assert found.box == pytest.approx((left, top, left + width, top + height), abs=2)
    assert found.score > 0.85
    x1, y1, x2, y2 = (int(side) for side in found.box)
    assert found.mask.sum() == found.mask[y1:y2, x1:x2].sum() > 0.8 * width * height


@pytest.mark.parametrize(
    "boxes",
    [
        [],
        [(100, 100, 103, 200)],  # the edge of a shadow
        [(100, 100, 300, 104)],
        [(x, y, x + 2, y + 2) for x in range(100, 200, 10) for y in range(100, 200, 10)],  # specks of noise
        [(100, 100, 105, 107)],
    ],
)
def test_bands_specks_and_crumbs_are_no_region(boxes: list[tuple[int, int, int, int]]) -> None:
    assert list(find_regions(mask_of(*boxes))) == []


def test_two_patches_apart_are_two_and_a_crack_between_them_is_closed() -> None:
    assert len(list(find_regions(mask_of((50, 50, 100, 100), (150, 50, 200, 100))))) == 2
    assert len(list(find_regions(mask_of((50, 50, 100, 100), (102, 50, 150, 100))))) == 1


@FEW
@given(st.integers(0, 470), st.integers(0, 260), st.integers(0, 20))
def test_an_extent_holds_the_mask_and_what_is_around_it(left: int, top: int, around: int) -> None:
    mask = mask_of((left, top, left + 8, top + 8))
    rows, columns = extent(mask, around)
    assert mask[rows, columns].sum() == mask.sum()
    assert (rows.start, columns.start) == (max(0, top - around), max(0, left - around))
    assert rows.stop >= min(top + 8, SHAPE[0])
    assert extent(np.zeros(SHAPE, np.bool_), around) == (slice(0, SHAPE[0]), slice(0, SHAPE[1]))


PARASOL: Box = (100, 50, 180, 90)


@pytest.mark.parametrize(
    ("other", "together"),
    [
        ((110, 120, 170, 160), True),  # a cart under it, 30 pixels of street between
        ((110, 130, 170, 170), True),  # as far below as the taller of them is tall
        ((110, 131, 170, 171), False),
        ((110, 130, 170, 145), True),  # goods on a cloth
        ((110, 131, 170, 146), False),
        ((182, 50, 240, 90), True),  # all but touching
        ((183, 50, 240, 90), False),  # beside it
        ((160, 120, 220, 160), False),  # less than half under it
        ((150, 120, 210, 160), True),
    ],
)
def test_a_parasol_and_what_stands_under_it_are_one(other: Box, together: bool) -> None:
    for parts in ([region(PARASOL), region(other, 0.4)], [region(other, 0.4), region(PARASOL)]):
        found = join_parts(parts)
        assert len(found) == (1 if together else 2)
        assert max(score for _, score in found) == 0.9
        if together:
            assert found[0][0] == (100, 50, max(180, other[2]), max(90, other[3]))


@pytest.mark.parametrize(("box", "enough"), [((0, 0, 12, 13), True), ((0, 0, 11, 13), False), ((0, 0, 12, 12), False)])
def test_the_smallest_thing_is_a_share_of_the_picture(box: Box, enough: bool) -> None:
    assert large_enough(box, np.zeros(SHAPE, np.bool_)) is enough
    doubled: Box = (box[0] * 2, box[1] * 2, box[2] * 2, box[3] * 2)
    assert large_enough(doubled, np.zeros((2 * SHAPE[0], 2 * SHAPE[1]), np.bool_)) is enough


@pytest.mark.parametrize("seed", [2, 5, 9])
def test_what_came_leans_one_way_and_what_left_the_other(seed: int) -> None:
    empty, taken = describe(EMPTY), describe(put(EMPTY, stall(80, seed), 200, 150))
    mask = mask_of((200, 150, 272, 230))
    thing = Region(mask, (200, 150, 272, 230), 1.0)
    came, left = leaning(thing, taken, empty, mask), leaning(thing, empty, taken, mask)
    assert came > 0.2
    assert left == pytest.approx(-came, abs=1e-5)
    assert leaning(thing, empty, empty, mask) == pytest.approx(0, abs=1e-6)


def scene() -> tuple[Appearance, np.ndarray]:
    return describe(EMPTY), np.full(SHAPE, 0.01, np.float32)


def test_a_kept_scene_comes_back_as_fine_as_two_looks_agree() -> None:
    empty, noise = scene()
    found, restless = unpack(pack(empty, noise))
    for name in ("light", "contrast", "energy", "grain", "warm", "tint", "doubt"):
        assert np.abs(getattr(found, name) - getattr(empty, name)).max() < 2e-3, name
        assert getattr(found, name).dtype == np.float32
    assert (found.valid == empty.valid).all()
    assert found.valid.dtype == np.bool_
    assert np.abs(restless - noise).max() < 1e-4


@FEW
@given(st.binary(max_size=200), st.integers(0, 10**6))
def test_what_is_no_kept_scene_is_refused_in_words(rubbish: bytes, cut: int) -> None:
    for data in (rubbish, PACKED[: cut % len(PACKED)], b"\x80\x04" + rubbish):
        with pytest.raises(DetectorError, match="remove it to learn the scene anew"):
            unpack(data)


PACKED = pack(*scene())


def test_a_scene_of_another_shape_is_refused() -> None:
    empty, _ = scene()
    with pytest.raises(DetectorError, match="of no picture"):
        unpack(pack(empty, np.zeros((10, 10), np.float32)))
