"""In a masked copy heads and number plates are covered, and what stands in the street is not."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from api.db.database import Database
from api.evidence.files import EvidenceStore
from api.evidence.kinds import EvidenceKind
from api.evidence.masks import HEAD, Masks, cover
from detector.vision.detections import Detections
from detector.vision.engine import load_model
from detector.vision.jpeg import decode
from tests.api.samples import NOON, a_candidate

NAMES = ("person", "car", "umbrella")


def seen(*things: tuple[int, tuple[int, int, int, int]]) -> Detections:
    boxes = np.array([box for _, box in things], np.float32)
    return Detections(boxes, np.full(len(things), 0.3, np.float32), np.array([one for one, _ in things]), NAMES)


def test_heads_and_plates_are_of_one_colour_and_the_rest_is_as_it_was() -> None:
    image = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    before = image.copy()
    copy = cover(image, seen((0, (40, 50, 100, 250)), (1, (200, 100, 380, 200)), (2, (150, 10, 190, 60))))
    assert np.array_equal(image, before), "the original stays as it is"
    head = copy[50 : 50 + int(200 * HEAD), 40:100].reshape(-1, 3)
    plate = copy[150:200, 200:380].reshape(-1, 3)
    assert len(np.unique(head, axis=0)) == len(np.unique(plate, axis=0)) == 1
    assert np.array_equal(copy[105:250, 40:100], before[105:250, 40:100])
    assert np.array_equal(copy[100:150, 200:380], before[100:150, 200:380])
    assert np.array_equal(copy[10:60, 150:190], before[10:60, 150:190]), "an umbrella is no person"


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((-50, -50, 20, 30), slice(0, 30), slice(0, 20)),  # the head is beyond the border, the plate is not
        ((390, 290, 500, 400), slice(283, 300), slice(379, 400)),  # the plate is beyond the border, the head is not
        ((10, 10, 10, 10), slice(0, 0), slice(0, 0)),
    ],
)
def test_what_lies_across_the_border_is_covered_as_far_as_it_is_seen(
    box: tuple[int, int, int, int], rows: slice, columns: slice
) -> None:
    image = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    copy = cover(image, seen((0, box), (1, box)))
    assert len(np.unique(copy[rows, columns].reshape(-1, 3), axis=0)) == (1 if rows.stop else 0)
    copy[rows, columns] = image[rows, columns]
    assert np.array_equal(copy, image), "all else is as it was"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_shipped_network_masks_each_picture_once(files: EvidenceStore, database: Database) -> None:
    masks, now = Masks(files, lambda: load_model("street")), NOON
    scene = next(file for file in files.keep(a_candidate()) if file.kind is EvidenceKind.SCENE)
    copy = masks.of(database, scene, now)
    assert copy.sha256 != scene.sha256
    assert decode(files.read(copy)).shape == decode(files.read(scene)).shape
    assert replace(copy, sha256=scene.sha256, path=scene.path) == scene
    never = Masks(files, lambda: load_model("no-such-model"))
    assert never.of(database, scene, now + timedelta(days=1)) == copy
