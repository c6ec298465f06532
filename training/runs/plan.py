"""What a training would do and cost, before anything is spent. No torch: the service's pages ask it.

It refuses a set that a model must not be trained on, as far as that can be seen without training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np

from detector.vision.boxes import overlap
from models.card import ModelCard
from models.registry import verify
from training.datasets.interchange import Side
from training.datasets.labels import check_set, open_set
from training.datasets.manifest import DatasetManifest, Picture
from training.datasets.near_copies import refuse_near_copies
from training.datasets.version_store import picture_files, verify_version
from training.errors import DatasetInvalid
from training.runs.rehearsal import old_pictures
from training.runs.schedule import Schedule, gentle, schedule_for

SAME_THING: Final = 0.9
"""IoU from which on two boxes are of one thing: two labels for it contradict each other, or stand there twice."""

SECONDS_A_PICTURE: Final = 0.14
"""CPU of one training step of yolo11n at 640 px in bf16 (`training/runs/schedule.py`); with a frozen backbone 0.07."""
WITHOUT_BF16: Final = 2.0
"""Times that on a processor that does not multiply bf16 (`training/networks/bfloat16.py`)."""
SECONDS_TO_MEASURE: Final = 0.2
"""CPU of looking at one held-out picture with two models."""

_SIDES: Final[tuple[Side, Side]] = ("train", "val")


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What a job would do and cost: `minutes` of one core; nothing has been done yet."""

    dataset: Path
    manifest: DatasetManifest
    base: ModelCard
    schedule: Schedule
    minutes: float
    old: tuple[Path, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Return the plan, for a person."""
        train, val = self.manifest.of("train"), self.manifest.of("val")
        boxes = sum(len(one.boxes) for one in train)
        schedule = self.schedule
        frozen = f", the first {schedule.frozen_layers} layers stay" if schedule.frozen_layers else ""
        mixed = f", and {len(self.old)} old ones that {self.base.name} was trained on" if self.old else ""
        return [
            f"from {self.base.name} {self.base.version} with {self.manifest.name} {self.manifest.version}: "
            f"{len(train)} pictures, {boxes} boxes{mixed}; judged on {len(val)} that are held out",
            f"{schedule.epochs} epochs at {schedule.learning_rate:g}, {schedule.image_size} px{frozen}",
            f"about {max(1, round(self.minutes))} minutes of one core",
        ]


def plan_training(dataset: Path, base: ModelCard, *, bf16: bool = True) -> TrainingPlan:
    """Check a version of a data set and a base before anything is spent.

    Raises:
        DatasetInvalid: the version was edited; labels contradict each other; a picture to train on is a copy of one
            that is held out; a class is missing on one side, or is one
            that the base knows and the set does not, which training would make it forget.
        ModelError: the base is not what its card says.
    """
    manifest = verify_version(dataset)
    check_set(open_set(dataset))
    _refuse_contradictions(dataset, manifest)
    files = picture_files(dataset, manifest)
    refuse_near_copies(*([files[one.sha256] for one in manifest.of(side)] for side in _SIDES))
    verify(base)
    forgotten = [name for name in base.classes if name not in manifest.classes]
    if forgotten:
        raise DatasetInvalid(
            f"{dataset}: has no {', '.join(forgotten)}, which {base.name} {base.version} knows and would forget; "
            "label them in these pictures, too, or go on from another model"
        )
    if manifest.classes[: len(base.classes)] != base.classes:
        raise DatasetInvalid(
            f"{dataset}: its classes are in another order ({', '.join(manifest.classes)}) than those of {base.name} "
            f"({', '.join(base.classes)}); import it as a new data set, with a --classes file that names these first"
        )
    old = old_pictures(dataset.parent.parent, base, manifest)
    pictures = len(manifest.of("train")) + len(old)
    schedule = gentle(schedule_for(manifest.view), len(manifest.of("train")))
    step = SECONDS_A_PICTURE / (2 if schedule.frozen_layers >= 10 else 1) * (1 if bf16 else WITHOUT_BF16)
    training = pictures * schedule.epochs * step * (schedule.image_size / 640) ** 2
    minutes = (training + len(manifest.of("val")) * SECONDS_TO_MEASURE) / 60
    return TrainingPlan(dataset, manifest, base, schedule, minutes, old)


def next_version(taken: Sequence[str]) -> str:
    """Return a number above those of all versions that are numbers."""
    return str(max((int(one) for one in taken if one.isascii() and one.isdigit()), default=0) + 1)


def has_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether this processor multiplies bf16 in hardware, as far as the kernel says; asked without torch."""
    try:
        return "avx512_bf16" in cpuinfo.read_text(encoding="ascii", errors="replace")
    except OSError:  # not Linux
        return False


def _refuse_contradictions(dataset: Path, manifest: DatasetManifest) -> None:
    """Refuse one thing under two labels, or labelled twice: verdicts that contradict each other."""
    for one in manifest.pictures:
        pair = _twice(one)
        if pair is not None:
            names = " and ".join(manifest.classes[one.boxes[index].cls] for index in pair)
            first, second = (index + 1 for index in pair)
            path = dataset / one.side / "labels" / f"{Path(one.file).stem}.txt"
            raise DatasetInvalid(
                f"{path}:{first}: is of the same thing as line {second} ({names}; {one.original}): keep one of them"
            )


def _twice(picture: Picture) -> tuple[int, int] | None:
    if len(picture.boxes) < 2:
        return None
    corners = np.array(
        [
            (box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2)
            for box in picture.boxes
        ],
        np.float32,
    )
    same = overlap(corners, corners)[0] >= SAME_THING
    return next((pair for pair in combinations(range(len(corners)), 2) if same[pair]), None)
