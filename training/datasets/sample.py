"""A labelled picture in memory, on its way into a data set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image
from detector.vision.pixels import read_picture
from training.datasets.labels import Label, LabelledPicture

GREY = 114  # of the letterbox: the networks know it as a place where nothing stands
MOST_HIDDEN = 0.25  # share of the picture, or of one labelled thing, that may be painted over


@dataclass(frozen=True, slots=True)
class Sample:
    """A BGR picture with its labels: `boxes` (n, 4) x1 y1 x2 y2 pixels, `class_ids` (n,)."""

    image: Image
    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int64]


def read_sample(picture: LabelledPicture) -> Sample:
    """Return a labelled picture of a set."""
    image = read_picture(picture.path)
    corners = [(b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2) for b in picture.labels]
    scale = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
    boxes = np.array(corners, np.float32).reshape(-1, 4) * scale
    return Sample(image, boxes, np.array([box.cls for box in picture.labels], np.int64))


def label_lines(sample: Sample, smallest: float = 0.0) -> list[str]:
    """Return a label file's lines; boxes shorter or narrower than `smallest`, a share of the picture, are left out."""
    height, width = sample.image.shape[:2]
    shares = np.clip(sample.boxes / np.array([width, height] * 2, np.float32), 0, 1)
    return [
        Label(int(cls), float(x1 + x2) / 2, float(y1 + y2) / 2, float(x2 - x1), float(y2 - y1)).line() + "\n"
        for (x1, y1, x2, y2), cls in zip(shares, sample.class_ids, strict=True)
        if min(x2 - x1, y2 - y1) > smallest
    ]
