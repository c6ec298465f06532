"""Whether a faster engine sees what the reference sees: both look at the same pictures, box by box."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from detector.vision.boxes import overlap
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from models.engine_record import FURTHEST

MATCH = 0.7  # IoU from which on two boxes of one class are one thing


@dataclass(slots=True)
class EngineComparison:
    """Counts so far. `odd` boxes were seen by one side alone; `shifts` are differences of score between partners."""

    pictures: int = 0
    boxes: int = 0
    odd: int = 0
    shifts: list[float] = field(default_factory=list)

    @property
    def worst_shift(self) -> float:
        return max(self.shifts, default=0.0)

    @property
    def mean_shift(self) -> float:
        return float(np.mean(self.shifts)) if self.shifts else 0.0


def compare(reference: OnnxModel, other: OnnxModel, pictures: Iterable[Image]) -> EngineComparison:
    """Return both models, which must be of the same classes and thresholds, on BGR pictures.

    A box counts where its side is sure of it, by the model's own thresholds. Its partner may be less sure: a score that
    falls from just above the threshold to just below is a small difference, and is measured as one.
    """
    compared = EngineComparison()
    soft = max(0.01, float(reference.thresholds.min()) - 2 * FURTHEST)
    for picture in pictures:
        ours, theirs = reference.detect(picture, soft), other.detect(picture, soft)
        compared.pictures += 1
        _count(compared, _sure(ours, reference), theirs)
        _count(compared, _sure(theirs, other), ours)
    return compared


def _sure(seen: Detections, model: OnnxModel) -> Detections:
    return seen[seen.scores >= model.thresholds[seen.class_ids]]


def _count(compared: EngineComparison, sure: Detections, partners: Detections) -> None:
    meets = overlap(sure.boxes, partners.boxes)[0]
    for n, row in enumerate(meets):
        same = (row >= MATCH) & (partners.class_ids == sure.class_ids[n])
        compared.boxes += 1
        if same.any():
            compared.shifts.append(float(np.abs(partners.scores[same] - sure.scores[n]).min()))
        else:
            compared.odd += 1
