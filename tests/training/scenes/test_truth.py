"""Boxes from masks, and the document beside a clip."""

from pathlib import Path

import numpy as np

from training.scenes.timeline import CAMERA, street_script
from training.scenes.truth import document, read_seen, seen, write_seen


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
