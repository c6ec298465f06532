"""Which pictures `benchmarks/loop.py` has labelled next: by chance, or by how much two looks of a model disagree."""

import numpy as np

from benchmarks.loop_truth import HiddenPicture, drawn
from detector.vision.boxes import overlap
from detector.vision.engine import load_card
from detector.vision.pixels import read_picture
from models.card import ModelCard

DOUBTFUL = 0.1
"""Confidence from which on a detection counts."""


def by_chance(base: ModelCard, pictures: list[HiddenPicture], count: int, seed: int) -> list[HiddenPicture]:
    del base
    return drawn(pictures, count, seed + 1000)


def by_doubt(base: ModelCard, pictures: list[HiddenPicture], count: int, seed: int) -> list[HiddenPicture]:
    """Return those in which a picture and its mirror image differ most, a tile at most once before all had a turn."""
    del seed
    model = load_card(base)

    def disagreement(one: HiddenPicture) -> float:
        image = read_picture(one.path)
        seen = model.detect(image, DOUBTFUL)
        mirrored = model.detect(np.ascontiguousarray(image[:, ::-1]), DOUBTFUL)
        boxes = mirrored.boxes.copy()
        boxes[:, [0, 2]] = image.shape[1] - boxes[:, [2, 0]]
        if not len(seen) or not len(mirrored):
            return float(seen.scores.sum() + mirrored.scores.sum())
        alike = overlap(seen.boxes, boxes)[0] * (seen.class_ids[:, None] == mirrored.class_ids[None, :])
        lonely = [seen.scores[alike.max(axis=1) < 0.5], mirrored.scores[alike.max(axis=0) < 0.5]]
        return float(sum(scores.sum() for scores in lonely))

    by_tile: dict[str, HiddenPicture] = {}
    for one in pictures:
        by_tile.setdefault(one.tile, one)
    order = sorted(by_tile.values(), key=disagreement, reverse=True)
    chosen = {one.tile for one in order}
    ranked = [copy for one in order for copy in pictures if copy.tile == one.tile and one.tile in chosen]
    return ranked[:count]
