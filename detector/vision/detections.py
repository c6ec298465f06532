"""What a model saw in one frame."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the full picture, half-open


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that was seen: its class, how sure the model is (0 to 1), and its box."""

    class_name: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Detections:
    """Everything seen in one frame.

    `boxes` (n, 4) float32 x1 y1 x2 y2 pixels, `scores` (n,) float32, `class_ids` (n,) int64 into `names`.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    names: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for array in (self.boxes, self.scores, self.class_ids):
            array.setflags(write=False)

    @classmethod
    def empty(cls, names: tuple[str, ...] = ()) -> Self:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), names)

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Detection]:
        for box, score, class_id in zip(
            self.boxes.tolist(), self.scores.tolist(), self.class_ids.tolist(), strict=True
        ):
            yield Detection(self.names[class_id], score, (box[0], box[1], box[2], box[3]))

    def __getitem__(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> "Detections":
        return Detections(self.boxes[keep], self.scores[keep], self.class_ids[keep], self.names)

    def of_class(self, *names: str) -> "Detections":
        """Only the detections of the classes named."""
        wanted = [i for i, name in enumerate(self.names) if name in names]
        return self[np.isin(self.class_ids, wanted)]
