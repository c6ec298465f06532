"""Networks on a GPU: ONNX Runtime's CUDA and TensorRT providers, OpenVINO's GPU plugin.

Where one fails, the CPU takes over. A GPU's numbers differ a little from the reference's, so one is used only where
`models.engine_record` holds a check that it passed. Drivers and packages that bring the providers are the operator's.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import onnxruntime as ort  # type: ignore[import-untyped]  # ships no types

from detector.vision.batching import BatchingEngine
from detector.vision.engine import Engine, MakeEngine, OrtEngine
from detector.vision.openvino_engine import OpenVinoEngine, devices
from detector.vision.pixels import FloatArray

log = logging.getLogger(__name__)

GPU_FACTS = Path("/proc/driver/nvidia/gpus")


class FallbackEngine:
    """Runs on `fast` until that fails on a picture that the CPU takes: from then on on the CPU, which is said once.

    A picture that both fail on is broken itself, and says nothing of the GPU. May be called from several threads.
    """

    def __init__(self, fast: Engine, make_cpu: Callable[[], Engine], name: str) -> None:
        self._fast: Engine | None = fast
        self._make_cpu = make_cpu
        self._cpu: Engine | None = None
        self._name = name
        self._lock = threading.Lock()
        self.width, self.height, self.output_shape = fast.width, fast.height, fast.output_shape
        self.takes_batches = fast.takes_batches

    def run(self, blob: FloatArray) -> FloatArray:
        fast = self._fast
        if fast is None:
            return self._on_cpu(blob)
        try:
            return fast.run(blob)
        except Exception as error:  # noqa: BLE001 - a lost device shows by no class of its own
            answer = self._on_cpu(blob)
            with self._lock:
                if self._fast is not None:
                    self._fast = None
                    log.error("%s failed and the CPU takes over until the service is restarted: %s", self._name, error)
            return answer

    def _on_cpu(self, blob: FloatArray) -> FloatArray:
        with self._lock:
            if self._cpu is None:
                self._cpu = self._make_cpu()
        return self._cpu.run(blob)


def on_provider(provider: str) -> MakeEngine:
    """Return how an engine is made that runs on a provider of ONNX Runtime, in batches.

    Making it raises EngineRefused where the provider is not there, or gives the network back to the CPU.
    """

    def make(path: Path) -> Engine:
        return _guarded(OrtEngine(path, provider), path, f"{path.stem}: {provider}")

    return make


def on_openvino_gpu(path: Path) -> Engine:
    """Return an engine that runs on OpenVINO's GPU plugin, in batches; raises EngineRefused where there is no GPU."""
    return _guarded(OpenVinoEngine(path, "GPU"), path, f"{path.stem}: OpenVINO's GPU plugin")


def provider_version(provider: str) -> str:
    """Return ONNX Runtime's version with the GPU that it would run on; empty where it has no such provider."""
    if provider not in ort.get_available_providers():
        return ""
    return f"{ort.__version__} on {_nvidia()}"


def openvino_gpu_version(version: str) -> str:
    """Return OpenVINO's version with its GPU; empty where either is missing."""
    found = devices().get("GPU", "") if version else ""
    return f"{version} on {found}" if found else ""


def _guarded(fast: Engine, path: Path, name: str) -> Engine:
    return BatchingEngine(FallbackEngine(fast, lambda: OrtEngine(path), name), path.stem)


def _nvidia() -> str:
    """Return the first NVIDIA GPU as its driver names it: a check on one says nothing of another."""
    for facts in sorted(GPU_FACTS.glob("*/information")):
        for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "Model":
                return value.strip()
    return "an unknown device"
