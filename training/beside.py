"""A run's network beside the start weights that it grew from: new classes from the one, the old ones as they were.

What a COCO detector knows of people and vehicles does not survive a training on a few hundred façades (mAP50 .69 to
.18), and is there already.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import UnsafeWeights
from training.join import join
from training.quiet import quiet_torch
from training.run import Run
from training.start import open_network

if TYPE_CHECKING:
    import torch

CLOSE = 0.02
"""How far averaging and rounding may have moved numbers of frozen layers."""


def export_beside(run: Run, start: Path, names: Sequence[str], out: Path, threads: int = 2) -> Path:
    """Write one ONNX network: of `names`, those that the start weights know are said by them, all others by the run.

    The run's own idea of the former is left out. Layers that were frozen are computed once.

    Raises:
        UnsafeWeights: these are not the start weights that the run grew from, or know none or all of its last classes.
    """
    with quiet_torch(threads), tempfile.TemporaryDirectory(prefix="streetwarden-beside-") as folder:
        from ultralytics.nn.tasks import DetectionModel

        from training.surgery import keep_classes, start_weights, write_onnx

        old = start_weights(start)
        known = {name: number for number, name in old.__dict__["names"].items()}
        mine = [name for name in names if name not in known]
        theirs = [name for name in names if name in known]
        if not mine or not theirs or [*mine, *theirs] != list(names):
            raise UnsafeWeights(f"{start}: of {', '.join(names)} it must know the last ones, and not the first")
        new = open_network(run.weights).model
        assert isinstance(new, DetectionModel)
        new = new.float()
        shared = {key: value for key, value in old.state_dict().items() if _layer(key) < run.schedule.frozen_layers}
        moved = [key for key, value in shared.items() if not _close(value, new.state_dict()[key])]
        if moved:
            raise UnsafeWeights(f"{start}: not what {run.folder.name} grew from: {moved[0]} differs")
        new.load_state_dict(shared, strict=False)
        keep_classes(new, [names.index(name) for name in mine], mine)
        keep_classes(old, [known[name] for name in theirs], theirs)
        paths = Path(folder) / "new.onnx", Path(folder) / "old.onnx"
        width, height = run.input_size
        for network, path in zip((new, old), paths, strict=True):
            write_onnx(network, path, (height, width))
        return join(paths[0], mine, paths[1], theirs, out)


def _layer(key: str) -> int:
    """The layer's number in a name like `model.4.cv1.conv.weight`."""
    return int(key.split(".")[1])


def _close(was: "torch.Tensor", now: "torch.Tensor") -> bool:
    return was.shape == now.shape and bool((was.float() - now.float()).abs().max() < CLOSE)
