"""Training as a job from a button: its cost first, one at a time, cancelled, gone on with, ended with a comparison."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from api.errors import NotFound, TrainingBusy, TrainingNotRunning, TrainingRefused
from api.inference.model_cache import shelf_of
from api.settings import Settings
from api.training_runs import job_process, service
from api.training_runs.jobs import (
    JobState,
    TrainingJob,
    TrainingWish,
    cancel,
    fail,
    finish,
    free_name,
    status_of,
    take_turn,
    whose_turn,
    write_job,
)
from models.errors import ModelError
from tests.api.conftest import Service
from tests.training.datasets.exports import Edges, yolo
from training.datasets.importing import ImportWish, import_export
from training.evaluation.gate import ClassChange, Gain, GateReport, Refusal
from training.runs.plan import TrainingPlan

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
STALL: Edges = ("stall", 10, 10, 30, 30)
WISH = TrainingWish(dataset="stalls", dataset_version="1-x", base="aerial-stalls", base_version="0")


@pytest.fixture
def city(tmp_path: Path) -> Settings:
    """A data folder with a small set of stalls seen from above."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "var", runs_dir=tmp_path / "runs", port=0)
    bring(settings.data_dir)
    return settings


def bring(data_dir: Path) -> None:
    yolo(data_dir / "export", {"train": {f"{n:02}.jpg": [STALL] for n in range(10)}}, ("stall",))
    import_export(data_dir / "export", data_dir / "datasets", ImportWish("stalls", "Li Wei", view="above"), AT)


def a_job(name: str) -> TrainingJob:
    return TrainingJob(name=name, version="4", wish=WISH, by="Li Wei", at=AT, plan=("about 1 minutes",))


def a_report(*refusals: Refusal) -> GateReport:
    gain = Gain(value=0.1, low=0.05, high=0.2)
    change = ClassChange(dataset="stalls", name="stall", boxes=40, before=0.5, after=0.6, ap50=gain, ap50_95=gain)
    return GateReport(
        model="aerial-stalls",
        version="4",
        sha256="a" * 64,
        serving="3",
        changes=(change,),
        means={"stalls": gain},
        latency_ms=42.0,
        slower=1.0,
        notes=(),
        refusals=refusals,
    )


def until(settings: Settings, name: str, *states: JobState) -> JobState:
    deadline = time.monotonic() + 120
    while True:
        status = status_of(settings.runs_dir, name)
        assert status is not None
        if status.state in states:
            return status.state
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def test_one_at_a_time_whoever_begins_and_however_it_ends(tmp_path: Path) -> None:
    write_job(tmp_path, a_job("stalls-1"))
    turn = take_turn(tmp_path, "stalls-1")
    assert whose_turn(tmp_path) == "stalls-1"
    with pytest.raises(TrainingBusy, match="stalls-1 is under way; one at a time"):
        take_turn(tmp_path, "stalls-2")
    with pytest.raises(TrainingNotRunning):
        cancel(tmp_path, "stalls-2")
    status = status_of(tmp_path, "stalls-1")
    assert status is not None
    assert status.state is JobState.RUNNING
    os.close(turn)  # as the kernel does when its process is killed
    assert whose_turn(tmp_path) is None
    status = status_of(tmp_path, "stalls-1")
    assert status is not None
    assert status.state is JobState.INTERRUPTED
    assert free_name(tmp_path, "stalls") == "stalls-2"


def test_a_wish_that_cannot_be_trained_is_refused_in_one_line(city: Settings) -> None:
    with pytest.raises(TrainingRefused, match="no data set"):
        service.wish_of(city, "river", "aerial-stalls")
    with pytest.raises(TrainingRefused):
        service.wish_of(city, "stalls", "aerial-stalls", epochs=0)
    (one,) = service.trainable(city)
    assert (one.name, one.bases) == ("stalls", ("aerial-stalls",))
    with pytest.raises(TrainingRefused, match="knows and would forget"):
        service.plan(city, service.wish_of(city, "stalls", "street-ads"))
    wish = service.wish_of(city, "stalls", "aerial-stalls")
    usual = service.plan(city, wish)
    half = service.plan(city, wish.model_copy(update={"image_size": 320, "epochs": usual.schedule.epochs * 2}))
    assert half.minutes == pytest.approx(usual.minutes / 2)
    with pytest.raises(NotFound):
        service.go_on(city, "stalls-9")


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of the extra `training` as if they were there."""
    monkeypatch.setattr(service, "PARTS", ())


@pytest.mark.usefixtures("pretended")
def test_a_process_of_its_own_is_cancelled_and_gone_on_with(city: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process, nice and in a session of its own; its trainer is replaced by a sleep."""
    slow = city.data_dir / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(
        "import sys, time, types\n"
        "module = types.ModuleType('training.runs.job')\n"
        "module.run_training = lambda *a, **k: time.sleep(600)\n"
        "sys.modules['training.runs.job'] = module\n"
    )
    monkeypatch.setattr(sys, "path", [str(slow), *sys.path])
    job = service.start(city, service.wish_of(city, "stalls", "aerial-stalls"), AT)
    assert job.name == "stalls-1"
    assert status(city, job.name) is JobState.RUNNING  # from the first moment on
    with pytest.raises(TrainingBusy):
        service.start(city, service.wish_of(city, "stalls", "aerial-stalls"), AT)
    cancel(city.runs_dir, job.name)
    assert until(city, job.name, JobState.CANCELLED, JobState.INTERRUPTED) is JobState.CANCELLED

    service.go_on(city, job.name)
    pid = int((city.runs_dir / ".jobs/turn").read_text().split('"pid": ')[1].rstrip("}"))
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGKILL)  # as the kernel does where memory ends
    assert until(city, job.name, JobState.INTERRUPTED) is JobState.INTERRUPTED


