"""The guard and the run folder; that training itself works is shown in test_publish.py."""

import json
import pickle
from dataclasses import asdict
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from tests.training.sets import describe, save_picture
from training import finetune as module
from training.errors import DatasetInvalid, RunExists, UnsafeWeights
from training.finetune import finetune
from training.runs.run import Run, read_run
from training.runs.schedule import Schedule


class Bomb:
    """A pickle that leaves a mark when it is opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for side in ("train", "val"):
        save_picture(tmp_path / "set" / side, f"{side}_1", ["0 0.5 0.5 0.2 0.2"])
    return describe(tmp_path / "set", ["stall"])


def test_weights_from_elsewhere_are_never_opened(dataset: Path, tmp_path: Path) -> None:
    weights = tmp_path / "yolo11n.pt"
    weights.write_bytes(pickle.dumps(Bomb(tmp_path / "opened")))
    with pytest.raises(UnsafeWeights, match="none of the known start weights"):
        finetune(dataset, weights, "run", runs=tmp_path / "runs")
    assert not (tmp_path / "opened").exists()
    assert not (tmp_path / "runs").exists()


def test_twins_across_the_split_are_refused_before_training(dataset: Path, tmp_path: Path) -> None:
    save_picture(dataset / "train", "tile.rf.a", ["0 0.5 0.5 0.2 0.2"])
    save_picture(dataset / "val", "tile.rf.b", ["0 0.5 0.5 0.2 0.2"])
    with pytest.raises(DatasetInvalid, match="twin"):
        finetune(dataset, "yolo11n.yaml", "run", runs=tmp_path / "runs")


def a_run(folder: Path) -> Run:
    folder.mkdir(parents=True)
    schedule = Schedule(epochs=3, image_size=64)
    run = Run(folder, folder / "weights/last.pt", schedule, 7, "yolo11n.pt", "ab" * 32, "python -m …")
    (folder / "run.json").write_text(json.dumps(asdict(run), default=str))
    return run


def test_a_run_is_not_trained_over(dataset: Path, tmp_path: Path) -> None:
    a_run(tmp_path / "runs/run")
    with pytest.raises(RunExists, match="--resume"):
        finetune(dataset, "yolo11n.yaml", "run", runs=tmp_path / "runs")


def test_a_finished_run_is_handed_back_by_resume(dataset: Path, tmp_path: Path) -> None:
    run = a_run(tmp_path / "runs/run")
    (run.folder / "finished").touch()
    assert finetune(dataset, "yolo11n.yaml", "run", runs=tmp_path / "runs", resume=True) == run
    assert read_run(run.folder) == run


def test_nothing_cannot_be_resumed(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(RunExists, match="holds no run"):
        finetune(dataset, "yolo11n.yaml", "run", runs=tmp_path / "runs", resume=True)


def test_bad_input_is_one_line_and_exit_2(tmp_path: Path) -> None:
    app = Typer()
    app.command()(module.main)
    result = CliRunner().invoke(app, [str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "none: no such file" in result.stderr
    assert result.stderr.count("\n") == 1
