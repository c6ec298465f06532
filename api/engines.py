"""Which engine runs a model: ONNX Runtime, the reference, or OpenVINO where a check on this machine allows it."""

from datetime import UTC, datetime
from pathlib import Path

from api.settings import Wanted
from detector.engine import MakeEngine, OrtEngine
from detector.errors import EngineRefused
from detector.openvino_engine import INSTALL, OpenVinoEngine, installed
from models.card import ModelCard
from models.engine_record import EngineRecord, machine, read_record, record_path
from training.engine_agreement import Compared

OPENVINO = "openvino"


def records_folder(data_dir: Path) -> Path:
    """Where the records of checks lie."""
    return data_dir / "engines"


def choose_engine(card: ModelCard, wanted: Wanted, records: Path) -> MakeEngine:
    """The engine for one model. `auto` takes OpenVINO where it may be used, and says nothing where it may not.

    Raises:
        EngineRefused: OpenVINO is wanted, and is not installed or has no record that it passed.
    """
    if wanted == "onnxruntime":
        return OrtEngine
    fault = _fault(card, records)
    if not fault:
        return OpenVinoEngine
    if wanted == "auto":
        return OrtEngine
    raise EngineRefused(f"{card.name} cannot run on OpenVINO: {fault}")


def _fault(card: ModelCard, records: Path) -> str:
    version = installed()
    if not version:
        return f"it is not installed; {INSTALL}"
    check = f"check it with: streetwarden models agree {card.name} PICTURES"
    record = read_record(record_path(records, card.name, OPENVINO))
    if record is None:
        return f"no check that it sees what ONNX Runtime sees; {check}"
    if not record.holds_for(card, version):
        return f"the check was made with another file, version or processor; {check}"
    return record.fault


def record_of(card: ModelCard, compared: Compared) -> EngineRecord:
    """What a comparison of OpenVINO with the reference showed, here and now."""
    return EngineRecord(
        model=card.name,
        sha256=card.sha256,
        engine=OPENVINO,
        version=installed(),
        machine=machine(),
        pictures=compared.pictures,
        boxes=compared.boxes,
        odd=compared.odd,
        worst_shift=round(compared.worst_shift, 4),
        mean_shift=round(compared.mean_shift, 5),
        checked=datetime.now(UTC).replace(microsecond=0),
    )
