"""Weights as ONNX: fixed input, float32, nothing of the training machine inside.

    python -m training.networks.export ../shared/weights/yolo11n.pt --out runs/yolo11n-640.onnx

makes start weights into what `evaluate --beside` takes; a run of ours becomes a model by `training.publish`.
"""

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from training.errors import RunExists, TrainingError, UnsafeWeights
from training.networks.torch_setup import quiet_torch
from training.runs.run import Run
from training.runs.start_weights import FINISHED, guarded, open_network

OPSET = 17
"""Old enough for every ONNX Runtime of the last years and for OpenVINO, new enough for yolo11."""

_KEPT = {"names", "task", "stride", "imgsz"}


def export_onnx(run: Run, out: Path, threads: int = 2) -> Path:
    """Write the run's network to `out` (.onnx): input [1, 3, height, width], output [1, 4 + classes, anchors].

    Raises:
        RunExists: the run has not finished.
    """
    if not (run.folder / FINISHED).is_file():
        raise RunExists(f"{run.folder}: the run has not finished; go on with --resume")
    return export_weights(run.weights, run.input_size, out, threads)


def export_weights(weights: Path, size: tuple[int, int], out: Path, threads: int = 2) -> Path:
    """Export weights that may be opened (`training.runs.start_weights`, or a run's own), `size` width and height.

    Nothing is left beside the weights.
    """
    with (
        quiet_torch(threads),
        contextlib.redirect_stdout(sys.stderr),
        tempfile.TemporaryDirectory(prefix="streetwarden-export-") as folder,
    ):
        import onnx

        here = Path(folder) / weights.name  # the exporter writes beside the weights, whose folder may not be ours
        shutil.copyfile(weights, here)
        model = open_network(here)
        exported = model.export(
            format="onnx",
            imgsz=[size[1], size[0]],
            opset=OPSET,
            simplify=True,
            dynamic=False,
            half=False,
            batch=1,
            device="cpu",
        )
        network = onnx.load(exported)
        # the date and the paths of the training machine: two exports of the same weights should be one file
        kept = [(entry.key, entry.value) for entry in network.metadata_props if entry.key in _KEPT]
        del network.metadata_props[:]
        network.doc_string = network.graph.doc_string = ""
        for key, value in [*kept, ("license", "AGPL-3.0-or-later")]:
            network.metadata_props.add(key=key, value=value)
        for node in network.graph.node:
            node.doc_string = ""
        onnx.save(network, str(out))
    return out


def main(
    base: Annotated[Path, typer.Argument(help="known start weights, or the folder of a finished run")],
    out: Annotated[Path, typer.Option(help="the .onnx file to write")],
    width: Annotated[int, typer.Option(min=32, help="of the network's input, a multiple of 32")] = 640,
    height: Annotated[int, typer.Option(min=32)] = 640,
) -> None:
    """Export. Example: python -m training.networks.export ../shared/weights/yolo11n.pt --out runs/n.onnx"""
    try:
        start = guarded(base)
        if not start.sha256:
            raise UnsafeWeights(f"{base}: is an architecture without weights; there is nothing to export")
        out.parent.mkdir(parents=True, exist_ok=True)
        export_weights(Path(start.path), (width, height), out)
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(out)


if __name__ == "__main__":
    typer.run(main)
