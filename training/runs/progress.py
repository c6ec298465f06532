"""What a run folder says of a training, while it goes on and afterwards. No torch: the service's pages read it.

Folders are read while another process writes them, and may hold anything: what cannot be read is left out.
"""

import csv
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from training.errors import ReportInvalid, RunNameInvalid
from training.evaluation.mistakes import MistakeKind
from training.evaluation.report_models import RunReport, read_report
from training.runs.start_weights import FINISHED

REPORT = "report"
"""The folder in a run's folder that `training.report` writes."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LARGEST = 4 * 2**20  # bytes of a file that is read at all: ten thousand epochs
_LONGEST_LINE = 4096  # letters of a line that is an epoch
_LOSSES = ("train/box_loss", "train/cls_loss", "train/dfl_loss")
_PATIENCE = 3.0  # epochs without news until a run counts as interrupted
_LEAST_PATIENCE = timedelta(minutes=2)
_FIRST_EPOCH = timedelta(minutes=30)  # the same where none has ended yet


class RunState(StrEnum):
    """Where a training stands."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the pictures: its number from 1 on, how long it took, and its mean losses.

    `box`, `cls` and `dfl` are of the boxes' overlap, of the classes, and of where exactly a box's edges lie.
    """

    number: int
    seconds: float
    box: float
    cls: float
    dfl: float


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run as far as it got; `updated` is when its folder last had news, UTC."""

    name: str
    state: RunState
    dataset: str
    base: str
    command: str
    seed: int
    image_size: int
    wanted: int
    epochs: tuple[Epoch, ...]
    updated: datetime
    report: RunReport | None
    sheets: tuple[MistakeKind, ...]


def check_name(name: str) -> str:
    """Return the name, where it can be that of a run folder.

    Raises:
        RunNameInvalid: it could lead out of the folder of runs, or is no name.
    """
    if not _NAME.fullmatch(name):
        raise RunNameInvalid(f"a run cannot be named {name!r}: letters, digits, '.', '_' and '-', a letter first")
    return name


def list_runs(folder: Path, now: datetime) -> list[RunProgress]:
    """Return every run in a folder of runs, the latest first; an absent folder holds none."""
    found = [read_progress(path, now) for path in _run_folders(folder)]
    return sorted((run for run in found if run is not None), key=lambda run: run.updated, reverse=True)


def find_run(folder: Path, name: str, now: datetime) -> RunProgress | None:
    """Return the run of that name: it is looked up among the folders there are, never made into a path."""
    path = _folder_of(folder, name)
    return None if path is None else read_progress(path, now)


def sheet_path(folder: Path, name: str, kind: MistakeKind) -> Path | None:
    """Return where a run's contact sheet of that kind lies, None where there is none."""
    run = _folder_of(folder, name)
    path = None if run is None else run / REPORT / f"{kind}.jpg"
    # a link could show any file of this machine
    return path if path is not None and path.is_file() and path.resolve().is_relative_to(folder.resolve()) else None


def _folder_of(folder: Path, name: str) -> Path | None:
    return next((path for path in _run_folders(folder) if path.name == name), None)


def _run_folders(folder: Path) -> list[Path]:
    try:
        inside = sorted(folder.iterdir())
    except OSError:  # absent, or not ours to read: no runs
        return []
    return [path for path in inside if _NAME.fullmatch(path.name) and not path.is_symlink() and _holds_run(path)]


def _holds_run(path: Path) -> bool:
    try:
        return (path / "run.json").is_file()
    except OSError:
        return False


def read_progress(folder: Path, now: datetime) -> RunProgress | None:
    """Return how far the run in `folder` got; None where its `run.json` cannot be read."""
    try:
        values = json.loads(_text(folder / "run.json"))
        schedule = values["schedule"]
        wanted, image_size, seed = int(schedule["epochs"]), int(schedule["image_size"]), int(values["seed"])
        dataset, base, command = (str(values.get(key, "")) for key in ("dataset", "base", "command"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    epochs = read_epochs(folder)
    updated = _updated(folder)
    return RunProgress(
        name=folder.name,
        state=_state(folder, epochs, updated, now),
        dataset=dataset,
        base=base,
        command=command,
        seed=seed,
        image_size=image_size,
        wanted=wanted,
        epochs=epochs,
        updated=updated,
        report=_report(folder / REPORT / "report.json"),
        sheets=tuple(kind for kind in MistakeKind if (folder / REPORT / f"{kind}.jpg").is_file()),
    )


def read_epochs(folder: Path) -> tuple[Epoch, ...]:
    """Return the epochs in `results.csv`.

    An epoch that was trained again after an interruption counts once, as it was last.

    A line that is being written, or that is none, is left out.
    """
    try:
        lines = [line for line in _text(folder / "results.csv").splitlines() if len(line) <= _LONGEST_LINE]
    except (OSError, ValueError):
        return ()
    epochs: dict[int, Epoch] = {}
    before = 0.0
    for row in csv.DictReader(lines, skipinitialspace=True, quoting=csv.QUOTE_NONE):
        try:
            number, clock = int(row["epoch"]), float(row["time"])
            box, cls, dfl = (float(row[name]) for name in _LOSSES)
        except (KeyError, TypeError, ValueError):
            continue
        if number > 0 and None not in row and all(math.isfinite(value) for value in (clock, box, cls, dfl)):
            # the clock begins anew when a run goes on
            epochs[number] = Epoch(number, clock - before if clock > before else clock, box, cls, dfl)
            before = clock
    return tuple(epochs[number] for number in sorted(epochs))


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_LARGEST).decode("utf-8")


def _report(path: Path) -> RunReport | None:
    try:
        return read_report(path) if path.is_file() and path.stat().st_size <= _LARGEST else None
    except (OSError, ReportInvalid):
        return None


def _updated(folder: Path) -> datetime:
    times = [0.0]
    for name in ("run.json", "results.csv", FINISHED, f"{REPORT}/report.json"):
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:  # not there yet
            continue
    return datetime.fromtimestamp(max(times), UTC)


def _state(folder: Path, epochs: tuple[Epoch, ...], updated: datetime, now: datetime) -> RunState:
    if (folder / FINISHED).is_file():
        return RunState.FINISHED
    slowest = max((epoch.seconds for epoch in epochs[-5:]), default=0.0)
    patience = max(timedelta(seconds=min(_PATIENCE * slowest, 86400)), _LEAST_PATIENCE) if epochs else _FIRST_EPOCH
    return RunState.RUNNING if now - updated <= patience else RunState.INTERRUPTED
