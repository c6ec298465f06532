"""Which engine runs a model: ONNX Runtime, the reference, or a faster one where a check on this machine allows it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.settings import Wanted
from detector.errors import EngineRefused
from detector.vision.engine import ORT_VERSION, Engine, MakeEngine, OrtEngine
from detector.vision.gpu_engines import on_openvino_gpu, on_provider, openvino_gpu_version, provider_version
from detector.vision.openvino_engine import INSTALL, OpenVinoEngine, installed
from models.card import ModelCard
from models.engine_record import Checked, EngineRecord, Int8, machine, read_record, record_path
from models.registry import sha256_of

if TYPE_CHECKING:  # whoever runs a model needs nothing that trains one
    from training.evaluation.engine_agreement import EngineComparison

# The first that may be used is used. int8 is never taken by itself: it has to be asked for, and checked.
_ORDER: dict[Wanted, tuple[Checked, ...]] = {
    "onnxruntime": (),
    "openvino": ("openvino",),
    "auto": ("onnxruntime-tensorrt", "onnxruntime-cuda", "openvino-gpu", "openvino"),
    "int8": ("openvino-int8", "openvino", "onnxruntime-int8"),
}

PROVIDERS: dict[Checked, str] = {
    "onnxruntime-tensorrt": "TensorrtExecutionProvider",
    "onnxruntime-cuda": "CUDAExecutionProvider",
}
"""Providers of ONNX Runtime that run on a GPU."""


def records_folder(data_dir: Path) -> Path:
    """Return where the records of checks lie."""
    return data_dir / "engines"


def int8_path(records: Path, model: str) -> Path:
    """Return where the int8 copy of a model lies; it need not exist."""
    return records / f"{model}.int8.onnx"


def is_int8(engine: Checked) -> bool:
    """Return whether an engine runs the int8 copy."""
    return engine.endswith("-int8")


def choose_engine(card: ModelCard, wanted: Wanted, records: Path) -> MakeEngine:
    """Return the engine for one model. `auto` and `int8` take what may be used, and say nothing of what may not.

    Raises:
        EngineRefused: OpenVINO is wanted, and is not installed or has no record that it passed.
    """
    for engine in _ORDER[wanted]:
        fault = _fault(card, engine, records)
        if not fault:
            return make_engine(card, engine, records)
        if wanted == "openvino":
            raise EngineRefused(f"{card.name} cannot run on OpenVINO: {fault}")
    return OrtEngine


def make_engine(card: ModelCard, engine: Checked, records: Path) -> MakeEngine:
    """Return how that engine is made for this model, checked or not."""
    if engine in PROVIDERS:
        return on_provider(PROVIDERS[engine])
    if engine == "openvino-gpu":
        return on_openvino_gpu
    base: MakeEngine = OrtEngine if engine == "onnxruntime-int8" else OpenVinoEngine
    if not is_int8(engine):
        return base
    path = int8_path(records, card.name)

    def of_int8(_: Path) -> Engine:
        return base(path)

    return of_int8


def _fault(card: ModelCard, engine: Checked, records: Path) -> str:
    version = _version(engine)
    if not version and engine not in ("openvino", "openvino-int8"):
        return "there is no such GPU, or what runs on it is not installed"
    if not version:
        return f"it is not installed; {INSTALL}"
    seen = " DATASET" if is_int8(engine) else " PICTURES"
    seen += "" if engine == "openvino" else f" --engine {engine}"
    check = f"check it with: streetwarden models agree {card.name}{seen}"
    record = read_record(record_path(records, card.name, engine))
    if record is None:
        return f"no check that it sees what ONNX Runtime sees; {check}"
    if not record.holds_for(card, version, _int8_sha256(card, engine, records)):
        return f"the check was made with another file, version or processor; {check}"
    return record.fault


def _version(engine: Checked) -> str:
    if engine in PROVIDERS:
        return provider_version(PROVIDERS[engine])
    if engine == "openvino-gpu":
        return openvino_gpu_version(installed())
    return ORT_VERSION if engine == "onnxruntime-int8" else installed()


def _int8_sha256(card: ModelCard, engine: Checked, records: Path) -> str | None:
    path = int8_path(records, card.name)
    return sha256_of(path) if is_int8(engine) and path.is_file() else None


def record_of(card: ModelCard, engine: Checked, compared: "EngineComparison", int8: Int8 | None = None) -> EngineRecord:
    """Return what a comparison of that engine with the reference showed, here and now."""
    return EngineRecord(
        model=card.name,
        sha256=card.sha256,
        engine=engine,
        version=_version(engine),
        machine=machine(),
        pictures=compared.pictures,
        boxes=compared.boxes,
        odd=compared.odd,
        worst_shift=round(compared.worst_shift, 4),
        mean_shift=round(compared.mean_shift, 5),
        int8=int8,
        checked=datetime.now(UTC).replace(microsecond=0),
    )
