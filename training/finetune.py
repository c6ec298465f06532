"""Fine-tune a detector from COCO weights, in a run folder that can be resumed.

    python -m training.finetune runs/data/aerial-stalls --base ../shared/weights/yolo11n.pt --name aerial-stalls

What may be opened to start from is `training.start`'s to say.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.registry import sha256_of
from training.bfloat16 import bf16_network, native
from training.errors import RunExists, TrainingError
from training.labels import check_set, open_set
from training.schedules import Schedule, schedule_for
from training.start import FINISHED, Start, guarded

if TYPE_CHECKING:
    from ultralytics.engine.trainer import BaseTrainer
    from ultralytics.models import YOLO

SEED = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training run."""

    folder: Path
    weights: Path  # the averaged weights of the last epoch
    schedule: Schedule
    seed: int
    base: str
    base_sha256: str
    command: str


def finetune(
    dataset: Path,
    base: Path | str,
    name: str,
    *,
    runs: Path = Path("runs"),
    epochs: int | None = None,
    image_size: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    seed: int = SEED,
    threads: int = 1,
    resume: bool = False,
) -> Run:
    """Train on a data set folder (see `training.datasets`) into `runs/name`.

    Progress goes to standard error. The weights of the *last* epoch are the result, not those of the epoch that scored
    best on the validation pictures: choosing by the set that the model is then measured on would flatter it.

    Args:
        base: start weights, see `training.start.guarded`.
        epochs, image_size, batch, learning_rate: instead of the schedule's.
        resume: go on with an interrupted run of that name; everything but `threads` comes from the run folder.

    Raises:
        DatasetInvalid, UnsafeWeights, RunExists.
    """
    folder = (runs / name).resolve()
    described = folder / "run.json"
    if resume:
        run = read_run(folder)
        if (folder / FINISHED).is_file():
            return run
    else:
        if folder.exists():
            raise RunExists(f"{folder}: holds a run already; choose another name, remove it, or go on with --resume")
        schedule = _schedule(dataset, epochs, image_size, batch, learning_rate)
        run = _new_run(folder, dataset, schedule, seed, guarded(base))
        folder.mkdir(parents=True)
        described.write_text(json.dumps(asdict(run), indent=2, default=str) + "\n", encoding="utf-8")
    if resume and run.weights.is_file():
        _train(run, dataset, run.weights, resume=True, threads=threads)
    else:
        _train(run, dataset, guarded(base).path, resume=False, threads=threads)
    (folder / FINISHED).write_text(sha256_of(run.weights) + "\n", encoding="utf-8")
    return run


def _new_run(folder: Path, dataset: Path, schedule: Schedule, seed: int, start: Start) -> Run:
    before = read_run(start.run) if start.run else None
    base = (
        f"runs/{start.run.name}"
        if start.run
        else f"../shared/weights/{Path(start.path).name}"
        if start.sha256
        else start.path
    )
    command = (
        f"python -m training.finetune {dataset} --base {base} --name {folder.name} --epochs {schedule.epochs} "
        f"--image-size {schedule.image_size} --batch {schedule.batch} --learning-rate {schedule.learning_rate} "
        f"--seed {seed}"
    )
    return Run(
        folder=folder,
        weights=folder / "weights" / "last.pt",
        schedule=schedule,
        seed=seed,
        base=before.base if before else Path(start.path).name,
        base_sha256=before.base_sha256 if before else start.sha256,
        command=f"{before.command} && {command}" if before else command,
    )


def _schedule(
    dataset: Path, epochs: int | None, image_size: int | None, batch: int | None, learning_rate: float | None
) -> Schedule:
    described = open_set(dataset)
    check_set(described)
    schedule = schedule_for(described.view)
    return replace(
        schedule,
        epochs=epochs or schedule.epochs,
        image_size=image_size or schedule.image_size,
        batch=batch or schedule.batch,
        learning_rate=learning_rate or schedule.learning_rate,
    )


