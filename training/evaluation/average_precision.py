"""Average precision, with its uncertainty.

COCO's definition: detections, surest first, each take the free labelled box that they overlap most, if by at least the
wanted IoU; precision is made monotonous and averaged over 101 levels of recall. AP50 uses IoU 0.50, AP50-95 the mean
over 0.50, 0.55 ... 0.95. (Lin et al., "Microsoft COCO", 2014, and pycocotools' `COCOeval`, without its limit to 100
detections.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.vision.boxes import overlap

Floats = NDArray[np.float64]

IOUS: Floats = np.linspace(0.5, 0.95, 10)
_RECALLS: Floats = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class PictureMatches:
    """One class in one picture: what was seen and what is labelled; boxes x1 y1 x2 y2 in pixels.

    `boxes` (n, 4), `scores` (n,), `truth` (m, 4).
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    truth: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Matched:
    """All detections of one class, surest first, each right or wrong at every IoU.

    `scores` (n,), `picture` (n,) index of its picture, `right` (n, len(IOUS)) 0 or 1, `labelled` (pictures,) boxes in
    each.
    """

    scores: Floats
    picture: NDArray[np.intp]
    right: Floats
    labelled: Floats

    def precision_recall(self) -> tuple[Floats, Floats]:
        """Return precision and recall at IoU 0.50 after each detection, surest first: (n,) each."""
        right = np.cumsum(self.right[:, 0])
        return right / np.arange(1, len(right) + 1), right / max(float(self.labelled.sum()), 1.0)

    def ap(self, weights: Floats | None = None) -> Floats:
        """AP at each of IOUS, (len(IOUS),); NaN when nothing is labelled.

        `weights` (pictures,): how often each picture counts, for the bootstrap.
        """
        weight = np.ones(len(self.labelled)) if weights is None else weights
        labelled = float(self.labelled @ weight)
        if labelled == 0:
            return np.full(len(IOUS), np.nan)
        each = weight[self.picture][:, None]
        hits = np.cumsum(self.right * each, axis=0)
        seen = np.cumsum(each, axis=0)
        recall = hits / labelled
        precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
        ap = np.zeros(len(IOUS))
        for column in range(len(IOUS)):
            at = np.searchsorted(recall[:, column], _RECALLS - 1e-9)
            reached = at < len(recall)
            ap[column] = envelope[at[reached], column].sum() / len(_RECALLS)
        return ap


def match(pictures: Sequence[PictureMatches]) -> Matched:
    """Say of every detection whether it is right."""
    right = [_match_picture(looked) for looked in pictures]
    scores = np.concatenate([np.zeros(0), *(looked.scores for looked in pictures)])
    index = np.repeat(np.arange(len(pictures)), [len(looked.scores) for looked in pictures])
    order = np.argsort(-scores, kind="stable")
    return Matched(
        scores=scores[order],
        picture=index[order],
        right=np.concatenate([np.zeros((0, len(IOUS))), *right])[order],
        labelled=np.array([len(looked.truth) for looked in pictures], np.float64),
    )


def _match_picture(looked: PictureMatches) -> Floats:
    right = np.zeros((len(looked.scores), len(IOUS)))
    if len(looked.truth) == 0 or len(looked.scores) == 0:
        return right
    iou = overlap(looked.boxes, looked.truth)[0]
    for column, wanted in enumerate(IOUS):
        free = np.ones(len(looked.truth), bool)
        for row in np.argsort(-looked.scores, kind="stable"):
            best = int(np.argmax(np.where(free, iou[row], -1.0)))
            if free[best] and iou[row, best] >= wanted:
                free[best] = False
                right[row, column] = 1.0
    return right


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure with the 2.5 and 97.5 percentiles of its bootstrap over pictures."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Scores:
    """AP50 and AP50-95 of a class, or their means over classes."""

    ap50: Spread
    ap50_95: Spread


def score(classes: Sequence[Matched], samples: int = 500, seed: int = 0) -> tuple[list[Scores], Scores]:
    """The scores of each class (0 where nothing is labelled) and their mean over the labelled ones.

    The same resampled pictures serve all classes, so the interval of the mean is one of the mean.
    """
    pictures = len(classes[0].labelled)
    draws = np.random.default_rng(seed).multinomial(pictures, np.full(pictures, 1 / pictures), size=samples)
    weights = [None, *draws.astype(np.float64)]
    table = np.array([[matched.ap(weight) for matched in classes] for weight in weights])  # (1 + samples, class, IoU)
    ap50, mean = table[:, :, 0], table.mean(axis=2)
    each = [Scores(_spread(ap50[:, index]), _spread(mean[:, index])) for index in range(len(classes))]
    present = ~np.isnan(ap50[0])
    if not present.any():
        nothing = Spread(0.0, 0.0, 0.0)
        return each, Scores(nothing, nothing)
    return each, Scores(_spread(_row_means(ap50[:, present])), _spread(_row_means(mean[:, present])))


def gain(before: Sequence[Matched | None], after: Sequence[Matched], samples: int = 500, seed: int = 0) -> list[Scores]:
    """What a model gains over another in AP of each class, then of their mean: a paired bootstrap over pictures.

    Both have looked at the same pictures, so each resample counts the same ones for both: what is hard for both does
    not widen the interval. None: a class that the model before does not know, and so never finds. The last of the
    returned scores is the gain of the mean over the labelled classes.
    """
    pictures = len(after[0].labelled)
    draws = np.random.default_rng(seed).multinomial(pictures, np.full(pictures, 1 / pictures), size=samples)
    rows = []
    for weight in (None, *draws.astype(np.float64)):
        rows.append([new.ap(weight) - (old.ap(weight) if old else 0.0) for old, new in zip(before, after, strict=True)])
    table = np.array(rows)  # (1 + samples, class, IoU)
    ap50, mean = table[:, :, 0], table.mean(axis=2)
    present = ~np.isnan(ap50[0])
    each = [Scores(_spread(ap50[:, index]), _spread(mean[:, index])) for index in range(len(after))]
    if not present.any():
        return [*each, Scores(Spread(0.0, 0.0, 0.0), Spread(0.0, 0.0, 0.0))]
    return [*each, Scores(_spread(_row_means(ap50[:, present])), _spread(_row_means(mean[:, present])))]


def _row_means(table: Floats) -> Floats:
    """Means that leave NaN out: a resample may lack a rare class altogether."""
    known = ~np.isnan(table)
    means: Floats = np.where(known, table, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return means


def _spread(values: Floats) -> Spread:
    if np.isnan(values[0]):
        return Spread(0.0, 0.0, 0.0)
    low, high = np.percentile(values[1:][~np.isnan(values[1:])], [2.5, 97.5])
    return Spread(float(values[0]), float(low), float(high))
