"""Training as a job: refused before it costs anything, and ended with a comparison."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.card import ModelCard
from models.registry import find_model, model_path, sha256_of
from models.shelf import Shelf
from models.shelf_changes import add
from tests.models.cards import card_of
from tests.training.datasets.exports import Edges, yolo
from training.datasets.importing import ImportWish, import_export
from training.errors import DatasetInvalid, RunFailed
from training.evaluation.gate import FrozenSet
from training.runs import job, plan
from training.runs.job import run_training
from training.runs.plan import TrainingPlan, next_version, plan_training
from training.runs.schedule import FEW_PICTURES, SCHEDULES, Schedule, gentle

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
STALL: Edges = ("stall", 10, 10, 30, 30)


def version(folder: Path, boxes: list[Edges], names: tuple[str, ...] = ("stall", "sign")) -> Path:
    """A version of a data set, each of its ten pictures with these boxes."""
    yolo(folder / "export", {"train": {f"{n:02}.jpg": boxes for n in range(10)}}, names)
    return import_export(folder / "export", folder / "datasets", ImportWish("river", "A. Reviewer"), AT).folder


def base(folder: Path, *classes: str) -> ModelCard:
    """A card of these classes; its network is not looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "stalls.onnx"
    path.write_bytes(b"network")
    none = card_of(path).metrics.model_copy(update={"per_class": {}})
    return card_of(path, classes=classes, thresholds={}, metrics=none, sha256=sha256_of(path))


@pytest.fixture
def unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "verify", lambda _: None)


@pytest.mark.usefixtures("unverified")
def test_a_plan_says_what_it_will_cost_before_it_begins(tmp_path: Path) -> None:
    folder = version(tmp_path, [STALL, ("sign", 50, 5, 90, 25)])
    plan = plan_training(folder, base(tmp_path / "base", "stall"))
    assert plan.lines == [
        f"from stalls 1 with river {folder.name}: 8 pictures, 16 boxes; judged on 2 that are held out",
        "6 epochs at 7e-05, 640 px, the first 10 layers stay",
        "about 1 minutes of one core",
    ]
    assert plan_training(folder, base(tmp_path / "base", "stall"), bf16=False).minutes > plan.minutes


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize(
    ("known", "said"),
    [
        (("stall", "banner"), "has no banner, which stalls 1 knows and would forget"),
        (("sign", "stall"), "its classes are in another order (stall, sign) than those of stalls (sign, stall)"),
    ],
)
def test_a_base_that_would_forget_is_refused(tmp_path: Path, known: tuple[str, ...], said: str) -> None:
    folder = version(tmp_path, [STALL, ("sign", 50, 5, 90, 25)])
    with pytest.raises(DatasetInvalid) as caught:
        plan_training(folder, base(tmp_path / "base", *known))
    assert said in str(caught.value)


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize(
    "boxes",
    [
        [STALL, ("sign", 10, 10, 30, 30)],  # one place, two verdicts
        [STALL, ("sign", 50, 5, 90, 25), ("stall", 10, 10, 30, 29)],  # one place, labelled twice
    ],
)
def test_labels_that_contradict_each_other_are_named_by_file_and_line(tmp_path: Path, boxes: list[Edges]) -> None:
    folder = version(tmp_path, boxes)
    with pytest.raises(DatasetInvalid, match=r"labels/[0-9a-f]+\.txt:1: is of the same thing as line [23]"):
        plan_training(folder, base(tmp_path / "base", "stall"))


@pytest.mark.usefixtures("unverified")
def test_a_version_that_was_edited_or_lacks_a_class_on_one_side_is_refused(tmp_path: Path) -> None:
    folder = version(tmp_path / "a", [STALL])
    label = next((folder / "train/labels").iterdir())
    kept = label.read_text()
    label.write_text("")
    with pytest.raises(DatasetInvalid, match="was changed after this version was made"):
        plan_training(folder, base(tmp_path / "base", "stall"))
    label.write_text(kept)
    plan_training(folder, base(tmp_path / "base", "stall"))
    pictures = {f"{n:02}.jpg": [STALL, ("sign", 50, 5, 90, 25)] if n < 2 else [STALL] for n in range(10)}
    yolo(tmp_path / "b", {"train": pictures})
    one_sided = import_export(tmp_path / "b", tmp_path / "datasets", ImportWish("lake", "A. Reviewer"), AT)
    assert any("class sign is not held out" in note for note in one_sided.notes)
    with pytest.raises(DatasetInvalid, match="no box of class 1 'sign'"):
        plan_training(one_sided.folder, base(tmp_path / "base", "stall"))


