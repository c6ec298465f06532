"""What the page does with trainings: says what one would cost, starts it, ends it, goes on with it."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from api.errors import NotFound, TrainingBusy, TrainingRefused
from api.inference.model_cache import shelf_of
from api.settings import Settings
from api.training_runs.job_process import plan_job, version_of_candidate
from api.training_runs.jobs import (
    LOG,
    JobState,
    TrainingJob,
    TrainingWish,
    free_name,
    job_names,
    sign_turn,
    status_of,
    take_turn,
    whose_turn,
    write_job,
)
from models.errors import ModelError
from models.shelf import Shelf
from training.datasets.manifest import DatasetManifest, read_manifest
from training.datasets.version_store import latest, names
from training.errors import TrainingError
from training.runs.plan import TrainingPlan

PARTS = ("torch", "ultralytics", "onnx")
"""What a training needs beyond the service; all are in the extra `training`."""


@dataclass(frozen=True, slots=True)
class Trainable:
    """A data set that could be trained on, and the models that know no class beyond its own, in its order."""

    name: str
    version: str
    pictures: int
    held_out: int
    bases: tuple[str, ...]


def missing_parts() -> tuple[str, ...]:
    """Return which parts of the extra `training` are not installed; none where this machine can train."""
    return tuple(name for name in PARTS if find_spec(name) is None)


def datasets_of(settings: Settings) -> Path:
    """Return the folder of this service's data sets."""
    return settings.data_dir / "datasets"


def trainable(settings: Settings) -> list[Trainable]:
    """Return every data set with the models that it can be trained on from; one that was damaged is left out."""
    root, shelf = datasets_of(settings), shelf_of(settings)
    found = []
    for name in names(root):
        try:
            manifest = read_manifest(latest(root, name))
        except TrainingError:  # its own page says what is wrong
            continue
        train, val = len(manifest.of("train")), len(manifest.of("val"))
        found.append(Trainable(name, manifest.version, train, val, _bases(shelf, manifest)))
    return found


def _bases(shelf: Shelf, manifest: DatasetManifest) -> tuple[str, ...]:
    fitting = []
    for name in shelf.names():
        try:
            card = shelf.in_service(name)
        except ModelError:  # damaged: the page of the models says so
            continue
        if manifest.classes[: len(card.classes)] == card.classes:
            fitting.append(name)
    return tuple(fitting)


def wish_of(settings: Settings, dataset: str, base: str, **asked: int | float | None) -> TrainingWish:
    """Return the wish to train on the newest version of a data set from the version of a model that serves.

    Raises:
        TrainingRefused: there is no such data set or model, or a value is out of range.
    """
    try:
        version = latest(datasets_of(settings), dataset).name
        serving = shelf_of(settings).serving_version(base)
        return TrainingWish.model_validate(
            {"dataset": dataset, "dataset_version": version, "base": base, "base_version": serving, **asked}
        )
    except (TrainingError, ModelError, ValueError) as error:
        raise TrainingRefused(str(error).splitlines()[0]) from error


def plan(settings: Settings, wish: TrainingWish) -> TrainingPlan:
    """Return what a training would do and cost. Raises TrainingRefused where it must not be done."""
    try:
        return plan_job(datasets_of(settings), shelf_of(settings), wish)
    except (TrainingError, ModelError) as error:
        raise TrainingRefused(str(error)) from error


def start(settings: Settings, wish: TrainingWish, by: str, now: datetime) -> TrainingJob:
    """Begin a training in a process of its own, which outlives this one; returns the job.

    Raises:
        TrainingRefused: it must not be done, or this machine lacks a part of it.
        TrainingBusy: another training is under way.
    """
    _check_can_train()
    _check_turn(settings.runs_dir)
    planned = plan(settings, wish)
    job = TrainingJob(
        name=free_name(settings.runs_dir, wish.dataset),
        version=version_of_candidate(shelf_of(settings), wish.base),
        wish=wish,
        by=by,
        at=now,
        plan=tuple(planned.lines),
    )
    _spawn(settings, job)
    return job


def go_on(settings: Settings, name: str) -> None:
    """Go on with a training that was interrupted, cancelled or failed, from its last whole epoch.

    Raises:
        NotFound: no such job. TrainingBusy: another is under way. TrainingRefused: it has ended well.
    """
    _check_can_train()
    _check_turn(settings.runs_dir)
    status = status_of(settings.runs_dir, name)
    if status is None:
        raise NotFound(f"there is no training job {name!r}")
    if status.state is JobState.DONE:
        raise TrainingRefused(f"the training {name} has ended with its comparison; there is nothing to go on with")
    _spawn(settings, status.job)


def under_way(settings: Settings) -> str | None:
    """Return the name of the training that is under way on this machine."""
    return whose_turn(settings.runs_dir)


def waiting_jobs(settings: Settings, shown: set[str]) -> list[str]:
    """Return jobs that have no run folder yet: just begun, or ended before they had one."""
    return [name for name in job_names(settings.runs_dir) if name not in shown]


def _check_can_train() -> None:
    if missing := missing_parts():
        raise TrainingRefused(f"training needs {', '.join(missing)}: pip install 'streetwarden[training]'")


def _check_turn(runs: Path) -> None:
    if (name := whose_turn(runs)) is not None:
        raise TrainingBusy(f"the training {name} is under way; one at a time")


def _spawn(settings: Settings, job: TrainingJob) -> None:
    turn = take_turn(settings.runs_dir, job.name)
    try:
        folder = write_job(settings.runs_dir, job)
        arguments = [
            str(settings.data_dir.absolute()),
            str(settings.runs_dir.absolute()),
            job.name,
            str(settings.training_memory_mb),
        ]
        # its maths libraries must not take every core before the trainer says how many it may have
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(job.wish.threads))
        with (folder / LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "api.training_runs.job_process", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(sys.path)},
                pass_fds=(turn,),  # so that the turn is the process's from its first moment on
                start_new_session=True,  # a service that is stopped or restarted does not end it
            )
        sign_turn(turn, job.name, process.pid)
    finally:
        os.close(turn)
    # a parent has to take note of the end; nobody waits for it
    threading.Thread(target=process.wait, name="training job", daemon=True).start()
