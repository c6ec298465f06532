"""What a detector gets wrong at the confidence that the product uses: false alarms, misses, wrong classes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.vision.boxes import overlap
from detector.vision.detections import Box
from training.evaluation.evaluate import PredictedPicture

SAME_PLACE = 0.5
"""IoU from which on a detection and a label are of one thing, as for AP50."""


class MistakeKind(StrEnum):
    """How a detector can be wrong."""

    FALSE_ALARM = "false-alarms"
    MISS = "misses"
    WRONG_CLASS = "wrong-classes"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake; `box` x1 y1 x2 y2 in pixels, of the detection, or of the label where nothing was seen.

    `overlap` is the greatest IoU with anything on the other side: a false alarm of .45 is a loose box, of .0 a phantom.
    """

    kind: MistakeKind
    picture: Path
    box: Box
    labelled: str | None
    said: str | None
    confidence: float | None
    overlap: float

    @property
    def name(self) -> str:
        """Return the class that it is a mistake of: as detected, or as labelled where nothing was seen."""
        return self.said or self.labelled or ""


@dataclass(frozen=True, slots=True)
class MistakeComparison:
    """`confusion[labelled, said]`, counts of boxes, the last row and column for nothing; and each mistake by itself."""

    confusion: NDArray[np.int64]
    mistakes: tuple[Mistake, ...]

    def worst(self, kind: MistakeKind) -> list[Mistake]:
        """Return the mistakes of a kind: the surest false alarms and wrong classes, the largest misses first.

        Classes take turns (the worst of each, then the second of each ...): the commonest would fill a sheet otherwise.
        """
        of_kind = [mistake for mistake in self.mistakes if mistake.kind is kind]
        turns: Counter[str] = Counter()
        ranked: list[tuple[int, Mistake]] = []
        for mistake in sorted(of_kind, key=_mildness):
            turns[mistake.name] += 1
            ranked.append((turns[mistake.name], mistake))
        return [mistake for _, mistake in sorted(ranked, key=lambda pair: pair[0])]


@dataclass(frozen=True, slots=True)
class _Scene:
    """One picture's detections from the thresholds on, surest first (n), and its labels (m), with classes by index."""

    boxes: NDArray[np.float32]
    said: NDArray[np.int64]
    scores: NDArray[np.float32]
    truth: NDArray[np.float32]
    labelled: NDArray[np.int64]


def compare(
    seen: Sequence[PredictedPicture], classes: Sequence[str], confidence: Mapping[str, float]
) -> MistakeComparison:
    """Match what was seen with what is labelled, each thing once.

    Detections first take labels of their own class, as AP does; only what is left over then shows a wrong class.
    """
    confusion = np.zeros((len(classes) + 1, len(classes) + 1), np.int64)
    mistakes: list[Mistake] = []
    for picture in seen:
        scene = _scene(picture, classes, confidence)
        pairs, iou = _pairs(scene)
        for row, column in pairs.items():
            confusion[scene.labelled[column], scene.said[row]] += 1
        mistakes += _mistakes(scene, picture.path, classes, pairs, iou)
        for row in set(range(len(scene.said))) - set(pairs):
            confusion[-1, scene.said[row]] += 1
        for column in set(range(len(scene.labelled))) - set(pairs.values()):
            confusion[scene.labelled[column], -1] += 1
    return MistakeComparison(confusion, tuple(mistakes))


def believed(picture: PredictedPicture, confidence: Mapping[str, float]) -> NDArray[np.bool_]:
    """Return which detections of a picture are of the wanted classes and sure enough, (n,)."""
    least = [confidence.get(name, np.inf) for name in picture.detections.names]
    return np.asarray(picture.detections.scores >= np.array(least)[picture.detections.class_ids], np.bool_)


def _scene(picture: PredictedPicture, classes: Sequence[str], confidence: Mapping[str, float]) -> _Scene:
    found = picture.detections
    keep = believed(picture, confidence)
    index = np.array([classes.index(name) if name in classes else -1 for name in found.names], np.int64)
    return _Scene(found.boxes[keep], index[found.class_ids[keep]], found.scores[keep], picture.truth, picture.truth_ids)


def _pairs(scene: _Scene) -> tuple[dict[int, int], NDArray[np.float64]]:
    """Row of each detection to the column of its label, and all IoUs (n, m)."""
    iou = overlap(scene.boxes, scene.truth)[0]
    same = scene.said[:, None] == scene.labelled[None, :]
    pairs: dict[int, int] = {}
    for allowed in (same, ~same):
        for row in range(len(scene.said)):
            if row in pairs:
                continue
            free = np.where(allowed[row], iou[row], 0.0)
            free[list(pairs.values())] = 0.0
            if len(free) and free.max() >= SAME_PLACE:
                pairs[row] = int(free.argmax())
    return pairs, iou


def _mistakes(
    scene: _Scene, path: Path, classes: Sequence[str], pairs: Mapping[int, int], iou: NDArray[np.float64]
) -> list[Mistake]:
    found: list[Mistake] = []
    for row in range(len(scene.said)):
        column = pairs.get(row)
        said, sure = classes[scene.said[row]], float(scene.scores[row])
        if column is None:
            nearest = float(iou[row].max(initial=0.0))
            found.append(Mistake(MistakeKind.FALSE_ALARM, path, _box(scene.boxes[row]), None, said, sure, nearest))
        elif scene.labelled[column] != scene.said[row]:
            labelled = classes[scene.labelled[column]]
            overlap = float(iou[row, column])
            found.append(Mistake(MistakeKind.WRONG_CLASS, path, _box(scene.boxes[row]), labelled, said, sure, overlap))
    for column in set(range(len(scene.labelled))) - set(pairs.values()):
        nearest = float(iou[:, column].max(initial=0.0))
        labelled = classes[scene.labelled[column]]
        found.append(Mistake(MistakeKind.MISS, path, _box(scene.truth[column]), labelled, None, None, nearest))
    return found


def _box(values: NDArray[np.float32]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


def _mildness(mistake: Mistake) -> float:
    x1, y1, x2, y2 = mistake.box
    return -(x2 - x1) * (y2 - y1) if mistake.confidence is None else -mistake.confidence
