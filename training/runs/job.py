"""Training as a job: a run as it was planned, then the comparison with the model in service.

It goes on from a model with a version of a data set, and ends with a candidate whose card tells the figures of the
held-out pictures, and with what the gate says of it. It never puts anything in service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.card import ModelCard
from models.registry import model_path
from training.errors import RunFailed
from training.evaluation.gate import FrozenSet, GateReport, judge
from training.finetune import finetune
from training.publish import publish
from training.runs.plan import TrainingPlan


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The candidate, in a folder of its own, and what the gate says of it."""

    candidate: ModelCard
    report: GateReport


def run_training(
    plan: TrainingPlan,
    name: str,
    version: str,
    serving: ModelCard | None,
    sets: Sequence[FrozenSet],
    *,
    runs: Path = Path("runs"),
    seed: int = 0,
    threads: int = 1,
    resume: bool = False,
    pictures: Path | None = None,
) -> TrainingResult:
    """Train, measure, write a card, and compare with the model in service; `runs/name/model` holds the candidate.

    A job that was killed goes on with `resume`, from its last whole epoch. `pictures`: where to draw what is worse.

    Raises:
        TrainingError, ModelError, DetectorError: as `training.finetune.finetune` and `training.publish.publish`.
    """
    try:
        run = finetune(
            plan.dataset,
            model_path(plan.base),
            name,
            runs=runs,
            schedule=plan.schedule,
            seed=seed,
            threads=threads,
            resume=resume,
            old=plan.old,
        )
        candidate = publish(
            run, plan.dataset, plan.base.name, version, folder=run.folder / "model", before=plan.base, progress=True
        )
    except OSError as error:
        raise RunFailed(
            f"{runs / name}: the training cannot go on ({error.strerror or error}); mend that, then go on with --resume"
        ) from error
    return TrainingResult(candidate, judge(candidate, serving, sets, pictures=pictures))