def read_run(folder: Path) -> Run:
    """The run of a folder, finished or not.

    Raises:
        RunExists: there is none.
    """
    described = folder / "run.json"
    if not described.is_file():
        raise RunExists(f"{folder}: holds no run; start one with `python -m training.finetune`")
    values = json.loads(described.read_text(encoding="utf-8"))
    schedule = Schedule(**values.pop("schedule"))
    return Run(**{**values, "folder": Path(values["folder"]), "weights": Path(values["weights"]), "schedule": schedule})


@contextlib.contextmanager
def quiet_torch(threads: int) -> Iterator[None]:
    """ultralytics restricted and offline, its bars on standard error; to be entered before it is imported."""
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["OMP_NUM_THREADS"] = str(threads)
    with contextlib.redirect_stdout(sys.stderr):
        import torch

        torch.set_num_threads(threads)
        yield


def _channels_last(trainer: "BaseTrainer") -> None:
    # ultralytics does this on CUDA alone; on a CPU with bf16 it saved another 10 to 50 % of the time here
    import torch
    from torch import nn

    assert isinstance(trainer.model, nn.Module)  # built by now
    trainer.model = trainer.model.to(memory_format=torch.channels_last)


def _one_loader(trainer: "BaseTrainer") -> None:
    # ultralytics loads in the training process on a CPU; mosaics take as long as the bf16 network, so share the cores
    trainer.args.workers = 1


def _train(run: Run, dataset: Path, weights: Path | str, *, resume: bool, threads: int) -> None:
    with quiet_torch(threads):
        import torch
        from ultralytics.models import YOLO

        model = YOLO(str(weights), task="detect")
        model.add_callback("on_pretrain_routine_start", _one_loader)
        model.add_callback("on_pretrain_routine_end", _channels_last)
        # ultralytics leaves one core free by itself; how many to use is for the caller to say
        model.add_callback("on_train_start", lambda _: torch.set_num_threads(threads))
        with bf16_network(native()):
            if resume:
                model.train(resume=True)
            else:
                _start(model, run, dataset)


def _start(model: "YOLO", run: Run, dataset: Path) -> None:
    schedule = run.schedule
    model.train(
        data=str((dataset / "data.yaml").resolve()),
        project=str(run.folder.parent),
        name=run.folder.name,
        exist_ok=True,
        epochs=schedule.epochs,
        imgsz=schedule.image_size,
        batch=schedule.batch,
        nbs=schedule.batch,  # step after every batch: so few pictures give too few steps otherwise
        optimizer="AdamW",
        lr0=schedule.learning_rate,
        lrf=0.01,
        cos_lr=True,
        warmup_epochs=1.0,
        close_mosaic=schedule.whole_picture_epochs,
        flipud=schedule.flip_up_down,
        fliplr=schedule.flip_left_right,
        scale=schedule.scale,
        freeze=schedule.frozen_layers,
        val=False,  # of no use to the result, which is the last epoch: measured by training.evaluate afterwards
        seed=run.seed,
        deterministic=True,
        device="cpu",
        amp=False,  # that is CUDA's; see training.bfloat16
        cache="ram",
        patience=0,
        save_period=-1,
        plots=True,
    )


def main(
    dataset: Annotated[Path, typer.Argument(help="folder made by `python -m training.datasets`")],
    base: Annotated[Path, typer.Option(help="start weights")] = Path("../shared/weights/yolo11n.pt"),
    name: Annotated[str, typer.Option(help="name of the run folder")] = "run",
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    image_size: Annotated[int | None, typer.Option(min=64)] = None,
    batch: Annotated[int | None, typer.Option(min=2)] = None,
    learning_rate: Annotated[float | None, typer.Option(min=1e-6, max=0.1)] = None,
    seed: int = SEED,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    resume: bool = False,
) -> None:
    """Fine-tune, for example: python -m training.finetune runs/data/street-ads --name street-ads"""
    try:
        run = finetune(
            dataset,
            base,
            name,
            epochs=epochs,
            image_size=image_size,
            batch=batch,
            learning_rate=learning_rate,
            seed=seed,
            threads=threads,
            resume=resume,
        )
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(run.weights)


if __name__ == "__main__":
    typer.run(main)
