"""Training with labels that say "not known": parts of a picture that teach nothing, for some of the classes or for all.

A data set may name more classes than its network is to learn: `data.yaml`'s `unsure` tells, by the name of each of those
last ones, for which classes a box of it leaves open whether they are there. Such a box is no target; inside it, the
class loss counts only where a known thing is. Without it, an unlabelled sign would teach that signs are background.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    import torch
    from ultralytics.models.yolo.detect import DetectionTrainer


def weights(
    centres: "torch.Tensor",
    boxes: "torch.Tensor",
    classes: "torch.Tensor",
    pictures: "torch.Tensor",
    batch: int,
    unsure: Mapping[int, Sequence[int]],
    known: int,
) -> "torch.Tensor":
    """What each class counts at each point, (batch, points, known): 0 inside unsure boxes, 1 elsewhere and on things.

    Args:
        centres: points (n, 2) as shares of the picture.
        boxes: (m, 4) x, y, width, height as shares; `classes` (m,) and `pictures` (m,) of them, unsure ones too.
        unsure: index of an unsure class -> the classes that it leaves open.
    """
    import torch

    counted = torch.ones(batch, len(centres), known)
    inside = ((centres[None] - boxes[:, None, :2]).abs() <= boxes[:, None, 2:] / 2).all(dim=2)  # (m, n)
    for number in range(len(boxes)):
        left_open = unsure.get(int(classes[number]))
        if left_open is not None:
            at = inside[number].nonzero(as_tuple=True)[0]
            counted[int(pictures[number]), at[:, None], torch.tensor(list(left_open))] = 0
    for number in range(len(boxes)):
        cls = int(classes[number])
        if cls < known:
            counted[int(pictures[number]), inside[number], cls] = 1
    return counted


@contextlib.contextmanager
def unsure_labels(known: int, unsure: Mapping[int, Sequence[int]]) -> Iterator["type[DetectionTrainer]"]:
    """While entered, detection losses know unsure classes; gives the trainer whose network learns the `known` first ones."""
    import torch
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.nn.tasks import DetectionModel
    from ultralytics.utils.loss import v8DetectionLoss
    from ultralytics.utils.tal import make_anchors
    from ultralytics.utils.torch_utils import strip_optimizer

    class Loss(v8DetectionLoss):  # type: ignore[misc]  # their class is untyped
        def loss(self, preds: dict[str, Any], batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, Any]:
            points, strides = make_anchors(preds["feats"], self.stride, 0.5)
            high, wide = preds["feats"][0].shape[2:]
            centres = (points * strides) / (self.stride[0] * torch.tensor([wide, high]))
            classes, pictures = batch["cls"].view(-1), batch["batch_idx"].view(-1)
            self.class_weights = weights(
                centres, batch["bboxes"], classes, pictures, len(preds["scores"]), unsure, known
            )
            keep = classes < known
            rest = {**batch, "cls": batch["cls"][keep], "bboxes": batch["bboxes"][keep], "batch_idx": pictures[keep]}
            result: tuple[torch.Tensor, Any] = super().loss(preds, rest)
            return result

    class Trainer(DetectionTrainer):  # type: ignore[misc]
        def _only_known(self) -> dict[str, Any]:
            names = {k: name for k, name in self.data["names"].items() if k < known}
            return {**self.data, "nc": known, "names": names}

        def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
            whole, self.data = self.data, self._only_known()
            try:
                return super().get_model(cfg, weights, verbose)
            finally:
                self.data = whole

        def final_eval(self) -> None:
            strip_optimizer(self.last)  # measured afterwards, by `training.evaluate`

        def set_model_attributes(self) -> None:
            whole, self.data = self.data, self._only_known()
            try:
                super().set_model_attributes()
            finally:
                self.data = whole

    with mock.patch.object(DetectionModel, "init_criterion", lambda self: Loss(self)):
        yield Trainer
