"""A network of 8 bits out of one of 32: smaller and faster, and not quite the same.

Weights and inputs of the convolutions become int8 (QDQ, one scale for each output channel of the weights); ONNX Runtime
and OpenVINO both run the file. Three parts stay as they are: the first convolutions, where eight bits were seen to cost
most; the one that turns a distribution into a distance, whose weights are the numbers 0 to 15; and what is no
convolution (one scale for a tensor that holds pixels beside scores rounds every score to 0). See docs/trials.md.
"""

import contextlib
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from detector.vision.engine import OrtEngine
from detector.vision.pixels import Canvas, FloatArray, read_picture
from training.errors import NotQuantised

CALIBRATED_ON = 48  # pictures: about a minute of CPU time for a nano
LEFT_AT_THE_START = 6  # convolutions, the first three blocks of a yolo11: leaving them cost no measurable time
DISTANCES = "/dfl/"  # in the name of the convolution that turns a distribution into a distance


def quantise(source: Path, pictures: Sequence[Path], out: Path) -> None:
    """Write `source` with int8 convolutions to `out`.

    Ranges are taken from at most 48 of `pictures`, spread over them: give pictures that the model was *trained* on, or
    the check on its validation pictures would be flattered. About a second of CPU time for each.

    Raises:
        NotQuantised: the onnx package is not installed, no pictures, or nothing in the network can be quantised.
        ModelInputError: the file is no detector of fixed size.
        PictureUnreadable: no such file, not a picture, or too large.
    """
    engine = OrtEngine(source)
    if not pictures:
        raise NotQuantised(f"{source}: no pictures to take the ranges from")
    chosen = pictures[:: -(-len(pictures) // CALIBRATED_ON)]
    try:
        import onnx
        from onnxruntime import quantization  # type: ignore[import-untyped]  # ships no types
        from onnxruntime.quantization.shape_inference import quant_pre_process  # type: ignore[import-untyped]
    except ImportError as error:
        raise NotQuantised("onnx is not there; install it with: pip install 'streetwarden[training]'") from error
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="streetwarden-int8-") as folder,
        contextlib.redirect_stdout(io.StringIO()),  # ONNX Runtime says for each picture that it is collecting
    ):
        shaped, done = Path(folder) / "shaped.onnx", out.with_name(f"{out.name}.part")
        quant_pre_process(str(source), str(shaped), skip_symbolic_shape=True)
        graph = onnx.load(str(shaped)).graph
        convolutions = [node.name for node in graph.node if node.op_type == "Conv"]
        kept = [*convolutions[:LEFT_AT_THE_START], *(name for name in convolutions if DISTANCES in name)]
        if len(set(kept)) == len(convolutions):
            raise NotQuantised(f"{source}: {len(convolutions)} convolutions, and all of them have to stay in float32")
        quantization.quantize_static(
            str(shaped),
            str(done),
            _Pictures(graph.input[0].name, Canvas(engine.width, engine.height), chosen),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=kept,
            # the largest thousandth of a percent is cut off: with the full range, scores were off by up to .6
            calibrate_method=quantization.CalibrationMethod.Percentile,
            # one picture at a time: all that lies between the layers, of all pictures at once, is eight gigabytes
            extra_options={"CalibStridedMinMax": 1},
        )
        done.replace(out)


class _Pictures:
    """What ONNX Runtime's calibration reads from (a `CalibrationDataReader`), one picture at a time."""

    def __init__(self, name: str, canvas: Canvas, paths: Sequence[Path]) -> None:
        self._name, self._canvas = name, canvas
        self._count, self._asked = len(paths), 0
        bar = Console(stderr=True)  # standard output is for the result
        self._paths = iter(track(paths, "quantise", console=bar, transient=True, disable=not bar.is_terminal))

    def __len__(self) -> int:
        return self._count

    def set_range(self, start_index: int, end_index: int) -> None:
        self._asked = end_index - start_index

    def get_next(self) -> dict[str, FloatArray] | None:
        if not self._asked:
            return None
        self._asked -= 1
        self._canvas.place(read_picture(next(self._paths)))
        return {self._name: np.array(self._canvas.blob)}
