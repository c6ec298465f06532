"""A finished run's weights as ONNX: fixed input, float32, nothing of the training machine inside."""

import contextlib
import sys
from pathlib import Path

from training.errors import RunExists
from training.finetune import Run, quiet_torch
from training.start import FINISHED

OPSET = 17
"""Old enough for every ONNX Runtime of the last years and for OpenVINO, new enough for yolo11."""

_KEPT = {"names", "task", "stride", "imgsz"}


def export_onnx(run: Run, out: Path, threads: int = 2) -> Path:
    """Write the run's network to `out` (.onnx): input [1, 3, size, size], output [1, 4 + classes, anchors].

    Raises:
        RunExists: the run has not finished.
    """
    if not (run.folder / FINISHED).is_file():
        raise RunExists(f"{run.folder}: the run has not finished; go on with --resume")
    with quiet_torch(threads), contextlib.redirect_stdout(sys.stderr):
        import onnx
        from ultralytics.models import YOLO

        model = YOLO(str(run.weights), task="detect")
        exported = model.export(
            format="onnx",
            imgsz=run.schedule.image_size,
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
        Path(exported).unlink()
    return out
