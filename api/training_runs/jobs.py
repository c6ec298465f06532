"""Training jobs as files: what was asked for, who has the one turn there is, and how it ended.

A job lives in `runs_dir/.jobs/NAME/`, beside the run folder that the training writes. Its process holds a lock for as
long as it lives, which the kernel frees however it ends: so a job that was killed is known to be interrupted, whoever
killed it, and another service or command on this machine knows that the turn is taken.
"""

import fcntl
import json
import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.errors import TrainingBusy, TrainingNotRunning
from models.durable import exclusive
from models.files import write_whole
from training.errors import RunNameInvalid
from training.evaluation.gate import GateReport
from training.runs.progress import check_name

JOBS: Final = ".jobs"
_TURN: Final = "turn"  # the lock file; holds the name and the process of who has it
LOG: Final = "log"
_JOB, _RESULT, _FAILED, _CANCELLED = "job.json", "result.json", "failed", "cancelled"
_LOG_TAIL: Final = 4000


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class TrainingWish(BaseModel):
    """What somebody wants trained; what is None is the product's choice (`training.runs.job.plan_training`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    dataset_version: str
    base: str
    base_version: str
    epochs: int | None = Field(default=None, ge=1, le=1000)
    learning_rate: float | None = Field(default=None, gt=0, le=0.1)
    image_size: int | None = Field(default=None, ge=64, le=1920, multiple_of=32)
    threads: int = Field(default=1, ge=1, le=64)


class TrainingJob(BaseModel):
    """One job: its run's name, the version that its candidate gets, and what was said of its cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    wish: TrainingWish
    by: str
    at: AwareDatetime
    plan: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as it stands; `report` is the comparison it ended with, `said` the one line it failed with."""

    job: TrainingJob
    state: JobState
    report: GateReport | None = None
    said: str = ""


def jobs_folder(runs: Path) -> Path:
    """Return the folder of the jobs beside the runs."""
    return runs / JOBS


def write_job(runs: Path, job: TrainingJob) -> Path:
    """Record a job before it begins, and forget how it ended before; returns its folder."""
    folder = jobs_folder(runs) / check_name(job.name)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (_RESULT, _FAILED, _CANCELLED):
        (folder / name).unlink(missing_ok=True)
    write_whole(folder / _JOB, (job.model_dump_json(indent=1) + "\n").encode())
    return folder


def read_job(runs: Path, name: str) -> TrainingJob | None:
    """Return a job; None where there is none of that name, or it cannot be read."""
    try:
        return TrainingJob.model_validate_json((jobs_folder(runs) / check_name(name) / _JOB).read_bytes())
    except (OSError, ValidationError, RunNameInvalid):
        return None


def finish(runs: Path, name: str, report: GateReport) -> None:
    """Record the comparison that a job ended with."""
    write_whole(jobs_folder(runs) / name / _RESULT, report.model_dump_json().encode())


def fail(runs: Path, name: str, said: str) -> None:
    """Record the one line that a job failed with."""
    write_whole(jobs_folder(runs) / name / _FAILED, said.encode())


def take_turn(runs: Path, name: str) -> int:
    """Take the one turn to train; returns the open lock file, which has it until every process that holds it has gone.

    Raises:
        TrainingBusy: another process has it.
    """
    folder = jobs_folder(runs)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / _TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sign_turn(handle, name, os.getpid())
    except BlockingIOError as error:
        os.close(handle)
        raise TrainingBusy(f"the training {whose_turn(runs) or '?'} is under way; one at a time") from error
    return handle


def sign_turn(handle: int, name: str, pid: int) -> None:
    """Say in the lock file which job has the turn, and in which process; in place, as another file is another lock."""
    content = json.dumps({"name": name, "pid": pid}).encode()
    os.pwrite(handle, content, 0)
    os.ftruncate(handle, len(content))


def whose_turn(runs: Path) -> str | None:
    """Return the name of the job that is under way in any process of this machine; None where none is."""
    held = _holder(runs)
    return None if held is None else held[0]


def _holder(runs: Path) -> tuple[str, int] | None:
    path = jobs_folder(runs) / _TURN
    if not path.is_file():
        return None
    try:
        with exclusive(path):
            return None
    except BlockingIOError:
        pass
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return str(values["name"]), int(values["pid"])
    except (OSError, ValueError, KeyError, TypeError):  # it is just being written
        return "?", 0


def cancel(runs: Path, name: str) -> None:
    """End the job that is under way, if it is this one; what it has learned so far stays, and it can go on.

    Raises:
        TrainingNotRunning: it is not under way.
    """
    held = _holder(runs)
    if held is None or held[0] != name or held[1] <= 1:
        raise TrainingNotRunning(f"the training {name!r} is not under way")
    write_whole(jobs_folder(runs) / name / _CANCELLED, b"")
    with suppress(ProcessLookupError):  # it ended in this moment
        if os.getsid(held[1]) == held[1]:  # begun by the page: with the processes that load its pictures
            os.killpg(held[1], signal.SIGTERM)
        else:
            os.kill(held[1], signal.SIGTERM)


def status_of(runs: Path, name: str) -> JobStatus | None:
    """Return a job as it stands; None where no job of that name was ever asked for."""
    job = read_job(runs, name)
    if job is None:
        return None
    folder = jobs_folder(runs) / name
    if whose_turn(runs) == name:
        return JobStatus(job, JobState.RUNNING)
    try:
        if (folder / _RESULT).is_file():
            return JobStatus(job, JobState.DONE, GateReport.model_validate_json((folder / _RESULT).read_bytes()))
        if (folder / _CANCELLED).is_file():
            return JobStatus(job, JobState.CANCELLED)
        if (folder / _FAILED).is_file():
            return JobStatus(job, JobState.FAILED, said=(folder / _FAILED).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # its end is being written, or was damaged
        pass
    return JobStatus(job, JobState.INTERRUPTED, said=_last_words(folder / LOG))


def job_names(runs: Path) -> list[str]:
    """Return every job there was, by name."""
    folder = jobs_folder(runs)
    return sorted(path.name for path in folder.iterdir() if (path / _JOB).is_file()) if folder.is_dir() else []


def free_name(runs: Path, dataset: str) -> str:
    """Return a name for the next run of a data set."""
    taken = {path.name for folder in (runs, jobs_folder(runs)) if folder.is_dir() for path in folder.iterdir()}
    numbers = [int(one[1]) for name in taken if (one := re.fullmatch(rf"{re.escape(dataset)}-(\d{{1,6}})", name))]
    return f"{dataset}-{max(numbers, default=0) + 1}"


def _last_words(log: Path) -> str:
    try:
        lines = log.read_bytes()[-_LOG_TAIL:].decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""
