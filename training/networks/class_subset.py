"""A COCO detector opened safely, cut down to some of its classes, and written as ONNX."""

import copy
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import onnxslim  # type: ignore[import-untyped]  # ships no types
import torch
from ultralytics.nn.modules.head import Detect
from ultralytics.nn.tasks import DetectionModel, torch_safe_load

from training.errors import UnsafeWeights
from training.networks.export import OPSET
from training.runs.start_weights import guarded


def start_weights(path: Path) -> DetectionModel:
    """Return a COCO detector in float32, ready to be tuned.

    Opened only when its hash is known, and even then by the restricted loader: a `.pt` file is a pickle.

    Raises:
        UnsafeWeights: no such file, or another one.
    """
    weights = guarded(path).path
    checkpoint, _ = torch_safe_load(weights, safe_only=True)  # type: ignore[no-untyped-call]  # returns a bare tuple
    model = checkpoint.get("ema") or checkpoint["model"]
    if not isinstance(model, DetectionModel):
        raise UnsafeWeights(f"{path}: holds no detector")
    return model.float()


def keep_classes(model: DetectionModel, rows: Sequence[int], names: Sequence[str]) -> None:
    """Keep only these outputs of a detector, in this order and under these names; all else in it stays as it is.

    The last convolution of each class branch loses rows. Building the architecture anew for fewer classes would not do:
    its class branches are max(64, classes) channels wide, so the 80 of a COCO model would not fit.
    """
    head = head_of(model)
    for branch in head.cv3:
        assert isinstance(branch, torch.nn.Sequential)
        old = branch[-1]
        assert isinstance(old, torch.nn.Conv2d)
        new = torch.nn.Conv2d(old.in_channels, len(rows), 1)
        kept = {key: value[list(rows)] for key, value in old.state_dict().items()}
        new.load_state_dict(kept)
        branch[-1] = new
    head.nc = len(rows)
    head.no = head.nc + 4 * head.reg_max
    model.__dict__.update(nc=len(rows), names=dict(enumerate(names)))
    model.__dict__["yaml"]["nc"] = len(rows)


def head_of(model: DetectionModel) -> Detect:
    """Return the detector's last layer, which turns features into boxes and classes."""
    *_, head = model.get_submodule("model").children()
    if not isinstance(head, Detect):
        raise UnsafeWeights(f"its last layer is {type(head).__name__}, not a detection head")
    return head


def write_onnx(model: DetectionModel, path: Path, size: tuple[int, int]) -> None:
    """Write a float32 ONNX file with a fixed input of `size` (height, width) and the class names inside.

    `training.networks.export` takes finished runs from their folder; this takes a network at hand: it stays trainable.
    """
    whole = copy.deepcopy(model).eval()
    whole.fuse(verbose=False)  # type: ignore[no-untyped-call]  # folds normalisation into the convolutions
    head = head_of(whole)
    head.__dict__.update(export=True, format="onnx", dynamic=False)  # typed as None in ultralytics
    blob = torch.zeros(1, 3, *size)
    with torch.no_grad(), warnings.catch_warnings():
        # the tracer is old but what ultralytics uses too; its notes on sizes taken as fixed are what is wanted here
        warnings.simplefilter("ignore")
        whole(blob)  # lays the head's grid for this size
        torch.onnx.export(
            whole,
            (blob,),
            str(path),
            opset_version=OPSET,
            input_names=["images"],
            output_names=["output0"],
            dynamo=False,
        )
    network = onnxslim.slim(onnx.load(str(path)))
    # the paths of the training machine: two exports of the same weights should be one file
    network.doc_string = network.graph.doc_string = ""
    for node in network.graph.node:
        node.doc_string = ""
    for key, value in (("names", repr(model.__dict__["names"])), ("task", "detect"), ("license", "AGPL-3.0-or-later")):
        network.metadata_props.add(key=key, value=value)
    onnx.save(network, str(path))
