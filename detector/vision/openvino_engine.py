"""The OpenVINO engine, an option: about half the cost of ONNX Runtime on processors that multiply bfloat16.

Its scores differ a little from the reference's, so it is used only where `models.engine_record` holds a check that it
passed. OpenVINO is imported when an engine is made: the service runs without it.
"""

import os
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from detector.errors import EngineRefused, ModelInputError
from detector.vision.pixels import FloatArray

INSTALL = "install it with: pip install 'streetwarden[openvino]'"


def installed() -> str:
    """Return the version of OpenVINO that is installed, empty where there is none."""
    if find_spec("openvino") is None:
        return ""
    try:
        return version("openvino")
    except PackageNotFoundError:
        return ""


def devices() -> dict[str, str]:
    """Return the devices that OpenVINO finds, by their short name with the full one; none where it is missing."""
    if not installed():
        return {}
    import openvino

    core = openvino.Core()
    return {name.partition(".")[0]: str(core.get_property(name, "FULL_DEVICE_NAME")) for name in core.available_devices}


class OpenVinoEngine:
    """A network on the CPU, one thread for each picture, and as many pictures at once as there are cores.

    bfloat16 where the processor has it, float32 elsewhere. On the `GPU` as the plugin sees fit, and in batches where
    the file allows it. May be called from several threads at once.

    Raises:
        EngineRefused: OpenVINO is not installed, or finds no such device.
        ModelInputError: OpenVINO cannot load the file, or it is no detector of fixed size.
    """

    def __init__(self, path: Path, device: str = "CPU") -> None:
        if not installed():
            raise EngineRefused(f"OpenVINO is not there; {INSTALL}")
        if device not in devices():
            raise EngineRefused(f"OpenVINO finds no {device} on this machine")
        if not path.is_file():
            raise ModelInputError(f"{path}: no such model file")
        import openvino

        self.takes_batches = False
        core = openvino.Core()
        cores = os.cpu_count() or 1
        hint = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        options = {
            "INFERENCE_PRECISION_HINT": hint,
            "INFERENCE_NUM_THREADS": cores,  # shared by the streams: one thread each
            "NUM_STREAMS": cores,
            "ENABLE_CPU_PINNING": False,  # two services on one machine would be pinned to the same cores
        }
        try:
            network = core.read_model(str(path))
            shape = [side.get_length() if side.is_static else -1 for side in network.input().partial_shape]
            if len(shape) != 4 or shape[0] not in (1, -1) or shape[1] != 3 or -1 in shape[1:]:
                raise ModelInputError(f"{path}: input is {network.input().partial_shape}; a detector's is fixed")
            self.takes_batches = shape[0] == -1 and device != "CPU"
            if shape[0] == -1 and not self.takes_batches:
                network.reshape([1, *shape[1:]])
            self._compiled = core.compile_model(network, device, options if device == "CPU" else {})
        except RuntimeError as error:  # all that OpenVINO raises
            raise ModelInputError(f"{path}: OpenVINO cannot load it ({type(error).__name__})") from error
        self.height, self.width = int(shape[2]), int(shape[3])
        rows = self._compiled.output(0).partial_shape
        self.output_shape: tuple[int | str | None, ...] = tuple(
            side.get_length() if side.is_static else None for side in rows
        )
        self._requests: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        for _ in range(cores):
            self._requests.put(self._compiled.create_infer_request())

    def run(self, blob: FloatArray) -> FloatArray:
        request = self._requests.get()
        try:
            # The blob is not copied. The answer is: the next run overwrites it.
            answer = request.infer([blob], share_inputs=True, share_outputs=True)
            return np.array(answer[0], np.float32)
        finally:
            self._requests.put(request)
