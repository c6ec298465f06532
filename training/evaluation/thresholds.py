"""From which confidence on a class may be believed."""

import numpy as np

from models.card import Threshold
from training.evaluation.average_precision import Matched

WANTED_PRECISION = 0.8
"""A person looks at everything that is found: one false alarm in five is borne, a missed stall is never seen."""

_ENOUGH = 5
"""Detections that a precision must rest on: the single surest one is right or wrong by chance."""

DEFAULT_CONFIDENCE = 0.25
"""For classes without a fitted threshold, and the least for those that never get precise: their best F1 can lie so low
that a hundred false alarms come with one right one."""


def fit_threshold(matched: Matched, wanted: float) -> Threshold:
    """Return the lowest confidence whose precision (IoU 0.50) is at least `wanted`.

    Where none is, the one of the best F1, but at least DEFAULT_CONFIDENCE.

    It is fitted on the pictures given, so on others the precision will be a little off.
    """
    precision, recall = matched.precision_recall()
    seen = np.arange(1, len(precision) + 1)
    # only after the last of equal scores is the cut possible
    possible = np.append(matched.scores[1:] != matched.scores[:-1], True)[: len(seen)]
    good = np.flatnonzero(possible & (precision >= wanted) & (seen >= _ENOUGH))
    if len(recall) == 0 or not recall[-1]:
        return Threshold(confidence=1.0, precision=0.0, recall=0.0, wanted_precision=wanted, reached=False)
    if len(good):
        at = int(good[-1])
    else:
        f1 = np.where(possible, 2 * precision * recall / np.maximum(precision + recall, 1e-9), 0.0)
        sure = int((matched.scores >= DEFAULT_CONFIDENCE).sum())
        if not sure:
            return Threshold(
                confidence=DEFAULT_CONFIDENCE, precision=0.0, recall=0.0, wanted_precision=wanted, reached=False
            )
        at = min(int(np.argmax(f1)), sure - 1)
    # rounded down, so that the detection at the cut itself stays in
    return Threshold(
        confidence=float(np.floor(matched.scores[at] * 1000) / 1000),
        precision=round(float(precision[at]), 4),
        recall=round(float(recall[at]), 4),
        wanted_precision=wanted,
        reached=bool(len(good)),
    )
