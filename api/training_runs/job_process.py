"""A training job, in whichever process it runs: the command line's own, or one that the page starts.

    python -m api.training_runs.job_process DATA_DIR RUNS_DIR NAME MEMORY_MB

The page hands the turn to train over as an open file, which this process keeps until it ends. The process is nice, and
the kernel's first choice where memory ends: cameras and people come first.
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType

from api.inference.promotion import drawing, keep_gate_report, sets_of_training
from api.training_runs.jobs import TrainingJob, TrainingWish, fail, finish, read_job
from detector.errors import DetectorError
from models import registry
from models.errors import ModelError
from models.shelf import SHIPPED, Shelf
from models.shelf_changes import add as add_to_shelf
from training.errors import DatasetInvalid, TrainingError
from training.evaluation.gate import GateReport
from training.runs.plan import TrainingPlan, has_bf16, next_version, plan_training

NICENESS = 10
_FIRST_TO_GO = 800  # of 1000, oom_score_adj


def plan_job(datasets: Path, shelf: Shelf, wish: TrainingWish) -> TrainingPlan:
    """Return what a wish would do and cost; nothing is spent yet.

    Raises:
        TrainingError, ModelError: the version of the data set, or the base, cannot be used.
    """
    folder = datasets / wish.dataset / wish.dataset_version
    if not folder.is_dir():
        raise DatasetInvalid(f"{folder}: there is no such version; see: streetwarden dataset list")
    plan = plan_training(folder, shelf.card(wish.base, wish.base_version), bf16=has_bf16())
    usual = plan.schedule
    schedule = replace(
        usual,
        epochs=wish.epochs or usual.epochs,
        learning_rate=wish.learning_rate or usual.learning_rate,
        image_size=wish.image_size or usual.image_size,
        input_size=None if wish.image_size else usual.input_size,
    )
    work = schedule.epochs / usual.epochs * (schedule.image_size / usual.image_size) ** 2
    return replace(plan, schedule=schedule, minutes=plan.minutes * work)


def version_of_candidate(shelf: Shelf, base: str) -> str:
    """Return the number that the next candidate of a model gets."""
    taken = shelf.versions(base)
    return next_version([*taken, *([shelf.card(base, SHIPPED).version] if SHIPPED in taken else [])])


def run_job(datasets: Path, shelf: Shelf, runs: Path, job: TrainingJob, *, resume: bool = False) -> GateReport:
    """Train, put the candidate onto the shelf, and compare it with the model in service; nothing is promoted.

    Call it with the turn to train (`jobs.take_turn`).

    Raises:
        TrainingError, ModelError, DetectorError: it cannot go on.
    """
    from training.runs.job import run_training  # needs the training extra

    wish = job.wish
    plan = plan_job(datasets, shelf, wish)
    serving = shelf.in_service(wish.base)
    sets = sets_of_training(datasets, serving, wish.dataset)
    with drawing(shelf, wish.base, job.version) as pictures:
        result = run_training(
            plan,
            job.name,
            job.version,
            serving,
            sets,
            runs=runs,
            threads=wish.threads,
            resume=resume,
            pictures=pictures,
        )
    add_to_shelf(shelf, result.candidate.folder)
    keep_gate_report(shelf, result.report)
    finish(runs, job.name, result.report)
    return result.report


def be_modest(memory_mb: int | None) -> None:
    """Give way to everything else on this machine, and take no more memory than this."""
    os.nice(NICENESS)
    with suppress(OSError):  # not Linux, or not allowed
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO), encoding="ascii")
    if memory_mb is not None:
        most = memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main(arguments: list[str]) -> int:
    """Do the job of that name; returns what the process ends with."""
    data_dir, runs, name, memory_mb = Path(arguments[0]), Path(arguments[1]), arguments[2], int(arguments[3])
    job = read_job(runs, name)
    if job is None:
        sys.stderr.write(f"{runs}: there is no job {name}\n")
        return 2
    signal.signal(signal.SIGTERM, _end)
    be_modest(memory_mb)
    shelf = Shelf(data_dir / "models", registry.WEIGHTS)
    try:
        run_job(data_dir / "datasets", shelf, runs, job, resume=(runs / name / "run.json").is_file())
    except (TrainingError, ModelError, DetectorError) as error:
        fail(runs, name, str(error))
        return 1
    except (MemoryError, RuntimeError) as error:  # torch says RuntimeError where it gets no memory
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise
        fail(runs, name, f"the training needs more than {memory_mb} MB: raise STREETWARDEN_TRAINING_MEMORY_MB")
        return 1
    return 0


def _end(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)  # the last whole epoch is on the disk; threads of the trainer would go on for minutes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
