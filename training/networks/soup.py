"""Several runs from the same start, or also a run that others began from, as one network: the mean of their weights.

    python -m training.networks.soup pole-a pole-b pole-c --name pole-1

Runs that share their start, their first layers and the seed of their new head lie close enough for it (Wortsman et al.,
"Model soups", 2022), and several runs of one thread each use cores that one run of several threads cannot.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from models.registry import sha256_of
from training.errors import RunExists, TrainingError
from training.networks.torch_setup import quiet_torch
from training.runs.progress import check_name
from training.runs.run import Run, last_whole_weights, read_run
from training.runs.start_weights import FINISHED


def blend(runs: Sequence[Path], name: str, *, folder: Path = Path("runs"), unfinished: bool = False) -> Run:
    """Write the mean of some runs as a finished run `folder/name`.

    `unfinished`: also of runs that still go on, then of the last epoch that each has ended.

    Raises:
        RunExists: fewer than two runs, one that has not finished, runs of other starts, or a folder that is taken.
    """
    parts = [read_run(path) for path in runs]
    out = (folder / check_name(name)).resolve()
    if len(parts) < 2:
        raise RunExists(f"{', '.join(map(str, runs))}: two runs at least are needed")
    roots = [run for run in parts if not any(run.command.startswith(f"{other.command} && ") for other in parts)]
    if len({run.start for run in roots}) > 1 or len({(run.seed, run.schedule.frozen_layers) for run in parts}) > 1:
        raise RunExists(f"{', '.join(map(str, runs))}: grew from other weights, or with other seeds or frozen layers")
    if out.exists():
        raise RunExists(f"{out}: holds a run already; choose another name or remove it")
    weights = [last_whole_weights(run) for run in parts]
    for run, path in zip(parts, weights, strict=True):
        if path is None or not (unfinished or (run.folder / FINISHED).is_file()):
            raise RunExists(f"{run.folder}: the run has not finished; go on with --resume")
    commands = " && ".join(dict.fromkeys(step for run in parts for step in run.command.split(" && ")))
    told = (
        f"{commands} && python -m training.networks.soup {' '.join(run.folder.name for run in parts)} --name {out.name}"
    )
    mixed = replace(parts[0], folder=out, weights=out / "weights" / "last.pt", command=told)
    mixed.weights.parent.mkdir(parents=True)
    (out / "run.json").write_text(json.dumps(asdict(mixed), indent=2, default=str) + "\n", encoding="utf-8")
    _mean([path for path in weights if path is not None], mixed.weights)
    (out / FINISHED).write_text(sha256_of(mixed.weights) + "\n", encoding="utf-8")
    return mixed


def _mean(weights: Sequence[Path], out: Path) -> None:
    with quiet_torch(1):
        import torch
        from ultralytics.nn.tasks import torch_safe_load

        loaded = [torch_safe_load(str(path), safe_only=True)[0] for path in weights]  # type: ignore[no-untyped-call]
        models = [(one.get("ema") or one["model"]).float() for one in loaded]
        states = [model.state_dict() for model in models]
        mean = {
            key: torch.stack([state[key] for state in states]).mean(dim=0) if value.is_floating_point() else value
            for key, value in states[0].items()
        }
        models[0].load_state_dict(mean)
        models[0].criterion = None
        whole = {**loaded[0], "epoch": -1, "model": models[0].half(), "ema": None, "optimizer": None}
        torch.save(whole, out)


def main(
    runs: Annotated[list[str], typer.Argument(help="names of finished runs under runs/")],
    name: Annotated[str, typer.Option(help="name of the new run folder")],
) -> None:
    """Blend, for example: python -m training.networks.soup pole-a pole-b --name pole-1"""
    try:
        run = blend([Path("runs") / one for one in runs], name)
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(run.weights)


if __name__ == "__main__":
    typer.run(main)
