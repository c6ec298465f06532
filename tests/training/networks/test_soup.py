"""The mean of several runs: of one start only, of whole runs only, and really their mean."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from models.registry import sha256_of
from training.errors import RunExists
from training.networks.soup import blend
from training.runs.run import Run
from training.runs.schedule import Schedule
from training.runs.start_weights import FINISHED, guarded

if TYPE_CHECKING:
    import torch
else:
    torch = pytest.importorskip("torch")


def a_run(folder: Path, value: float, *, start: str = "a" * 64, finished: bool = True, command: str = "") -> Path:
    """A run whose network holds one number everywhere."""
    from ultralytics.nn.tasks import DetectionModel

    network = DetectionModel("yolo11n.yaml", nc=1, verbose=False)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for part in (*network.parameters(), *network.buffers()):
            if part.is_floating_point():
                part.fill_(value)
    weights = folder / "weights" / "last.pt"
    weights.parent.mkdir(parents=True)
    torch.save({"epoch": -1, "model": network.half(), "ema": None, "train_args": {}}, weights)
    command = command or f"train {folder.name}"
    told = Run(folder, weights, Schedule(1, 64), 0, "yolo11n.pt", "a" * 64, command, "set", start)
    (folder / "run.json").write_text(json.dumps(asdict(told), default=str))
    if finished:
        (folder / FINISHED).write_text(sha256_of(weights))
    return folder


def test_a_soup_is_the_mean_of_its_runs_and_a_finished_run(tmp_path: Path) -> None:
    from training.networks.torch_setup import quiet_torch
    from training.runs.start_weights import open_network

    runs = [a_run(tmp_path / name, value) for name, value in (("a", 1.0), ("b", 2.0), ("c", 6.0))]
    mixed = blend(runs, "soup", folder=tmp_path)
    assert guarded(mixed.folder).run == mixed.folder
    assert mixed.command == "train a && train b && train c && python -m training.networks.soup a b c --name soup"
    with quiet_torch(1):
        network = cast("torch.nn.Module", open_network(mixed.weights).model)
    assert {float(part.detach().mean()) for part in network.parameters()} == {3.0}


def test_runs_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    one, other = a_run(tmp_path / "a", 1.0), a_run(tmp_path / "b", 1.0, start="b" * 64)
    unfinished = a_run(tmp_path / "c", 1.0, finished=False)
    with pytest.raises(RunExists, match="two runs"):
        blend([one], "soup", folder=tmp_path)
    with pytest.raises(RunExists, match="other weights"):
        blend([one, other], "soup", folder=tmp_path)
    with pytest.raises(RunExists, match="has not finished"):
        blend([one, unfinished], "soup", folder=tmp_path)
    with pytest.raises(RunExists, match="holds a run already"):
        blend([one, one], "b", folder=tmp_path)


def test_a_run_may_be_blended_with_the_one_that_it_began_from(tmp_path: Path) -> None:
    before = a_run(tmp_path / "a", 1.0)
    after = a_run(tmp_path / "b", 2.0, start="b" * 64, command="train a && train b")
    mixed = blend([before, after], "soup", folder=tmp_path)
    assert mixed.start == "a" * 64
    assert mixed.command == "train a && train b && python -m training.networks.soup a b --name soup"
    other = a_run(tmp_path / "c", 2.0, start="c" * 64)
    with pytest.raises(RunExists, match="other weights"):
        blend([before, after, other], "soup-2", folder=tmp_path)