@pytest.mark.parametrize("view", sorted(SCHEDULES))
def test_few_pictures_are_taken_gently(view: str) -> None:
    usual = SCHEDULES[view]
    few, many = gentle(usual, 38), gentle(usual, FEW_PICTURES)
    assert few.epochs <= usual.epochs
    assert few.learning_rate == pytest.approx(usual.learning_rate / 10)
    assert few.epochs <= max(3, usual.epochs // 2)
    assert few.warmup_epochs == 0  # its first steps move biases by a tenth each: with three steps an epoch, that is all
    assert few.frozen_layers >= 10
    assert many.learning_rate == pytest.approx(usual.learning_rate / 2)
    assert many.epochs == usual.epochs
    assert (few.input_size, few.image_size) == (usual.input_size, usual.image_size)


@pytest.mark.parametrize(
    ("taken", "following"), [([], "1"), (["0", "3"], "4"), (["0", "9", "10"], "11"), (["0", "beta", "²"], "1")]
)
def test_the_next_version_is_a_number_above_all(taken: list[str], following: str) -> None:
    assert next_version(taken) == following


@pytest.mark.filterwarnings("ignore")  # torch's exporter and ultralytics warn about themselves
def test_a_job_ends_with_a_candidate_on_the_shelf_and_the_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real trainer, from a model that is in service, through a kill in between and a full disk."""
    pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")
    serving = find_model("aerial-stalls")
    yolo(tmp_path / "export", {"train": {f"{n:02}.jpg": [STALL] for n in range(8)}}, ("stall",))
    wish = ImportWish("stalls", "A. Reviewer", view="above")
    folder = import_export(tmp_path / "export", tmp_path / "datasets", wish, AT).folder
    tiny = Schedule(epochs=1, image_size=64, batch=4, learning_rate=1e-6)
    whole = plan_training(folder, serving)
    plan = TrainingPlan(folder, whole.manifest, serving, tiny, 1.0)
    with monkeypatch.context() as patch:
        patch.setattr(job, "finetune", full)
        with pytest.raises(RunFailed, match=r"No space left on device.*go on with --resume"):
            run_training(plan, "run", "4", serving, [FrozenSet(folder, "stalls")], runs=tmp_path / "runs")
    result = run_training(plan, "run", "4", serving, [FrozenSet(folder, "stalls")], runs=tmp_path / "runs")
    again = run_training(plan, "run", "4", serving, [FrozenSet(folder, "stalls")], runs=tmp_path / "runs", resume=True)
    assert again.candidate.sha256 == result.candidate.sha256  # a finished run is not trained on

    report = result.report
    assert (report.model, report.version, report.serving) == ("aerial-stalls", "4", "3")
    assert [(one.dataset, one.name) for one in report.changes] == [("stalls", "stall")]
    assert not [refusal for refusal in report.refusals if refusal.code == "card"]  # measured on the same pictures
    card = result.candidate
    assert card.training.base_sha256 == serving.sha256
    assert (f"stalls/{folder.name}", "train") in {(one.name, one.role) for one in card.data}
    assert card.data[0].name.endswith("for aerial-stalls 2")  # what the base was trained on is still said
    assert json.loads((tmp_path / "runs/run/run.json").read_text())["schedule"]["epochs"] == 1
    shelf = Shelf(tmp_path / "shelf")
    assert add(shelf, card.folder).sha256 == card.sha256
    assert shelf.serving_version("aerial-stalls") == "0"  # a training puts nothing in service
    shutil.rmtree(tmp_path / "runs")
    assert model_path(shelf.card("aerial-stalls", "4")).is_file()


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")
