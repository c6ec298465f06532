"""How far a small model agrees with a larger one, on footage that nobody labelled."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detector.detections import Detections
from training.ap import overlaps

MATCH = 0.5  # IoU


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


def agreement(pairs: Iterable[tuple[Detections, Detections]], name: str, sure: float, confidence: float) -> Agreement:
    """Agreement on one class over pairs of (model's, teacher's) detections, frame by frame.

    The teacher is held to what it says with at least `sure`. What it says more softly is no truth either way: a box of
    the model that meets only such a box is not counted. The model is taken from `confidence` on.
    """
    both = only_model = only_teacher = 0
    for model, teacher in pairs:
        mine = model[model.scores >= confidence].of_class(name)
        told = teacher.of_class(name)
        told = told[np.argsort(-told.scores)]
        certain = int((told.scores >= sure).sum())
        free = np.ones(len(told), np.bool_)
        meets = overlaps(mine.boxes, told.boxes)
        for row in meets[np.argsort(-mine.scores)]:
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
