"""A run folder's own description: read wherever it lies now, and refused in one line where it is none."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from training.errors import RunExists
from training.runs.run import KEPT, Run, last_whole_weights, read_run
from training.runs.schedule import SCHEDULES, Schedule
from training.runs.start_weights import FINISHED


def described(folder: Path, schedule: Schedule, **changes: object) -> Path:
    """A run folder with its run.json and nothing that it has learned yet."""
    values = {
        "folder": "/elsewhere/runs/a",
        "weights": "/elsewhere/runs/a/weights/last.pt",
        "schedule": asdict(schedule),
        "seed": 3,
        "base": "yolo11n.pt",
        "base_sha256": "0" * 64,
        "command": "python -m training.finetune street-ads",
        "dataset": "street-ads",
        "start": "1" * 64,
        **changes,
    }
    (folder / "weights").mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
    return folder


@pytest.mark.parametrize("view", sorted(SCHEDULES))
def test_a_run_comes_back_with_its_schedule(tmp_path: Path, view: str) -> None:
    run = read_run(described(tmp_path / "a", SCHEDULES[view]))
    # JSON knows no tuples
    assert asdict(run.schedule) | {"input_size": None} == asdict(SCHEDULES[view]) | {"input_size": None}
    assert (run.seed, run.base, run.dataset, run.start) == (3, "yolo11n.pt", "street-ads", "1" * 64)


def test_a_run_that_was_moved_is_read_where_it_lies(tmp_path: Path) -> None:
    run = read_run(described(tmp_path / "moved", SCHEDULES["above"]))
    assert run.folder == tmp_path / "moved"
    assert run.weights == tmp_path / "moved/weights/last.pt"


def test_runs_older_than_the_name_of_their_set_are_read(tmp_path: Path) -> None:
    run = read_run(described(tmp_path / "a", SCHEDULES["above"], dataset=None, start=None))
    assert (run.dataset, run.start) == ("", "")


@pytest.mark.parametrize(
    ("schedule", "size"),
    [(SCHEDULES["above"], (640, 640)), (SCHEDULES["street"], (640, 384)), (SCHEDULES["pole"], (960, 544))],
)
def test_the_network_is_exported_in_the_schedules_size_or_square(
    tmp_path: Path, schedule: Schedule, size: tuple[int, int]
) -> None:
    assert read_run(described(tmp_path / "a", schedule)).input_size == size


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "3",
        "{}",
        '{"schedule": 3}',
        '{"schedule": {}}',
        '{"schedule": {"epochs": 3}}',
        '{"schedule": {"epochs": 3, "image_size": 640}}',
        '{"schedule": {"epochs": 3, "image_size": 640, "momentum": 1}, "seed": 1}',
        "[" * 200_000,
        "\x00",
    ],
)
def test_what_describes_no_run_is_refused_by_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunExists, match=r"run\.json: does not describe a run; remove the folder and train again"):
        read_run(tmp_path)


def test_bytes_that_are_no_text_are_refused_by_file(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(RunExists, match=r"run\.json: does not describe a run"):
        read_run(tmp_path)


def test_a_field_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunExists, match="does not describe a run"):
        read_run(described(tmp_path / "a", SCHEDULES["above"], optimiser="SGD"))


def test_a_folder_without_a_run_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(RunExists, match=r"holds no run; start one with `python -m training\.finetune`"):
        read_run(tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return read_run(described(tmp_path / "a", SCHEDULES["above"]))


def test_before_the_first_epoch_ends_there_are_no_weights(run: Run) -> None:
    assert last_whole_weights(run) is None


def test_while_it_is_trained_the_copy_is_taken_as_the_other_may_be_half_written(run: Run) -> None:
    run.weights.write_bytes(b"half")
    assert last_whole_weights(run) == run.weights, "a run that never kept a copy has only this"
    (run.weights.parent / KEPT).write_bytes(b"whole")
    assert last_whole_weights(run) == run.weights.parent / KEPT


def test_of_a_finished_run_the_final_weights_are_taken(run: Run) -> None:
    run.weights.write_bytes(b"final")
    (run.weights.parent / KEPT).write_bytes(b"before")
    (run.folder / FINISHED).touch()
    assert last_whole_weights(run) == run.weights


def test_a_copy_alone_is_enough_to_go_on(run: Run) -> None:
    (run.weights.parent / KEPT).write_bytes(b"whole")
    assert last_whole_weights(run) == run.weights.parent / KEPT
