"""How far a small model agrees with a larger one, on footage that nobody labelled."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detector.detections import Detections
from detector.pixels import suppress
from training.ap import overlaps

MATCH = 0.5  # IoU
DOUBLE = 0.6  # IoU from which on two boxes are one thing, as within a class


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts for one class: what the model and its teacher both saw, what only one of them did."""

    both: int
    only_model: int
    only_teacher: int

    @property
    def precision(self) -> float:
        """The share of the model's boxes that the teacher has too; 0 without boxes."""
        return self.both / max(1, self.both + self.only_model)

    @property
    def recall(self) -> float:
        """The share of the teacher's boxes that the model has too; 0 without boxes."""
        return self.both / max(1, self.both + self.only_teacher)


def agreement(
    pairs: Iterable[tuple[Detections, Detections]], names: tuple[str, ...], sure: float, confidence: float
) -> Agreement:
    """Agreement on classes taken as one, over pairs of (model's, teacher's) detections, frame by frame.

    The teacher is held to what it says with at least `sure`. What it says more softly is no truth either way: a box of
    the model that meets only such a box is not counted. The model is taken from `confidence` on.
    """
    both = only_model = only_teacher = 0
    for model, teacher in pairs:
        mine = _as_one(model[model.scores >= confidence], names)
        told = _as_one(teacher, names)
        certain = int((told.scores >= sure).sum())
        free = np.ones(len(told), np.bool_)
        meets = overlaps(mine.boxes, told.boxes)
        for row in meets:
            best = np.where(free & (row >= MATCH), row, 0)
            best[:certain] *= 2  # a sure box goes before a soft one
            if not best.any():
                only_model += 1
                continue
            chosen = int(best.argmax())
            free[chosen] = False
            both += chosen < certain
        only_teacher += int(free[:certain].sum())
    return Agreement(both, only_model, only_teacher)


def _as_one(detections: Detections, names: tuple[str, ...]) -> Detections:
    """Only these classes, surest first; one thing under two of the names is there once."""
    found = detections.of_class(*names)
    return found[suppress(found.boxes, found.scores, np.zeros(len(found), np.int64), DOUBLE)]
