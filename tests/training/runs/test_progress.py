"""Run folders as the service reads them: half written, foreign, or hostile."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.errors import RunNameInvalid
from training.evaluation.mistakes import MistakeKind
from training.runs.progress import RunState, check_name, find_run, list_runs, read_epochs, sheet_path

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEAD = "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss,lr/pg0"


def save_run(runs: Path, name: str, rows: list[str] | None = None, age: timedelta = timedelta(0)) -> Path:
    """A run folder of six epochs whose last news is `age` old."""
    folder = runs / name
    folder.mkdir(parents=True)
    schedule = {"epochs": 6, "image_size": 640}
    described = {"schedule": schedule, "seed": 3, "base": "yolo11n.pt", "command": "python -m …", "dataset": "set"}
    (folder / "run.json").write_text(json.dumps(described))
    if rows is not None:
        (folder / "results.csv").write_text("\n".join([HEAD, *rows]))
    for path in folder.iterdir():
        os.utime(path, ((NOW - age).timestamp(),) * 2)
    return folder


def test_a_run_says_how_far_it_got(tmp_path: Path) -> None:
    save_run(tmp_path, "street-1", ["1,100,1.5,2.5,1.2,0.1", "2,210,1.25,2,1.1,0.1\n"])
    (run,) = list_runs(tmp_path, NOW)
    assert (run.name, run.dataset, run.base, run.seed, run.wanted) == ("street-1", "set", "yolo11n.pt", 3, 6)
    assert [(epoch.number, epoch.seconds, epoch.box, epoch.cls, epoch.dfl) for epoch in run.epochs] == [
        (1, 100, 1.5, 2.5, 1.2),
        (2, 110, 1.25, 2, 1.1),
    ]
    assert run.state is RunState.RUNNING
    assert (run.report, run.sheets) == (None, ())


@pytest.mark.parametrize(
    ("rows", "age", "state"),
    [
        (None, timedelta(minutes=20), RunState.RUNNING),
        (None, timedelta(minutes=40), RunState.INTERRUPTED),
        (["1,100,1,1,1,0"], timedelta(seconds=290), RunState.RUNNING),
        (["1,100,1,1,1,0"], timedelta(seconds=310), RunState.INTERRUPTED),
        (["1,1e300,1,1,1,0"], timedelta(days=2), RunState.INTERRUPTED),
    ],
)
def test_a_run_without_news_counts_as_interrupted(
    tmp_path: Path, rows: list[str] | None, age: timedelta, state: RunState
) -> None:
    folder = save_run(tmp_path, "a", rows, age)
    assert list_runs(tmp_path, NOW)[0].state is state
    (folder / "finished").touch()
    assert list_runs(tmp_path, NOW)[0].state is RunState.FINISHED


def test_an_epoch_that_was_trained_again_counts_as_it_was_last(tmp_path: Path) -> None:
    folder = save_run(tmp_path, "a", ["1,100,3,3,3,0", "2,200,2,2,2,0", "2,90,1,1,1,0"])
    assert [(epoch.number, epoch.box, epoch.seconds) for epoch in read_epochs(folder)] == [(1, 3, 100), (2, 1, 90)]


@pytest.mark.parametrize(
    "row",
    ["2,200,2,2", "2,200,2,2,2,0,7,8", "2,200,nan,2,2,0", "two,200,2,2,2,0", "-2,200,2,2,2,0", "2,,2,2,2,0", "\x00"],
)
def test_a_line_that_is_none_is_left_out(tmp_path: Path, row: str) -> None:
    folder = save_run(tmp_path, "a", ["1,100,3,3,3,0", row])
    assert [epoch.number for epoch in read_epochs(folder)] == [1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), described=st.binary(max_size=80) | st.just(b"{}") | st.just(b"[]"))
def test_whatever_lies_in_a_folder_the_list_is_made(tmp_path: Path, content: bytes, described: bytes) -> None:
    for name, text in (("odd", described), ("good", None)):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        good = {"schedule": {"epochs": 1, "image_size": 64}, "seed": 0}
        (folder / "run.json").write_bytes(json.dumps(good).encode() if text is None else text)
        (folder / "results.csv").write_bytes(content)
        (folder / "report").mkdir(exist_ok=True)
        (folder / "report/report.json").write_bytes(content)
    assert "good" in [run.name for run in list_runs(tmp_path, NOW)]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", "/etc", "-a", ".hidden", "a b", "a\n", "<b>", "x" * 101]
)
def test_a_hostile_name_is_no_run(tmp_path: Path, name: str) -> None:
    save_run(tmp_path / "runs", "a")
    save_run(tmp_path, "outside")
    with pytest.raises(RunNameInvalid, match="cannot be named"):
        check_name(name)
    assert find_run(tmp_path / "runs", name, NOW) is None
    assert sheet_path(tmp_path / "runs", name, MistakeKind.MISS) is None


def test_links_lead_nowhere(tmp_path: Path) -> None:
    outside = save_run(tmp_path / "elsewhere", "secret")
    folder = save_run(tmp_path / "runs", "a")
    (tmp_path / "runs/link").symlink_to(outside)
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (folder / "report").mkdir()
    (folder / "report/misses.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "report/false-alarms.jpg").write_bytes(b"x")
    assert [run.name for run in list_runs(tmp_path / "runs", NOW)] == ["a"]
    assert sheet_path(tmp_path / "runs", "a", MistakeKind.MISS) is None
    assert sheet_path(tmp_path / "runs", "a", MistakeKind.FALSE_ALARM) == folder / "report/false-alarms.jpg"


def test_an_absent_folder_holds_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none", NOW) == []
    (tmp_path / "data").mkdir()
    assert list_runs(tmp_path, NOW) == []
