"""A finished model made trainable again: its ONNX file is all that is left of most, and no pickle.

In the file every normalisation is folded into the convolution before it. It is unfolded so that the network says the
same as before, and by the statistics of pictures that are shown to it, without which the first step of training, which
normalises by its own batch, would be taken by another network.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from detector.vision.pixels import Canvas, read_picture
from training.errors import ModelUnreadable

if TYPE_CHECKING:
    import torch
    from ultralytics.models import YOLO
    from ultralytics.nn.tasks import DetectionModel

Weights = dict[str, NDArray[np.float32]]

PICTURES: Final = 48
"""From which the statistics are taken."""

_FIRST: Final = "model.0.conv.weight"
_FAMILIES: Final = {22: "yolov8", 23: "yolo11"}  # by the number of the last layer
_SIZES: Final = {16: "n", 32: "s"}  # by the channels of the first one
_MOST: Final = 200_000_000  # bytes: nothing that we train is near it


def reopen(path: Path, pictures: Sequence[Path], size: int) -> "YOLO":
    """Return the network of an ONNX file, ready to be trained; call inside `training.networks.torch_setup.quiet_torch`.

    Of a network with two heads (`training.networks.merge_heads`) it is the first one's.

    Args:
        path: a detector that `training.publish` or `training.networks.export` wrote.
        pictures: some of those it will be trained on; at most `PICTURES` are shown to it.
        size: side of the square, in pixels, in which they are shown.

    Raises:
        ModelUnreadable: the file is none, or one of another architecture than is known here.
    """
    from ultralytics.models import YOLO
    from ultralytics.nn.tasks import DetectionModel

    from training.networks.class_subset import keep_classes

    weights = _weights(path)
    name, classes, width = _architecture(path, weights)
    # how wide its class branches are depends on how many classes the *first* start weights had
    network = DetectionModel(f"{name}.yaml", nc=width, verbose=False)  # type: ignore[no-untyped-call]
    keep_classes(network, range(classes), [str(number) for number in range(classes)])
    folded = _fill(path, network, weights)
    _unfold(network, folded, pictures[:: max(1, len(pictures) // PICTURES)][:PICTURES], size)
    model = YOLO(f"{name}.yaml", task="detect")
    model.model = network  # type: ignore[assignment]  # typed as a name in ultralytics
    model.ckpt = {"epoch": -1}  # else it would start from nothing
    return model


def _weights(path: Path) -> Weights:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from onnx import numpy_helper

    if not path.is_file() or path.stat().st_size > _MOST:
        raise ModelUnreadable(f"{path}: no such file, or one of more than {_MOST // 10**6} MB")
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
        return {
            item.name: numpy_helper.to_array(item).astype(np.float32)
            for item in graph.initializer
            if item.name.startswith("model.")
        }
    except (DecodeError, ValueError, TypeError, OSError) as error:
        raise ModelUnreadable(f"{path}: is no ONNX file with its weights inside") from error


def _architecture(path: Path, weights: Weights) -> tuple[str, int, int]:
    """Return the architecture's name, the number of classes of its head, and the width of its class branch."""
    layers = [int(name.split(".")[1]) for name in weights if name.split(".")[1].isdecimal()]
    family, first = _FAMILIES.get(max(layers, default=0)), weights.get(_FIRST)
    size = _SIZES.get(len(first)) if first is not None and first.ndim else None
    last = weights.get(f"model.{max(layers, default=0)}.cv3.0.2.weight")
    if family is None or size is None or last is None or last.ndim != 4:
        known = ", ".join(f"{family}{size}" for family in _FAMILIES.values() for size in _SIZES.values())
        raise ModelUnreadable(f"{path}: is no network that can be gone on from; known here: {known}")
    return f"{family}{size}", len(last), last.shape[1]


def _fill(path: Path, network: "DetectionModel", weights: Weights) -> "dict[torch.nn.BatchNorm2d, torch.nn.Conv2d]":
    """Write the weights into the network; the normalisations, with the convolutions before them, do nothing yet."""
    import torch

    state, folded = network.state_dict(), {}
    wanted = dict(state)
    for name, module in network.named_modules():
        conv, norm = getattr(module, "conv", None), getattr(module, "bn", None)
        if not (isinstance(conv, torch.nn.Conv2d) and isinstance(norm, torch.nn.BatchNorm2d)):
            continue
        folded[norm] = conv
        for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            wanted.pop(f"{name}.bn.{part}")
        state[f"{name}.bn.weight"] = torch.ones_like(norm.weight)
        state[f"{name}.bn.running_mean"] = torch.zeros_like(norm.weight)
        state[f"{name}.bn.running_var"] = torch.full_like(norm.weight, 1 - norm.eps)
        wanted[f"{name}.conv.bias"] = state[f"{name}.bn.bias"]
    for name, old in wanted.items():
        found = weights.get(name)
        if found is None or found.shape != tuple(old.shape):
            raise ModelUnreadable(f"{path}: {name} is {'missing' if found is None else 'of another shape'}")
        bias = name.endswith(".conv.bias") and name not in state
        state[name.replace(".conv.bias", ".bn.bias") if bias else name] = torch.from_numpy(found.copy())
    network.load_state_dict(state)
    return folded


def _unfold(
    network: "DetectionModel",
    folded: "dict[torch.nn.BatchNorm2d, torch.nn.Conv2d]",
    pictures: Sequence[Path],
    size: int,
) -> None:
    """Let each normalisation take out what its convolution gives on these pictures, and put it back."""
    import torch

    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64) for norm in folded}

    def watch(norm: torch.nn.BatchNorm2d) -> "torch.utils.hooks.RemovableHandle":
        def see(_module: torch.nn.Module, _given: object, got: torch.Tensor) -> None:
            flat = got.double()
            sums[norm] += torch.stack(
                [
                    flat.sum((0, 2, 3)),
                    flat.square().sum((0, 2, 3)),
                    torch.full_like(flat[0, :, 0, 0], flat[0, 0].numel()),
                ]
            )

        return folded[norm].register_forward_hook(see)

    handles, canvas = [watch(norm) for norm in folded], Canvas(size, size)
    network.eval()
    with torch.no_grad():
        for picture in pictures:
            canvas.place(read_picture(picture))
            network(torch.from_numpy(canvas.blob))
    for handle in handles:
        handle.remove()
    for norm, (total, squares, count) in sums.items():
        mean = total / count
        spread = (squares / count - mean.square()).clamp(min=1e-6)
        with torch.no_grad():
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(spread)
            norm.weight.copy_((spread + norm.eps).sqrt())
            norm.bias.add_(mean)
    network.train()
