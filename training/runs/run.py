"""What a run folder is: `run.json` says how it was begun, `weights/last.pt` is what it has learned so far."""

import json
from dataclasses import dataclass
from pathlib import Path

from training.errors import RunExists
from training.runs.schedule import Schedule
from training.runs.start_weights import FINISHED

KEPT = "kept.pt"
"""The last epoch's weights once more, in `weights/`: ultralytics writes `last.pt` in place, and may be killed then."""


@dataclass(frozen=True, slots=True)
class Run:
    """A training run; `dataset` and `start` (the SHA-256 of what it began from) are empty in runs older than they."""

    folder: Path
    weights: Path  # the averaged weights of the last epoch
    schedule: Schedule
    seed: int
    base: str
    base_sha256: str
    command: str
    dataset: str = ""
    start: str = ""

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height in pixels of the network that the run is exported as."""
        width, height = self.schedule.input_size or (self.schedule.image_size, self.schedule.image_size)
        return width, height


def read_run(folder: Path) -> Run:
    """Return the run of a folder, finished or not.

    Raises:
        RunExists: there is none, or its description cannot be read.
    """
    described = folder / "run.json"
    if not described.is_file():
        raise RunExists(f"{folder}: holds no run; start one with `python -m training.finetune`")
    try:
        values = json.loads(described.read_text(encoding="utf-8"))
        schedule = Schedule(**values.pop("schedule"))
        here = {"folder": folder.resolve(), "weights": folder.resolve() / "weights" / "last.pt"}  # it may have moved
        return Run(**{**values, **here, "schedule": schedule})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunExists(f"{described}: does not describe a run; remove the folder and train again") from error


def last_whole_weights(run: Run) -> Path | None:
    """Return the weights of the last epoch that ended; None in the first one."""
    kept = run.weights.parent / KEPT
    if kept.is_file() and not (run.folder / FINISHED).is_file():
        return kept
    return run.weights if run.weights.is_file() else None
