"""A training that is killed goes on where it was, through the real trainer."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.sets import describe, save_squares
from training.errors import RunExists
from training.finetune import finetune
from training.report import report_run
from training.runs.progress import read_epochs
from training.runs.run import KEPT, last_whole_weights, read_run
from training.runs.start_weights import guarded

pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")

EPOCHS = 4
TRAIN = (
    "from pathlib import Path; from training.finetune import finetune;"
    f"finetune(Path('set'), 'yolo11n.yaml', 'tiny', epochs={EPOCHS}, image_size=64, batch=2)"
)


@pytest.mark.filterwarnings("ignore")  # torch's exporter and ultralytics warn about themselves
def test_a_killed_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for column in range(4):
        for row, side in enumerate(("train", "val")):
            save_squares(tmp_path / "set" / side, f"{side}_{column}", [("red", column, row)], [("red", column, row)])
    describe(tmp_path / "set", ["red"])
    folder = tmp_path / "runs/tiny"
    _kill_after_an_epoch(folder)

    run = read_run(folder)
    begun = read_epochs(folder)
    kept = folder / "weights" / KEPT
    assert 1 <= len(begun) < EPOCHS
    assert last_whole_weights(run) == kept
    run.weights.write_bytes(b"half a checkpoint")  # as when it was killed while it wrote
    with pytest.raises(RunExists, match="--resume"):
        finetune(Path("set"), "yolo11n.yaml", "tiny")
    assert report_run(run, Path("set")).figures.images == 4  # of the epochs there are

    assert finetune(Path("set"), "yolo11n.yaml", "tiny", resume=True) == run
    epochs = read_epochs(folder)
    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4]
    assert epochs[0] == begun[0]  # not trained again
    assert guarded(folder).run == folder
    assert not kept.exists()

    (folder / "finished").unlink()  # as when it was killed between its last epoch and its end
    assert finetune(Path("set"), "yolo11n.yaml", "tiny", resume=True) == run
    assert [epoch.number for epoch in read_epochs(folder)] == [1, 2, 3, 4]
    assert guarded(folder).run == folder


def _kill_after_an_epoch(folder: Path) -> None:
    """Begin the run in a process of its own and kill it once it has weights to go on from."""
    command = [sys.executable, "-c", TRAIN]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not (folder / "weights" / KEPT).is_file():
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < deadline, "no epoch ended in two minutes"
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()


def test_a_run_that_never_began_begins_from_the_same_weights_alone(tmp_path: Path) -> None:
    folder = tmp_path / "runs/tiny"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(
        '{"folder": "x", "weights": "y", "schedule": {"epochs": 1, "image_size": 64}, "seed": 0, "base": "yolo11n.pt",'
        ' "base_sha256": "ab", "command": "python -m", "start": "ab"}'
    )
    with pytest.raises(RunExists, match=r"began from other weights than yolo11n\.yaml"):
        finetune(tmp_path / "set", "yolo11n.yaml", "tiny", runs=tmp_path / "runs", resume=True)