def status(settings: Settings, name: str) -> JobState:
    found = status_of(settings.runs_dir, name)
    assert found is not None
    return found.state


def test_a_job_that_fails_says_why_in_one_line(city: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_job(city.runs_dir, a_job("stalls-1"))
    arguments = [str(city.data_dir), str(city.runs_dir), "stalls-1", "4096"]
    monkeypatch.setattr(job_process, "be_modest", lambda _: None)  # this process goes on after the test
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert job_process.main(arguments) == 1
    found = status_of(city.runs_dir, "stalls-1")
    assert found is not None
    assert (found.state, found.said.split(": ", 1)[1]) == (
        JobState.FAILED,
        "there is no such version; see: streetwarden dataset list",
    )

    def starved(*_: object) -> TrainingPlan:
        raise MemoryError

    monkeypatch.setattr(job_process, "plan_job", starved)
    assert job_process.main(arguments) == 1
    found = status_of(city.runs_dir, "stalls-1")
    assert found is not None
    assert found.said == "the training needs more than 4096 MB: raise STREETWARDEN_TRAINING_MEMORY_MB"


@pytest.fixture
def town(service: Service) -> Iterator[Service]:
    bring(service.data_dir)
    yield service
    for name in ("datasets", "export"):
        for path in sorted((service.data_dir / name).rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (service.data_dir / name).rmdir()


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Begin a training|To train on"), ("zh", "新建训练|用于训练|起始模型")]
)
def test_the_page_offers_what_can_be_trained_and_says_its_cost(town: Service, lang: str, words: str) -> None:
    shown = town.http.get("/training", params={"lang": lang}).text
    for word in words.split("|"):
        assert word in shown
    assert "/training/new?dataset=stalls&amp;base=aerial-stalls" in shown.replace("&base", "&amp;base")
    asked = {"dataset": "stalls", "base": "aerial-stalls", "lang": "en"}
    plan = town.http.get("/training/new", params=asked).text
    assert "about 1 minutes of one core" in plan
    assert "Cameras that are watched on this machine: 1" in plan
    refused = town.http.get("/training/new", params=asked | {"base": "street-ads"}).text
    assert "would forget" in refused
    assert "Begin this training" not in refused
    assert town.http.get("/training/new", params=asked | {"epochs": "many"}).status_code == 422
    assert town.http.post("/training/stalls-9/cancel").status_code == 409
    assert town.http.post("/training/stalls-9/go-on").status_code in (404, 422)  # 422: no torch here


def test_where_torch_is_missing_the_page_says_what_to_install(town: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PARTS", ("no_such_part",))
    assert find_spec("no_such_part") is None
    shown = town.http.get("/training", params={"lang": "en"}).text
    assert "This machine lacks no_such_part. Install it with: <code>pip install" in shown
    answer = town.http.post("/training/new", params={"dataset": "stalls", "base": "aerial-stalls"})
    assert (answer.status_code, "pip install" in answer.json()["detail"]) == (422, True)


def test_a_job_ends_with_the_comparison_on_its_page(town: Service) -> None:
    runs = town.data_dir / "runs"
    write_job(runs, a_job("stalls-1"))
    fail(runs, "stalls-1", "runs/stalls-1: No space left on device")
    shown = town.http.get("/training/stalls-1", params={"lang": "en"}).text
    assert "No space left on device" in shown
    assert "Go on from the last whole epoch" in shown
    finish(runs, "stalls-1", a_report())
    shown = town.http.get("/training/stalls-1", params={"lang": "en"}).text
    for word in ("The gate would let it pass", "0.500", "0.600", "+0.100", "+0.050 to +0.200", "new places"):
        assert word in shown
    finish(runs, "stalls-1", a_report(Refusal(code="no_gain", text="x", about=("stalls",))))
    chinese = town.http.get("/training/stalls-1", params={"lang": "zh"}).text
    assert "准入检验未通过" in chinese
    assert "没有超出偶然范围的提升" in chinese


def test_a_shelf_without_the_base_is_told(city: Settings) -> None:
    with pytest.raises(ModelError):
        job_process.plan_job(
            city.data_dir / "datasets",
            shelf_of(city),
            service.wish_of(city, "stalls", "aerial-stalls").model_copy(update={"base_version": "9"}),
        )
