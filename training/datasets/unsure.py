"""Training with labels that say "not known": parts of a picture that teach nothing, for some of the classes or for all.

A data set may name more classes than its network is to learn: `unsure` of `data.yaml` tells, by the name of each of
those last ones, for which classes a box of it leaves open whether they are there. Such a box is no target; inside it,
the class loss counts only where a known thing is. Without it, an unlabelled sign would teach that signs are background.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast
from unittest import mock

if TYPE_CHECKING:
    import torch
    from torch import nn
    from ultralytics.models.yolo.detect import DetectionTrainer

    Raw = dict[str, torch.Tensor]
    Batch = dict[str, torch.Tensor]
    Told = dict[str, object]


def weights(
    centres: "torch.Tensor",
    boxes: "torch.Tensor",
    classes: "torch.Tensor",
    pictures: "torch.Tensor",
    batch: int,
    unsure: Mapping[int, Sequence[int]],
    known: int,
) -> "torch.Tensor":
    """Return what each class counts at each point, (batch, points, known).

    0 inside unsure boxes, 1 elsewhere and on things.

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
    """While entered, detection losses know unsure classes; gives the trainer that learns the `known` first ones."""
    import torch
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.nn.tasks import DetectionModel
    from ultralytics.utils.loss import v8DetectionLoss
    from ultralytics.utils.tal import make_anchors
    from ultralytics.utils.torch_utils import strip_optimizer

    class Loss(v8DetectionLoss):
        def loss(self, preds: "Raw", batch: "Batch") -> "tuple[torch.Tensor, Raw]":
            maps = cast("list[torch.Tensor]", preds["feats"])
            points, strides = make_anchors(maps, self.stride, 0.5)  # type: ignore[no-untyped-call]
            high, wide = maps[0].shape[2:]
            centres = (points * strides) / (cast("torch.Tensor", self.stride)[0] * torch.tensor([wide, high]))
            classes, pictures = batch["cls"].view(-1), batch["batch_idx"].view(-1)
            self.class_weights = weights(
                centres, batch["bboxes"], classes, pictures, len(preds["scores"]), unsure, known
            )
            keep = classes < known
            rest = {**batch, "cls": batch["cls"][keep], "bboxes": batch["bboxes"][keep], "batch_idx": pictures[keep]}
            return super().loss(preds, rest)

    class Trainer(DetectionTrainer):
        @contextlib.contextmanager
        def _known_alone(self) -> Iterator[None]:
            """Present the set as one of the known classes, for what builds the network."""
            whole = self.data
            names = {k: name for k, name in whole["names"].items() if k < known}
            self.data = {**whole, "nc": known, "names": names}
            try:
                yield
            finally:
                self.data = whole

        def get_model(
            self, cfg: "str | Told | None" = None, weights: "nn.Module | None" = None, verbose: bool = True
        ) -> "nn.Module":
            with self._known_alone():
                return cast("nn.Module", super().get_model(cfg, weights, verbose))

        def set_model_attributes(self) -> None:
            with self._known_alone():
                super().set_model_attributes()  # type: ignore[no-untyped-call]

        def validate(self) -> tuple[dict[str, float], float]:
            return dict.fromkeys(self.metrics or {}, 0.0), 0.0  # its own measuring knows no unsure boxes

        def final_eval(self) -> None:
            strip_optimizer(self.last)  # measured afterwards, by `training.evaluation.evaluate_views`

    with mock.patch.object(DetectionModel, "init_criterion", lambda network: Loss(network)):  # noqa: PLW0108  # a class would not be bound
        yield Trainer
