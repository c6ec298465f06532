"""Sets that were labelled for other classes: what other models see in them becomes labels, or is painted over.

A window without a label teaches that windows are background. So wherever a set does not label a class that the model is
to learn, a model that knows the class is asked: what it is sure of becomes a label, what it doubts is painted grey. The
set's own labels stand first: nothing is added where one of them says the same already, and nothing that hides much of a
labelled thing is painted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from training.datasets.sample import GREY, MOST_HIDDEN, Sample

PART = 0.3
"""Share of the smaller of two boxes from which on they are of one sign or window: the sets label these now piece by
piece, now as one band."""

SAME = 0.5
"""IoU from which on two boxes are of one thing, whatever it is called."""


@dataclass(frozen=True, slots=True)
class Helper:
    """A model that is asked about classes which a set does not label.

    `sure`: for each class that it is asked about, the confidence from which on a detection is a label; `doubtful`: from
    which on it is painted over instead.
    """

    model: OnnxModel
    sure: Mapping[str, float]
    doubtful: float


@dataclass(frozen=True, slots=True)
class Completed:
    """A picture with labels of all classes, and by class what was added, painted over, or left as nothing."""

    sample: Sample
    added: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Said:
    box: NDArray[np.float32]
    score: float
    cls: int
    sure: bool


def complete(
    sample: Sample, helpers: Sequence[Helper], classes: Sequence[str], alike: Sequence[frozenset[str]]
) -> Completed:
    """Ask the helpers about one labelled picture.

    Args:
        sample: its own labels, as indices into `classes`.
        alike: classes that are words for the same things, of which a part is no other thing: a sign that one calls
            `signboard` and the other `cantilever_sign` is not missing. Of all others only IoU counts: people stand
            before each other.
    """
    groups = [next((k for k, group in enumerate(alike) if name in group), None) for name in classes]
    boxes, ids = list(sample.boxes), [int(cls) for cls in sample.class_ids]
    added, hidden, left = Counter[str](), Counter[str](), Counter[str]()
    said = sorted(
        (one for helper in helpers for one in _ask(helper, sample.image, classes)), key=lambda o: (-o.sure, -o.score)
    )
    doubts: list[_Said] = []
    for one in said:  # all that is sure comes first
        same = [box for box, cls in zip(boxes, ids, strict=True) if groups[cls] == groups[one.cls]]
        if any(_of_one_thing(one.box, box, groups[one.cls] is not None) for box in same):
            continue
        if one.sure:
            boxes.append(one.box)
            ids.append(one.cls)
            added[classes[one.cls]] += 1
        else:
            doubts.append(one)
    image = sample.image.copy()
    covered = np.zeros(image.shape[:2], np.bool_)
    for one in doubts:
        painted = paint(covered, one.box, boxes)
        (hidden if painted else left)[classes[one.cls]] += 1
    image[covered] = GREY
    table = np.array(boxes, np.float32).reshape(-1, 4)
    return Completed(Sample(image, table, np.array(ids, np.int64)), added, hidden, left)


def paint(covered: NDArray[np.bool_], box: NDArray[np.float32], labels: Sequence[NDArray[np.float32]]) -> bool:
    """Add a box to what is covered, unless more than MOST_HIDDEN of the picture or of a labelled thing would be."""
    tried = covered.copy()
    tried[_inside(box)] = True
    parts = [tried, *(tried[_inside(label)] for label in labels)]
    if any(part.size and part.mean() > MOST_HIDDEN for part in parts):
        return False
    covered |= tried
    return True


def _of_one_thing(a: NDArray[np.float32], b: NDArray[np.float32], parts: bool) -> bool:
    common = float(np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)))
    first, second = float(np.prod(a[2:] - a[:2])), float(np.prod(b[2:] - b[:2]))
    return common > (PART * min(first, second) if parts else SAME * (first + second - common))


def _ask(helper: Helper, image: Image, classes: Sequence[str]) -> list[_Said]:
    found = helper.model.detect(image, helper.doubtful).of_class(*helper.sure)
    return [
        _Said(np.array(one.box, np.float32), one.confidence, classes.index(one.class_name), sure)
        for one in found
        for sure in (one.confidence >= helper.sure[one.class_name],)
    ]


def _inside(box: NDArray[np.float32]) -> tuple[slice, slice]:
    (x1, y1), (x2, y2) = np.floor(box[:2]).astype(int).tolist(), np.ceil(box[2:]).astype(int).tolist()
    return slice(max(0, y1), y2), slice(max(0, x1), x2)
