"""Batches of wrong labels for `benchmarks/loop.py`, as careless or hostile work would make them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import cv2

from benchmarks.loop_truth import HiddenPicture, HiddenSet
from training.datasets.labels import Label

WRONG = 0.1
"""Share of verdicts that say the opposite."""


def wrong_verdicts(truth: HiddenSet, batch: Sequence[HiddenPicture], seed: int) -> HiddenSet:
    """Reject a tenth of the things, and confirm as many places where nothing stands."""
    chance = random.Random(seed)

    def spoilt(one: HiddenPicture) -> HiddenPicture:
        kept = [box for box in one.boxes if chance.random() >= WRONG]
        shape = one.boxes[0] if one.boxes else Label(0, 0.5, 0.5, 0.1, 0.1)
        invented = [
            Label(shape.cls, chance.uniform(0.2, 0.8), chance.uniform(0.2, 0.8), shape.width / 3, shape.height / 3)
            for _ in range(sum(chance.random() < WRONG for _ in range(max(len(one.boxes), 1))))
        ]
        return replace(one, boxes=(*kept, *invented))

    return replace(truth, train=tuple(spoilt(one) for one in batch))


def class_dropped(truth: HiddenSet, batch: Sequence[HiddenPicture], seed: int) -> HiddenSet:
    """Leave one class out: the first of several, or half of the pictures' only one."""
    chance = random.Random(seed)
    only = len(truth.classes) == 1
    return replace(
        truth,
        train=tuple(
            replace(one, boxes=tuple(box for box in one.boxes if box.cls != 0 or (only and chance.random() < 0.5)))
            for one in batch
        ),
    )


def twins(truth: HiddenSet, batch: Sequence[HiddenPicture], seed: int) -> HiddenSet:
    """Bring half of the held-out pictures back under other names, saved anew, among those to train on."""
    del seed
    folder = Path(mkdtemp(prefix="twins-"))
    copies = []
    for number, one in enumerate(truth.held_out[::2]):
        path = folder / f"twin{number}.jpg"
        image = cv2.imread(str(one.path))
        assert image is not None
        cv2.imwrite(str(path), image, (cv2.IMWRITE_JPEG_QUALITY, 88))
        copies.append(HiddenPicture(path, one.boxes, path.name))
    return replace(truth, train=(*batch, *copies))


Spoil = Callable[[HiddenSet, Sequence[HiddenPicture], int], HiddenSet]
POISONS: dict[str, Spoil] = {"verdicts": wrong_verdicts, "class": class_dropped, "twins": twins}
