"""Which weights may be opened to start from.

A `.pt` file is a pickle: loading it can run its code. So a file is taken only when its SHA-256 is written here, or when
it is the untouched result of a finished run of ours; even those are read by ultralytics' restricted loader
(`ULTRALYTICS_SAFE_LOAD`).
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ModelError
from models.registry import find_model, model_path, sha256_of, verify
from training.errors import UnsafeWeights

if TYPE_CHECKING:
    from ultralytics.models import YOLO

START_WEIGHTS = {
    "985f59f3b062f8a9271bd42d920dd6303fd3e45ab361715c4c3e647c81dbf458": "yolo11n.pt",
    "1d54ce3bb53a1fa06d9eaf895580a827e561ee7f81c445776aa9d262d839ef29": "yolov8n.pt",
    "0f449a06b167125eadce30b513bdcf9c7d08a09a67e806045562452c884e519a": "yolov8s.pt",
}
"""ultralytics' COCO models (AGPL-3.0) by their SHA-256."""

FINISHED = "finished"
"""The file that marks a run as finished; it holds the SHA-256 of `weights/last.pt`."""


_ARCHITECTURE = re.compile(r"yolo(v8|11)[nsmlx]\.yaml")


@dataclass(frozen=True, slots=True)
class Start:
    """Weights that may be opened."""

    path: str
    sha256: str  # "" for a bare architecture, of which no file is read
    run: Path | None = None  # the finished run that they come from


def guarded(base: Path | str) -> Start:
    """Start weights, when they may be opened at all.

    Args:
        base: a `.pt` file, the folder of a finished run, or the name of an ultralytics architecture (`yolo11n.yaml`) to
            start from nothing.

    Raises:
        UnsafeWeights: no such file, an unknown one, or a run that has not finished or was changed since.
    """
    path = Path(base)
    if path.suffix == ".yaml":
        if not _ARCHITECTURE.fullmatch(str(base)):
            raise UnsafeWeights(f"{base}: is no architecture that is known here; yolo11n.yaml and yolov8n.yaml are")
        return Start(path.name, "")
    if path.is_dir():
        return _of_run(path)
    if not path.is_file():
        raise UnsafeWeights(f"{path}: no such file; start weights are {', '.join(START_WEIGHTS.values())}")
    digest = sha256_of(path)
    if digest not in START_WEIGHTS:
        raise UnsafeWeights(
            f"{path}: sha256 {digest[:12]}… is none of the known start weights ({', '.join(START_WEIGHTS.values())}); "
            "a .pt file can run code when it is opened, so this one is not"
        )
    return Start(str(path.resolve()), digest)


def start_of(base: Path | str) -> Start:
    """Return what a training may begin from.

    All that `guarded` takes, or a finished model, by its name in the registry or as an `.onnx` file, which holds no
    code, so that any may be opened (by `training.networks.onnx_to_torch`).

    Raises:
        UnsafeWeights: as `guarded`, or a model whose file and card do not match.
    """
    path = Path(base)
    if not path.suffix and not path.exists():
        try:
            card = find_model(str(base))
            verify(card)
        except ModelError as error:
            raise UnsafeWeights(f"{base}: neither a file, a finished run nor a model: {error}") from error
        path = model_path(card)
    if path.suffix == ".onnx" and path.is_file():
        return Start(str(path.resolve()), sha256_of(path))
    return guarded(base)


def open_network(weights: Path | str) -> "YOLO":
    """Return the network of a checkpoint, by the restricted loader.

    Call inside `training.networks.torch_setup.quiet_torch`.

    Raises:
        UnsafeWeights: there is something else in the file than a checkpoint; nothing of it has run.
    """
    from ultralytics.models import YOLO

    try:
        return YOLO(str(weights), task="detect")
    except TypeError as error:  # what the restricted loader says
        raise UnsafeWeights(
            f"{weights}: holds something else than a network's weights, so it is not opened; remove it and train again"
        ) from error


def _of_run(folder: Path) -> Start:
    mark, weights = folder / FINISHED, folder / "weights" / "last.pt"
    if not (mark.is_file() and weights.is_file()):
        raise UnsafeWeights(f"{folder}: is no finished run; go on with --resume, or start from {folder}'s own base")
    digest = sha256_of(weights)
    if mark.read_text(encoding="utf-8").strip() != digest:
        raise UnsafeWeights(f"{weights}: is not the file that the run ended with, so it is not opened")
    return Start(str(weights.resolve()), digest, folder)
