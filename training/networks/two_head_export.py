"""A run's network beside the start weights that it grew from: new classes from the one, the old ones as they were.

What a COCO detector knows of people and vehicles does not survive a training on a few hundred façades (mAP50 .69 to
.18), and is there already.
"""

import copy
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from training.errors import UnsafeWeights
from training.networks.merge_heads import join
from training.networks.torch_setup import quiet_torch
from training.runs.run import Run
from training.runs.start_weights import open_network

if TYPE_CHECKING:
    import torch
    from ultralytics.nn.tasks import DetectionModel

CLOSE = 0.02
"""How far averaging and rounding may have moved numbers of frozen layers, as a share of those over 1."""


def export_beside(run: Run, start: Path, more: Sequence[str], out: Path, threads: int = 2) -> tuple[str, ...]:
    """Write one ONNX network: the run's classes, then `more`, which the start weights say as they always did.

    What the run itself knows of `more` is left out; layers that were frozen are computed once. Returns the classes.

    Raises:
        UnsafeWeights: these are not the start weights that the run grew from, or they do not know one of `more`.
    """
    with quiet_torch(threads), tempfile.TemporaryDirectory(prefix="streetwarden-beside-") as folder:
        from training.networks.class_subset import keep_classes, start_weights, write_onnx

        old = start_weights(start)
        known = {name: number for number, name in old.__dict__["names"].items()}
        unknown = [name for name in more if name not in known]
        if unknown:
            raise UnsafeWeights(f"{start}: knows no {unknown[0]}")
        new = cast("DetectionModel", open_network(run.weights).model).float()
        shared = {key: value for key, value in old.state_dict().items() if _layer(key) < run.schedule.frozen_layers}
        was, now = _folded(old, run.schedule.frozen_layers), _folded(new, run.schedule.frozen_layers)
        moved = [key for key, value in was.items() if key not in now or not _close(value, now[key])]
        if moved:
            raise UnsafeWeights(f"{start}: not what {run.folder.name} grew from: {moved[0]} differs")
        new.load_state_dict(shared, strict=False)
        learned = tuple(new.__dict__["names"].values())
        mine = tuple(name for name in learned if name not in more)
        keep_classes(new, [learned.index(name) for name in mine], mine)
        keep_classes(old, [known[name] for name in more], more)
        paths = Path(folder) / "new.onnx", Path(folder) / "old.onnx"
        width, height = run.input_size
        for network, path in zip((new, old), paths, strict=True):
            write_onnx(network, path, (height, width))
        join(paths[0], mine, paths[1], more, out)
        return (*mine, *more)


def _folded(network: "DetectionModel", layers: int) -> "dict[str, torch.Tensor]":
    """Return the numbers of the first `layers` with normalisations folded into the convolutions before them.

    What a run that went on from a finished model (`training.networks.onnx_to_torch`) has in common with the start
    weights.
    """
    folded = copy.deepcopy(network).eval().fuse(verbose=False)  # type: ignore[no-untyped-call]
    return {key: value for key, value in folded.state_dict().items() if _layer(key) < layers}


def _layer(key: str) -> int:
    """Return the layer's number in a name like `model.4.cv1.conv.weight`."""
    return int(key.split(".")[1])


def _close(was: "torch.Tensor", now: "torch.Tensor") -> bool:
    return was.shape == now.shape and bool(((was - now).abs() < CLOSE * was.abs().clamp(min=1)).all())
