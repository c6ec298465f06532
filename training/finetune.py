"""Fine-tune a detector from COCO weights, in a run folder that can be resumed.

    python -m training.finetune runs/data/aerial-stalls --base ../shared/weights/yolo11n.pt --name aerial-stalls

What may be opened to start from is `training.runs.start_weights`'s to say.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.errors import DetectorError
from models.registry import sha256_of
from training.datasets.labels import check_set, open_set, read_pictures
from training.datasets.layouts import write_absolute
from training.errors import RunExists, TrainingError
from training.networks.bfloat16 import bf16_network, native
from training.networks.torch_setup import quiet_torch
from training.report import report_run
from training.runs.progress import check_name
from training.runs.run import KEPT, Run, last_whole_weights, read_run
from training.runs.schedule import Schedule, schedule_for
from training.runs.start_weights import FINISHED, Start, open_network, start_of

if TYPE_CHECKING:
    from ultralytics.engine.trainer import BaseTrainer
    from ultralytics.models import YOLO
    from ultralytics.models.yolo.detect import DetectionTrainer

SEED = 0

_NOT_OURS = ("Box*_curve.png", "confusion_matrix*.png", "val_batch*.jpg", "results.png")
"""What ultralytics measures is not what the product does (see `training.report`); two of a kind would be mixed up."""


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
    schedule: Schedule | None = None,
    mosaics: bool = True,
    seed: int = SEED,
    threads: int = 1,
    resume: bool = False,
    old: Sequence[Path] = (),
) -> Run:
    """Train on a data set folder (see `training.datasets.recipes`) into `runs/name`.

    Progress goes to standard error. The weights of the *last* epoch are the result, not those of the epoch that scored
    best on the validation pictures: choosing by the set that the model is then measured on would flatter it.

    Args:
        base: start weights, see `training.runs.start_weights.start_of`.
        epochs: instead of the schedule's number.
        image_size: side of the square in pixels, instead of the schedule's.
        batch: pictures in one step, instead of the schedule's.
        learning_rate: instead of the schedule's.
        schedule: in place of the one of the data set's view.
        mosaics: show mosaics of four pictures but in the last epochs; without, whole pictures alone.
        resume: go on with an interrupted run of that name; everything but `threads` comes from the run folder. A run
            that was interrupted in its first epoch begins again, from the same `base`.
        old: pictures that are trained on beside the set's own, of the same classes, labelled as ultralytics looks for
            it (`training.runs.rehearsal`).

    Raises:
        DatasetInvalid: a folder, label or split that must not be trained on.
        UnsafeWeights: the start weights are not among the known ones.
        RunExists: the run folder holds another run, or none to resume.
        RunNameInvalid: the name is no plain folder name.
    """
    folder = (runs / check_name(name)).resolve()
    described = folder / "run.json"
    if resume:
        run = read_run(folder)
        if (folder / FINISHED).is_file():
            return run
    else:
        if folder.exists():
            raise RunExists(f"{folder}: holds a run already; choose another name, remove it, or go on with --resume")
        schedule = _schedule(dataset, schedule, epochs, image_size, batch, learning_rate)
        schedule = schedule if mosaics else replace(schedule, close_mosaic_share=1.0)
        run = _new_run(folder, dataset, schedule, seed, start_of(base))
        folder.mkdir(parents=True)
        described.write_text(json.dumps(asdict(run), indent=2, default=str) + "\n", encoding="utf-8")
    whole = last_whole_weights(run)
    if resume and whole is not None:
        _train(run, dataset, whole, resume=True, threads=threads, old=old)
    else:
        start = start_of(base)
        if start.sha256 != (run.start or start.sha256):
            raise RunExists(f"{folder}: the run began from other weights than {base}; give those with --base")
        _train(run, dataset, start.path, resume=False, threads=threads, old=old)
    (run.weights.parent / KEPT).unlink(missing_ok=True)
    for pattern in _NOT_OURS:
        for path in folder.glob(pattern):
            path.unlink()
    (folder / FINISHED).write_text(sha256_of(run.weights) + "\n", encoding="utf-8")
    return run


def _new_run(folder: Path, dataset: Path, schedule: Schedule, seed: int, start: Start) -> Run:
    before = read_run(start.run) if start.run else None
    base = (
        f"runs/{start.run.name}"
        if start.run
        else start.path
        if not start.sha256
        else f"models/weights/{Path(start.path).name}"
        if start.path.endswith(".onnx")
        else f"../shared/weights/{Path(start.path).name}"
    )
    command = (
        f"python -m training.finetune {dataset} --base {base} --name {folder.name} --epochs {schedule.epochs} "
        f"--image-size {schedule.image_size} --batch {schedule.batch} --learning-rate {schedule.learning_rate} "
        f"--seed {seed}{' --no-mosaics' if schedule.close_mosaic_share == 1 else ''}"
    )
    return Run(
        folder=folder,
        weights=folder / "weights" / "last.pt",
        schedule=schedule,
        seed=seed,
        base=before.base if before else Path(start.path).name,
        base_sha256=before.base_sha256 if before else start.sha256,
        command=f"{before.command} && {command}" if before else command,
        dataset=str(dataset),
        start=start.sha256,
    )


def _schedule(
    dataset: Path,
    schedule: Schedule | None,
    epochs: int | None,
    image_size: int | None,
    batch: int | None,
    learning_rate: float | None,
) -> Schedule:
    described = open_set(dataset)
    check_set(described)
    schedule = schedule or schedule_for(described.view)
    return replace(
        schedule,
        epochs=epochs or schedule.epochs,
        image_size=image_size or schedule.image_size,
        batch=batch or schedule.batch,
        learning_rate=learning_rate or schedule.learning_rate,
    )


def _channels_last(trainer: "BaseTrainer") -> None:
    # ultralytics does this on CUDA alone; on a CPU with bf16 it saved another 10 to 50 % of the time here
    import torch
    from torch import nn

    assert isinstance(trainer.model, nn.Module)  # built by now
    trainer.model = trainer.model.to(memory_format=torch.channels_last)


def _one_loader(trainer: "BaseTrainer") -> None:
    # ultralytics loads in the training process on a CPU; mosaics take as long as the bf16 network, so share the cores
    trainer.args.workers = 1


def _keep(trainer: "BaseTrainer") -> None:
    part = trainer.wdir / f"{KEPT}.part"
    shutil.copyfile(trainer.last, part)
    part.replace(trainer.wdir / KEPT)


def _train(run: Run, dataset: Path, weights: Path | str, *, resume: bool, threads: int, old: Sequence[Path]) -> None:
    with quiet_torch(threads):
        import torch

        model = _opened(weights, dataset, run.schedule.image_size)
        model.add_callback("on_pretrain_routine_start", _one_loader)
        model.add_callback("on_pretrain_routine_end", _channels_last)
        # ultralytics leaves one core free by itself; how many to use is for the caller to say
        model.add_callback("on_train_start", lambda _: torch.set_num_threads(threads))
        model.add_callback("on_model_save", _keep)
        with bf16_network(native()), _labels_of(dataset) as trainer:
            if not resume:
                _start(model, run, dataset, trainer, old)
            elif _epochs_left(model, run):
                model.train(resume=True, trainer=trainer)
            else:  # interrupted after its last epoch: what was left to do is the same that ends every run
                from ultralytics.utils.torch_utils import strip_optimizer

                strip_optimizer(weights, str(run.weights))


@contextlib.contextmanager
def _labels_of(dataset: Path) -> "Iterator[type[DetectionTrainer] | None]":
    """Yield the trainer for a set whose labels leave things open; None, which is ultralytics' own, for others."""
    described = open_set(dataset)
    if not described.unsure:
        yield None
        return
    from training.datasets.unsure import unsure_labels

    first = len(described.learned)
    open_to = {
        first + k: [described.names.index(one) for one in left_open]
        for k, (_, left_open) in enumerate(described.unsure)
    }
    with unsure_labels(first, open_to) as trainer:
        yield trainer


