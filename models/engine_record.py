"""What is known of a faster engine for one model on one machine: whether it sees what ONNX Runtime in float32 sees.

Another engine, or a network of fewer bits, gives nearly the same numbers; how nearly depends on the processor and the
version. So the right to use one is earned by a check on pictures, and the record of it holds for exactly that file,
engine, version and processor.
"""

import hashlib
import platform
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from models.card import ModelCard, Sha256
from models.files import write_whole

Checked = Literal[
    "openvino", "openvino-int8", "onnxruntime-int8", "onnxruntime-tensorrt", "onnxruntime-cuda", "openvino-gpu"
]
"""Engines that need a check. The int8 ones run another file than the card's, made by `streetwarden models quantise`."""

LEAST_BOXES = 50  # fewer prove nothing
MOST_ODD = 0.01  # share of the boxes that one of the two engines alone may see
FURTHEST = 0.1  # how far one score may lie from the reference's; int8 was seen to be off by 0.37
FURTHEST_INT8 = 0.2  # twice that where labels speak as well: one box's score may move, as long as the whole stays right
MOST_LOST = (
    0.01  # of AP50 and of AP50-95, means over the classes: under half of what another sample of pictures changes
)


class Int8(BaseModel):
    """The int8 file that was checked, and what it and the reference reach on the same labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Sha256
    map50: float = Field(ge=0, le=1)
    map50_95: float = Field(ge=0, le=1)
    reference_map50: float = Field(ge=0, le=1)
    reference_map50_95: float = Field(ge=0, le=1)

    @property
    def fault(self) -> str:
        """Return why it may not be used; empty when it may."""
        for name, mine, reference in (
            ("AP50", self.map50, self.reference_map50),
            ("AP50-95", self.map50_95, self.reference_map50_95),
        ):
            if reference - mine > MOST_LOST:
                return f"{name} is {mine:.3f} instead of {reference:.3f}, more than {MOST_LOST} less"
        return ""


class EngineRecord(BaseModel):
    """One check. `boxes` are those that either side is sure of; `odd` of them have no partner on the other side."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    sha256: Sha256
    engine: str
    version: str
    machine: str
    pictures: int = Field(ge=0)
    boxes: int = Field(ge=0)
    odd: int = Field(ge=0)
    worst_shift: float = Field(ge=0, le=1, description="largest difference of a score between partners")
    mean_shift: float = Field(ge=0, le=1)
    int8: Int8 | None = Field(default=None, description="null: the engine runs the model's own file")
    checked: AwareDatetime

    @property
    def fault(self) -> str:
        """Return why the engine may not be used; empty when it may."""
        if self.boxes < LEAST_BOXES:
            return f"only {self.boxes} boxes were seen and {LEAST_BOXES} are needed: give more pictures"
        if self.odd > MOST_ODD * self.boxes:
            return f"{self.odd} of {self.boxes} boxes are seen by one engine alone, more than {MOST_ODD:.0%}"
        furthest = FURTHEST_INT8 if self.int8 else FURTHEST
        if self.worst_shift > furthest:
            return f"a score differs by {self.worst_shift:.2f}, more than {furthest}"
        return self.int8.fault if self.int8 else ""

    def holds_for(self, card: ModelCard, version: str, int8_sha256: str | None = None) -> bool:
        """Return whether this file (and its int8 copy), engine version and processor are the ones that were checked."""
        checked = (self.sha256, self.int8.sha256 if self.int8 else None, self.version, self.machine)
        return checked == (card.sha256, int8_sha256, version, machine())


def record_path(folder: Path, model: str, engine: str) -> Path:
    """Return where the record of a check lies; it need not exist."""
    return folder / f"{model}-{engine}.json"


def read_record(path: Path) -> EngineRecord | None:
    """Return the record, None where there is none or it cannot be read: the check can be made again."""
    try:
        return EngineRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def write_record(record: EngineRecord, path: Path) -> None:
    """Write a record so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (record.model_dump_json(indent=2) + "\n").encode())


def machine() -> str:
    """Return the processor, as far as it decides what an engine computes: its name and a digest of what it can do."""
    facts: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    except OSError:  # not Linux
        return f"{platform.machine()} {platform.processor()}"
    able = facts.get("flags", facts.get("Features", ""))
    digest = hashlib.sha256(" ".join(sorted(able.split())).encode()).hexdigest()[:12]
    return f"{facts.get('model name', platform.machine())} {digest}"
