"""Boxes from masks, and the document beside a clip."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scenes.block import SIGN_BASE
from training.scenes.camera import to_local
from training.scenes.script import PAVEMENT
from training.scenes.timeline import CAMERA, street_script
from training.scenes.truth import MIN_PIXELS, VisibleObject, document, pose_document, read_seen, seen, write_seen


def test_boxes_enclose_the_visible_pixels() -> None:
    mask = np.zeros((50, 60), dtype=np.int32)
    mask[10:20, 5:25] = 7
    mask[10:20, 12:15] = 9  # something in front
    mask[40, 40] = 3  # a speck
    found = {s.number: s for s in seen(mask)}
    assert set(found) == {7, 9}
    assert found[7].box == (5, 10, 25, 20)
    assert found[7].pixels == 10 * 17
    assert found[9].box == (12, 10, 15, 20)


def test_boxes_survive_being_put_aside(tmp_path: Path) -> None:
    mask = np.zeros((50, 60), dtype=np.int32)
    mask[10:20, 5:25] = 7
    write_seen(tmp_path / "0000.json", seen(mask))
    assert read_seen(tmp_path / "0000.json") == seen(mask)


def test_scripted_objects_are_told_even_where_nothing_of_them_is_seen() -> None:
    script = street_script(7)
    content = document("street.mp4", script, [CAMERA] * 60, [()] * 60, 2.0)
    objects = content["objects"]
    assert isinstance(objects, list)
    told = {entry["name"]: entry for entry in objects}
    assert told["stall-a"]["first_frame"] == 24
    assert told["stall-a"]["first"] == "2026-11-20T10:02:00+08:00"
    assert "stall-c" not in told  # it comes after the 60th frame
    assert all(entry["role"] != "context" for entry in told.values())


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_boxes_count_what_is_seen_and_touch_it_on_each_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.repeat(np.repeat(rng.integers(0, 4, (6, 8)), 4, axis=0), 5, axis=1).astype(np.int32)
    for one in seen(mask):
        x1, y1, x2, y2 = one.box
        inside = mask[y1:y2, x1:x2] == one.number
        assert one.pixels == inside.sum() == (mask == one.number).sum()
        for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
            assert edge.any()
    numbers = [one.number for one in seen(mask)]
    assert numbers == sorted(set(numbers))
    assert 0 not in numbers


@pytest.mark.parametrize(("pixels", "count"), [(MIN_PIXELS - 1, 0), (MIN_PIXELS, 1)])
def test_a_speck_is_no_box(pixels: int, count: int) -> None:
    mask = np.zeros((4, 40), np.int32)
    mask[1, :pixels] = 9
    assert len(seen(mask)) == count


def test_what_the_renderer_marks_below_nought_is_nothing() -> None:
    assert seen(np.full((10, 10), -1, np.int32)) == ()


def test_a_frame_tells_its_time_in_the_scene_in_the_clip_and_by_the_clock() -> None:
    script = street_script(7)
    box = VisibleObject(1, (1, 2, 30, 40), 500)
    frames = document("street.mp4", script, [CAMERA] * 3, [(), (box,), ()], 2.0)["frames"]
    assert isinstance(frames, list)
    assert [frame["scene_s"] for frame in frames] == [0, script.step, 2 * script.step]
    assert [frame["clip_s"] for frame in frames] == [0, 0.5, 1.0]
    assert frames[2]["time"] == "2026-11-20T10:00:10+08:00"
    assert frames[1]["boxes"] == [{"id": 1, "box": [1, 2, 30, 40], "pixels": 500}]
    assert all(0 <= frame["sunlight"] <= 1 for frame in frames)


def test_poses_and_frames_are_of_the_same_clip() -> None:
    with pytest.raises(ValueError, match="zip"):
        document("street.mp4", street_script(7), [CAMERA] * 2, [()] * 3, 2.0)


def test_context_is_told_only_where_it_is_seen_and_a_track_only_of_what_moves() -> None:
    script = street_script(7)
    walker = next(a for a in script.actors if a.kind == "walker" and a.first <= 0 and a.last > 30)
    seen_walker = VisibleObject(walker.number, (0, 0, 9, 9), 60)
    objects = document("street.mp4", script, [CAMERA] * 4, [(seen_walker,)] * 4, 2.0)["objects"]
    assert isinstance(objects, list)
    told = {entry["id"]: entry for entry in objects}
    assert [entry["id"] for entry in objects if entry["role"] == "context"] == [walker.number]
    assert len(told[walker.number]["track"]) == 4
    sign = next(entry for entry in objects if entry["class"] == "signboard")
    assert sign["track"] is None
    assert sign["base_height_m"] == SIGN_BASE
    assert told[walker.number]["base_height_m"] == PAVEMENT


def test_a_pose_is_told_with_the_place_that_it_has() -> None:
    told = pose_document(CAMERA)
    assert to_local(told["lat"], told["lon"]) == pytest.approx((CAMERA.east, CAMERA.north), abs=0.01)
    assert (told["height"], told["width"], told["height_px"]) == (CAMERA.height, CAMERA.width, CAMERA.size_v)
