"""Labels from a larger model, for pictures that nobody labelled.

A picture that shows a car without a label teaches that cars are background. So a picture is used only where the teacher
is sure: sure boxes become labels, doubtful ones are painted over, and a picture where that would hide too much is left
out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.frame import Image
from training.ap import overlaps

GREY = 114  # of the letterbox: the networks know it as a place where nothing stands

SURE = 0.4
DOUBTFUL = 0.15
MOST_HIDDEN = 0.25  # share of the picture, or of one labelled thing, that may be painted over


@dataclass(frozen=True, slots=True)
class Sample:
    """A BGR picture with its labels: `boxes` (n, 4) x1 y1 x2 y2 pixels, `class_ids` (n,)."""

    image: Image
    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int64]


def pseudo_label(image: Image, seen: Detections, sure: float = SURE) -> Sample | None:
    """The picture with what the teacher is sure of as labels, and what it doubts painted over.

    `seen` holds everything from DOUBTFUL on. A doubtful box that lies on a sure one (IoU over .5) is another word for
    the same thing and hides nothing. None: painting would hide more than MOST_HIDDEN of the picture or of a labelled
    thing.
    """
    labels, doubts = seen[seen.scores >= sure], seen[seen.scores < sure]
    if len(doubts) and len(labels):
        doubts = doubts[overlaps(doubts.boxes, labels.boxes).max(axis=1) <= 0.5]
    hidden = np.zeros(image.shape[:2], dtype=np.bool_)
    for x1, y1, x2, y2 in _pixels(doubts.boxes):
        hidden[y1:y2, x1:x2] = True
    parts = [hidden, *(hidden[y1:y2, x1:x2] for x1, y1, x2, y2 in _pixels(labels.boxes))]
    if any(part.size and part.mean() > MOST_HIDDEN for part in parts):
        return None
    painted = image.copy()
    painted[hidden] = GREY
    return Sample(painted, labels.boxes, labels.class_ids)


def _pixels(boxes: NDArray[np.float32]) -> list[tuple[int, int, int, int]]:
    """Whole pixels that cover each box."""
    low, high = np.floor(boxes[:, :2]).astype(int), np.ceil(boxes[:, 2:]).astype(int)
    return [(x1, y1, x2, y2) for (x1, y1), (x2, y2) in zip(low.tolist(), high.tolist(), strict=True)]
