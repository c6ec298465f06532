"""Fine-tune a detector from COCO weights, in a run folder that can be resumed.

    python -m training.finetune runs/data/aerial-stalls --base ../shared/weights/yolo11n.pt --name aerial-stalls

A `.pt` file is a pickle: loading it can run its code. So start weights are taken only when their SHA-256 is one of
those written here, and even those are read by ultralytics' restricted loader (`ULTRALYTICS_SAFE_LOAD`).
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
from training.errors import RunExists, TrainingError, UnsafeWeights
from training.labels import check_set, open_set
from training.schedules import Schedule, schedule_for

if TYPE_CHECKING:
    from ultralytics.engine.trainer import BaseTrainer
    from ultralytics.models import YOLO

START_WEIGHTS = {
    "985f59f3b062f8a9271bd42d920dd6303fd3e45ab361715c4c3e647c81dbf458": "yolo11n.pt",
    "1d54ce3bb53a1fa06d9eaf895580a827e561ee7f81c445776aa9d262d839ef29": "yolov8n.pt",
    "0f449a06b167125eadce30b513bdcf9c7d08a09a67e806045562452c884e519a": "yolov8s.pt",
}
"""SHA-256 of the start weights that may be unpickled: ultralytics' COCO models, AGPL-3.0."""

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
    seed: int = SEED,
    threads: int = 1,
    resume: bool = False,
) -> Run:
    """Train on a data set folder (see `training.datasets`) into `runs/name`.

    Progress goes to standard error. The weights of the *last* epoch are the result, not those of the epoch that scored
    best on the validation pictures: choosing by the set that the model is then measured on would flatter it.

    Args:
        base: start weights, a `.pt` whose hash is in START_WEIGHTS, or the name of an ultralytics architecture
            (`yolo11n.yaml`) to start from nothing.
        epochs, image_size, batch: instead of the schedule's.
        resume: go on with an interrupted run of that name; everything but `threads` comes from the run folder.

    Raises:
        DatasetInvalid, UnsafeWeights, RunExists.
    """
    folder = (runs / name).resolve()
    described = folder / "run.json"
    if resume:
        run = read_run(folder)
        if (folder / "finished").is_file():
            return run
    else:
        if folder.exists():
            raise RunExists(f"{folder}: holds a run already; choose another name, remove it, or go on with --resume")
        schedule = _schedule(dataset, epochs, image_size, batch)
        base, digest = _guarded(base)
        command = (
            f"python -m training.finetune {dataset} --base {Path(base).name} --name {name} --epochs {schedule.epochs} "
            f"--image-size {schedule.image_size} --batch {schedule.batch} --seed {seed}"
        )
        run = Run(folder, folder / "weights" / "last.pt", schedule, seed, Path(base).name, digest, command)
        folder.mkdir(parents=True)
        described.write_text(json.dumps(asdict(run), indent=2, default=str) + "\n", encoding="utf-8")
    last = folder / "weights" / "last.pt"
    _train(run, dataset, last if resume and last.is_file() else base, resume=resume and last.is_file(), threads=threads)
    (folder / "finished").touch()
    return run


def _schedule(dataset: Path, epochs: int | None, image_size: int | None, batch: int | None) -> Schedule:
    described = open_set(dataset)
    check_set(described)
    schedule = schedule_for(described.view)
    return replace(
        schedule,
        epochs=epochs or schedule.epochs,
        image_size=image_size or schedule.image_size,
        batch=batch or schedule.batch,
    )


def _guarded(base: Path | str) -> tuple[str, str]:
    """The start weights' path and SHA-256, when they may be opened at all."""
    path = Path(base)
    if path.suffix == ".yaml":
        return path.name, ""  # the architecture alone, from the installed ultralytics: no pickle is read
    if not path.is_file():
        raise UnsafeWeights(f"{path}: no such file; start weights are {', '.join(START_WEIGHTS.values())}")
    digest = sha256_of(path)
    if digest not in START_WEIGHTS:
        raise UnsafeWeights(
            f"{path}: sha256 {digest[:12]}… is none of the known start weights ({', '.join(START_WEIGHTS.values())}); "
            "a .pt file can run code when it is opened, so this one is not"
        )
    return str(path.resolve()), digest


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
