"""Run folders that hold anything: the list of runs is made all the same, and epochs are told as they were."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.runs.progress import Epoch, RunState, list_runs, read_epochs, read_progress

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEAD = "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss"
losses = st.floats(0, 100).map(lambda value: round(value, 4))


def table(folder: Path, *rows: str, head: str = HEAD) -> tuple[Epoch, ...]:
    (folder / "results.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return read_epochs(folder)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"schedule": {"epochs": Infinity, "image_size": 640}, "seed": 1}',
        '{"schedule": {"epochs": NaN, "image_size": 640}, "seed": 1}',
        '{"schedule": {"epochs": 1, "image_size": 1e999}, "seed": 1}',
        '{"schedule": {"epochs": 1, "image_size": 640}, "seed": -Infinity}',
        '{"schedule": {"epochs": 1, "image_size": 640}, "seed": null}',
        '{"schedule": {"epochs": "many", "image_size": 640}, "seed": 1}',
        '{"schedule": [], "seed": 1}',
        '{"seed": 1}',
        '"schedule"',
        "1" * 5000,
    ],
)
def test_a_description_that_cannot_be_leaves_the_other_runs_in_the_list(tmp_path: Path, text: str) -> None:
    for name, content in (("bad", text), ("good", '{"schedule": {"epochs": 4, "image_size": 640}, "seed": 1}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(content)
    assert [run.name for run in list_runs(tmp_path, NOW)] == ["good"]


@pytest.mark.parametrize(
    "row",
    [
        '"' + "x" * 200_000,
        "y" * 200_000,
        '2,"20,1,1,1',
        '"2,20,1,1,1',
        "2\x00,20,1,1,1",
    ],
)
def test_a_line_that_no_table_can_have_hides_no_other(tmp_path: Path, row: str) -> None:
    found = table(tmp_path, "1,10,3,2,1", row, "3,30,3,2,1")
    assert [epoch.number for epoch in found] == [1, 3]


def test_a_description_without_a_name_for_its_set_says_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"schedule": {"epochs": 4, "image_size": 320}, "seed": 7}')
    run = read_progress(tmp_path, NOW)
    assert run is not None
    assert (run.dataset, run.base, run.command) == ("", "", "")
    assert (run.wanted, run.image_size, run.seed) == (4, 320, 7)
    assert (run.epochs, run.report, run.sheets) == ((), None, ())


@given(st.lists(st.tuples(st.floats(0.1, 5000), losses, losses, losses), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_seconds_of_epochs_add_up_to_the_clock(tmp_path: Path, told: list[tuple[float, float, float, float]]) -> None:
    clock, rows = 0.0, []
    for number, (seconds, *values) in enumerate(told, 1):
        clock += seconds
        rows.append(",".join(map(str, (number, clock, *values))))
    found = table(tmp_path, *rows)
    assert [epoch.number for epoch in found] == list(range(1, len(told) + 1))
    assert sum(epoch.seconds for epoch in found) == pytest.approx(clock)
    for epoch, (seconds, box, cls, dfl) in zip(found, told, strict=True):
        assert epoch.seconds == pytest.approx(seconds, rel=1e-6, abs=1e-6)
        assert (epoch.box, epoch.cls, epoch.dfl) == (box, cls, dfl)


def test_columns_are_found_by_their_names_and_not_by_their_place(tmp_path: Path) -> None:
    head = "train/dfl_loss,  time, epoch,train/cls_loss ,train/box_loss".replace("cls_loss ", "cls_loss")
    assert table(tmp_path, "1,  50, 1,2,3", head=head) == (Epoch(1, 50.0, 3.0, 2.0, 1.0),)


@pytest.mark.parametrize("head", ["", "epoch,time", "epoch,time,train/box_loss,train/cls_loss"])
def test_a_table_without_the_losses_holds_no_epoch(tmp_path: Path, head: str) -> None:
    assert table(tmp_path, "1,10,3,2,1", head=head) == ()


@pytest.mark.parametrize("row", ["0,10,3,2,1", "-1,10,3,2,1", "1.5,10,3,2,1", "1,inf,3,2,1", "1,10,nan,2,1", "1,10"])
def test_an_epoch_that_cannot_be_is_left_out(tmp_path: Path, row: str) -> None:
    assert table(tmp_path, row) == ()


def test_the_clock_begins_anew_where_a_run_went_on(tmp_path: Path) -> None:
    found = table(tmp_path, "1,100,3,2,1", "2,210,3,2,1", "3,90,3,2,1", "4,200,3,2,1")
    assert [epoch.seconds for epoch in found] == [100, 110, 90, 110]


def save(folder: Path, seconds: list[float], age: timedelta) -> RunState:
    import os

    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"schedule": {"epochs": 9, "image_size": 640}, "seed": 1}))
    clock, rows = 0.0, [HEAD]
    for number, one in enumerate(seconds, 1):
        clock += one
        rows.append(f"{number},{clock},1,1,1")
    (folder / "results.csv").write_text("\n".join(rows) + "\n")
    for path in folder.iterdir():
        os.utime(path, ((NOW - age).timestamp(),) * 2)
    run = read_progress(folder, NOW)
    assert run is not None
    assert run.updated == NOW - age
    return run.state


@pytest.mark.parametrize(
    ("seconds", "age", "state"),
    [
        ([], timedelta(minutes=29), RunState.RUNNING),  # the first epoch may take long
        ([], timedelta(minutes=31), RunState.INTERRUPTED),
        ([1], timedelta(seconds=119), RunState.RUNNING),  # two minutes at least
        ([1], timedelta(seconds=121), RunState.INTERRUPTED),
        ([100, 100], timedelta(seconds=299), RunState.RUNNING),
        ([100, 100], timedelta(seconds=301), RunState.INTERRUPTED),
        ([1000, 100, 100, 100, 100, 100], timedelta(seconds=400), RunState.INTERRUPTED),  # the last five count
        ([1000, 100, 100, 100, 100], timedelta(seconds=2900), RunState.RUNNING),
        ([1e9], timedelta(hours=23), RunState.RUNNING),
        ([1e9], timedelta(hours=25), RunState.INTERRUPTED),
    ],
)
def test_patience_is_three_of_the_slowest_late_epochs(
    tmp_path: Path, seconds: list[float], age: timedelta, state: RunState
) -> None:
    assert save(tmp_path / "run", seconds, age) is state


def test_the_latest_run_stands_first(tmp_path: Path) -> None:
    for name, minutes in (("a", 50), ("b", 10), ("c", 30)):
        save(tmp_path / name, [10.0], timedelta(minutes=minutes))
    assert [run.name for run in list_runs(tmp_path, NOW)] == ["b", "c", "a"]
