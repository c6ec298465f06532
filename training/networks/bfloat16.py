"""The network in bfloat16 on a CPU, its loss in float32.

ultralytics allows bf16 on CUDA alone. On a CPU with AVX512-BF16 it halves the time of a training step (measured for
yolo11n at 640 px, batch 8, two threads: 0.15 s a picture in float32, 0.08 s in bf16). The loss must stay in float32:
bf16 has eight significant bits, so a corner at cell 60 of the grid would be rounded to a quarter of a cell, and boxes
would never get tight.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast
from unittest import mock

if TYPE_CHECKING:
    import torch
    from ultralytics.nn.tasks import DetectionModel

    Raw = dict[str, torch.Tensor | list[torch.Tensor]]
    Forward = Callable[[torch.Tensor], Raw]
    Loss = Callable[[Raw, dict[str, torch.Tensor]], tuple[torch.Tensor, dict[str, torch.Tensor]]]


def native() -> bool:
    """Return whether this CPU multiplies bf16 in hardware; elsewhere bf16 is slower than float32."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported())


@contextlib.contextmanager
def bf16_network(enabled: bool) -> Iterator[None]:
    """While entered, detection models run their forward pass for training in bf16."""
    if not enabled:
        yield
        return
    import torch
    from ultralytics.nn.tasks import DetectionModel

    def loss(
        self: "DetectionModel",
        batch: "dict[str, torch.Tensor]",
        preds: "Raw | None" = None,
    ) -> "tuple[torch.Tensor, dict[str, torch.Tensor]]":
        if getattr(self, "criterion", None) is None:
            self.criterion = cast("Callable[[], Loss]", self.init_criterion)()
        if preds is None:
            with torch.autocast("cpu", torch.bfloat16):
                raw = cast("Forward", self.forward)(batch["img"])
            preds = {
                key: [part.float() for part in value] if isinstance(value, list) else value.float()
                for key, value in raw.items()
            }
        result: tuple[torch.Tensor, dict[str, torch.Tensor]] = self.criterion(preds, batch)
        return result

    # on the class, not on the object: a checkpoint then still names ultralytics' own class and nothing of ours
    with mock.patch.object(DetectionModel, "loss", loss):
        yield