def _opened(weights: Path | str, dataset: Path, size: int) -> "YOLO":
    if not str(weights).endswith(".onnx"):
        return open_network(weights)
    from training.networks.onnx_to_torch import reopen

    described = open_set(dataset)
    assert described.train is not None  # checked before
    return reopen(
        Path(weights), [picture.path for picture in read_pictures(described.train, len(described.names))], size
    )


def _epochs_left(model: "YOLO", run: Run) -> bool:
    """Return whether a checkpoint stands before the run's last epoch.

    One without an optimizer is a result (epoch -1).
    """
    epoch = int((model.ckpt or {}).get("epoch", -1))
    return 0 <= epoch < run.schedule.epochs - 1


def _described(dataset: Path, folder: Path, old: Sequence[Path]) -> Path:
    """Return a file by which ultralytics finds the pictures from anywhere: the set's own, or lists beside the run."""
    described = open_set(dataset)
    if (described.absolute and not old) or described.train is None:
        return described.file.resolve()
    sides = {"train": (described.train, described.names), "val": (described.val, described.measured)}
    pictures = {
        side: [picture.path for picture in read_pictures(where, len(names))] for side, (where, names) in sides.items()
    }
    pictures["train"] += old
    return write_absolute(folder / "data", described.names, pictures)


def _start(
    model: "YOLO", run: Run, dataset: Path, trainer: "type[DetectionTrainer] | None", old: Sequence[Path]
) -> None:
    schedule = run.schedule
    model.train(
        trainer=trainer,
        data=str(_described(dataset, run.folder, old)),
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
        warmup_epochs=schedule.warmup_epochs,
        close_mosaic=schedule.whole_picture_epochs,
        flipud=schedule.flip_up_down,
        fliplr=schedule.flip_left_right,
        scale=schedule.scale,
        freeze=schedule.frozen_layers,
        val=False,  # of no use to the result, which is the last epoch: measured by training.evaluation.evaluate
        seed=run.seed,
        deterministic=True,
        device="cpu",
        amp=False,  # that is CUDA's; see training.networks.bfloat16
        cache="ram",
        patience=0,
        save_period=-1,
        plots=True,
    )


def main(
    dataset: Annotated[Path, typer.Argument(help="folder made by `python -m training.datasets.recipes`")],
    base: Annotated[Path, typer.Option(help="start weights")] = Path("../shared/weights/yolo11n.pt"),
    name: Annotated[str, typer.Option(help="name of the run folder")] = "run",
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    image_size: Annotated[int | None, typer.Option(min=64)] = None,
    batch: Annotated[int | None, typer.Option(min=2)] = None,
    learning_rate: Annotated[float | None, typer.Option(min=1e-6, max=0.1)] = None,
    mosaics: Annotated[bool, typer.Option(help="of four pictures, but in the last epochs")] = True,
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
            mosaics=mosaics,
            seed=seed,
            threads=threads,
            resume=resume,
        )
        report_run(run, dataset, progress=True)
    except (TrainingError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(run.weights)


if __name__ == "__main__":
    typer.run(main)
