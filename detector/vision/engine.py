"""Running a model: a picture in, detections out, through ONNX Runtime on one core."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # ships no types

from detector.errors import EngineRefused, ModelInputError
from detector.vision.detections import Detections
from detector.vision.frame import Image
from detector.vision.pixels import Canvas, FloatArray, read_boxes
from models.card import ModelCard, ModelVersion
from models.registry import find_model, model_path, verify

ORT_VERSION: str = ort.__version__
CPU = "CPUExecutionProvider"


class Engine(Protocol):
    """What runs a network: the seam for other runtimes. May be called from several threads at once."""

    width: int
    height: int
    output_shape: tuple[int | str | None, ...]
    takes_batches: bool
    """Whether `run` takes several pictures at once, (n, 3, height, width)."""

    def run(self, blob: FloatArray) -> FloatArray:
        """Return the first output for a blob (1, 3, height, width) float32 RGB in 0 to 1."""
        ...


class OrtEngine:
    """ONNX Runtime on the CPU with one thread: two threads cut the latency of one picture, not its cost.

    With another `provider` it raises EngineRefused where that does not take the network.
    """

    def __init__(self, path: Path, provider: str = CPU) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3  # a warning about the machine's topology is no news to a user
        if not path.is_file():
            raise ModelInputError(f"{path}: no such model file")
        if provider not in ort.get_available_providers():
            raise EngineRefused(f"{provider}: this ONNX Runtime has no such provider; install onnxruntime-gpu")
        try:
            self._session = ort.InferenceSession(str(path), options, providers=list(dict.fromkeys((provider, CPU))))
        except Exception as error:  # ONNX Runtime raises unrelated, undocumented classes for a bad file
            raise ModelInputError(f"{path}: ONNX Runtime cannot load it ({type(error).__name__})") from error
        if self._session.get_providers()[0] != provider:  # ONNX Runtime takes the CPU without a word
            raise EngineRefused(f"{provider} cannot run {path}: a driver or a library of it is missing")
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        self.takes_batches = len(shape) == 4 and not isinstance(shape[0], int)
        one = shape[1:] if self.takes_batches else shape[1:] if shape[:1] == [1] else []
        if len(one) != 3 or one[0] != 3 or not all(isinstance(side, int) for side in one):
            raise ModelInputError(
                f"{path}: input is {[item.shape for item in inputs]}; a detector takes one [1, 3, height, width] "
                "of fixed size: export it without dynamic axes, but for the batch"
            )
        if inputs[0].type != "tensor(float)":
            raise ModelInputError(f"{path}: input is {inputs[0].type}; a detector takes float32: export it so")
        self._input = inputs[0].name
        self._output = self._session.get_outputs()[0].name
        self.height, self.width = int(shape[2]), int(shape[3])
        self.output_shape: tuple[int | str | None, ...] = tuple(self._session.get_outputs()[0].shape)

    def run(self, blob: FloatArray) -> FloatArray:
        output: FloatArray = self._session.run([self._output], {self._input: blob})[0]
        return output


MakeEngine = Callable[[Path], Engine]
"""Loads an ONNX file; raises ModelInputError where it is no detector."""


class OnnxModel:
    """A detector: an ONNX file of a YOLO network, its class names, and how sure it must be.

    `confidence` is one threshold, or one for each class; `identity` is what its card says of it. May be used from
    several threads at once.

    Raises:
        ModelInputError: the file's input or output is not that of a YOLO detector of these classes.
    """

    def __init__(
        self,
        path: Path,
        names: tuple[str, ...],
        confidence: float | Sequence[float] = 0.25,
        iou: float = 0.6,
        name: str | None = None,
        make_engine: MakeEngine = OrtEngine,
        identity: ModelVersion | None = None,
    ) -> None:
        engine = make_engine(path)
        self.name = name or path.stem
        self.identity = identity or ModelVersion(self.name)
        self.names = names
        self.width, self.height = engine.width, engine.height
        self.engine = engine
        self.iou = iou
        self.thresholds = np.broadcast_to(np.asarray(confidence, np.float32), (len(names),))
        # As many pictures at once as there are cores: hundreds of cameras have a thread each, and buffers for each of
        # them would fill the memory and make nothing faster.
        self._canvases: SimpleQueue[Canvas] = SimpleQueue()
        for _ in range(os.cpu_count() or 1):
            self._canvases.put(Canvas(self.width, self.height))
        rows = engine.output_shape
        if len(rows) != 3 or (rows[1] != 4 + len(names) and rows[2] != 6):
            raise ModelInputError(
                f"{path}: output is {list(rows)}; a detector of {len(names)} classes gives [1, {4 + len(names)}, n]"
            )

    def detect(self, image: Image, confidence: float | None = None) -> Detections:
        """Return what is in a BGR picture (height, width, 3), in pixels of the full picture, surest first.

        `confidence` takes the place of the model's own thresholds.

        Raises:
            PictureInvalid: the array is no picture.
        """
        canvas = self._canvases.get()
        try:
            letterbox = canvas.place(image)
            output = self.engine.run(canvas.blob)
        finally:
            self._canvases.put(canvas)
        thresholds = self.thresholds if confidence is None else np.full(len(self.names), confidence, np.float32)
        return read_boxes(output, letterbox, self.names, thresholds, self.iou)


def load_model(name: str, folder: Path | None = None, make_engine: MakeEngine = OrtEngine) -> OnnxModel:
    """Return the registry's model of that name, refused where its file is not the one its card describes.

    Raises:
        models.errors.ModelError: unknown, missing, changed, or of another shape than its card says.
        ModelInputError: not a YOLO detector.
    """
    return load_card(find_model(name, folder), make_engine)


def load_card(card: ModelCard, make_engine: MakeEngine = OrtEngine) -> OnnxModel:
    """Return the model of a card, refused where its file is not the one that the card describes.

    Raises as `load_model`.
    """
    verify(card)
    thresholds = [card.confidence_for(class_name) for class_name in card.classes]
    path, identity = model_path(card), card.identity
    return OnnxModel(path, card.classes, thresholds, card.nms_iou, card.name, make_engine, identity)
