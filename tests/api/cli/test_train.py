"""`train` and `evaluate` as a user types them; that training works is shown in tests/training."""

import pickle
import shutil
from pathlib import Path

import pytest

from models.card import ModelCard, write_card
from tests.api.cli.conftest import Typed
from tests.detector.nets import COLOURS, save_colour_detector, save_identity
from tests.training.datasets.exports import yolo
from tests.training.sets import describe, save_picture, save_squares
from tests.training.test_finetune import Bomb
from training.evaluation.gate import GateReport, Refusal
from training.runs.job import TrainingResult
from training.runs.plan import TrainingPlan

BOX = "0 0.5 0.5 0.2 0.2"


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    save_squares(tmp_path / "squares/val", "one", [("red", 2, 2), ("blue", 6, 4)], [("red", 2, 2), ("green", 6, 4)])
    return describe(tmp_path / "squares", COLOURS)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return save_colour_detector(tmp_path / "colours.onnx")


def test_evaluate_prints_one_line_and_writes_a_report(
    streetwarden: Typed, squares: Path, model: Path, tmp_path: Path
) -> None:
    printed = streetwarden("evaluate", model, squares, "--report", tmp_path / "report", "--beside", model, "--json")
    assert printed.code == 0
    (record,) = printed.records
    assert {"map50", "map50_95", "per_class", "images", "latency_ms"} <= set(record)
    beside = record["beside"]
    assert isinstance(beside, dict)
    assert beside["model"] == "colours"
    assert (tmp_path / "report/wrong-classes.jpg").is_file()
    assert str(tmp_path / "report") in printed.err


def test_evaluate_shows_a_person_each_class_with_its_interval_and_count(
    streetwarden: Typed, squares: Path, model: Path
) -> None:
    lines = streetwarden("evaluate", model, squares).out.splitlines()
    (red,) = [line for line in lines if line.split()[:1] == ["red"]]
    assert red.split() == ["red", "1", "1", "1.000", "(1.00", "to", "1.00)", "1.000", "(1.00", "to", "1.00)"]
    assert any("blue" in line and "not measured" in line for line in lines)
    assert any("ms a picture" in line for line in lines)


def sets(folder: Path, train: list[str], val: list[str]) -> Path:
    save_picture(folder / "train", "tile_1", train)
    save_picture(folder / "val", "tile_2", val)
    return describe(folder, ["stall", "sign"])


@pytest.mark.parametrize(
    ("train", "val", "said"),
    [
        ([BOX, "2 0.5 0.5 0.2 0.2"], [BOX], "train/labels/tile_1.txt:2: class 2"),
        ([BOX, "1 0.5 0.5 0.2 0.2"], [BOX, "1 0.95 0.5 0.2 0.2"], "val/labels/tile_2.txt:2: the box leaves"),
        ([BOX, "1 0.5 0.5 0.2 0.2"], [BOX], "data.yaml:3: no box of class 1 'sign'"),
        ([BOX], [BOX, "1 0.5 0.5 0.2 0.2"], "data.yaml:3: no box of class 1 'sign'"),
        ([], [], "data.yaml:2: no box of class 0 'stall'"),
    ],
)
def test_a_set_that_would_teach_wrongly_is_refused_with_file_and_line(
    streetwarden: Typed, tmp_path: Path, train: list[str], val: list[str], said: str
) -> None:
    printed = streetwarden("train", sets(tmp_path / "set", train, val), "--base", "yolo11n.yaml")
    assert printed.code == 2
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_empty_sides_and_twins_are_refused(streetwarden: Typed, tmp_path: Path) -> None:
    both = [BOX, "1 0.5 0.5 0.2 0.2"]
    folder = sets(tmp_path / "set", both, both)
    twin = save_picture(folder / "val", "tile_3", both)
    twin.write_bytes((folder / "train/images/tile_1.jpg").read_bytes())
    printed = streetwarden("train", folder, "--base", "yolo11n.yaml")
    assert (printed.code, "tile_1.jpg: is a twin of" in printed.err) == (2, True)
    for path in [*(folder / "train/images").iterdir(), *(folder / "train/labels").iterdir()]:
        path.unlink()
    printed = streetwarden("train", folder, "--base", "yolo11n.yaml")
    assert (printed.code, "train/images: holds no picture" in printed.err) == (2, True)


def test_weights_from_elsewhere_are_never_opened(streetwarden: Typed, squares: Path, tmp_path: Path) -> None:
    weights = tmp_path / "best.pt"
    weights.write_bytes(pickle.dumps(Bomb(tmp_path / "opened")))
    both = [BOX, "1 0.5 0.5 0.2 0.2"]
    for command in (
        ("train", sets(tmp_path / "set", both, both), "--base", weights),
        ("evaluate", weights, squares),
        ("evaluate", save_colour_detector(tmp_path / "colours.onnx"), squares, "--beside", weights),
    ):
        printed = streetwarden(*command)
        assert printed.code == 2
        assert f"{weights}: " in printed.err
        assert printed.err.count("\n") == 1
    assert not (tmp_path / "opened").exists()


def test_a_network_of_the_wrong_shape_is_one_line(streetwarden: Typed, squares: Path, tmp_path: Path) -> None:
    odd = save_identity(tmp_path / "odd.onnx", [1, 1, 64, 96])
    printed = streetwarden("evaluate", odd, squares)
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert "odd.onnx: input is [[1, 1, 64, 96]]" in printed.err


def test_a_run_cannot_be_named_out_of_its_folder(streetwarden: Typed, tmp_path: Path) -> None:
    both = [BOX, "1 0.5 0.5 0.2 0.2"]
    folder = sets(tmp_path / "set", both, both)
    printed = streetwarden("train", folder, "--base", "yolo11n.yaml", "--name", "../../gone")
    assert (printed.code, "cannot be named '../../gone'" in printed.err) == (2, True)


def river(streetwarden: Typed, tmp_path: Path, names: tuple[str, ...] = ("stall",)) -> Path:
    """A data set `river` in the service's data folder; every picture shows every class."""
    boxes = [(name, 10 + 30 * n, 10, 30 + 30 * n, 30) for n, name in enumerate(names)]
    yolo(tmp_path / "export", {"train": {f"{n:02}.jpg": boxes for n in range(10)}}, names)
    imported = streetwarden("dataset", "import", tmp_path / "export", "--name", "river", "--view", "above", "--json")
    return Path(str(imported.records[0]["folder"]))


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("STREETWARDEN_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr("api.cli.train.be_modest", lambda _: None)  # the other tests go on after this one
    return tmp_path / "var"


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("names", "base", "said"),
    [
        (("stall",), "nothing", "no model named 'nothing' serves"),
        (("stall",), "oblique-stalls", "has no goods_outside_shop, banner, billboard, a_board, which oblique-stalls"),
    ],
)
def test_a_job_that_cannot_end_well_is_refused_before_it_costs_anything(
    streetwarden: Typed, tmp_path: Path, names: tuple[str, ...], base: str, said: str
) -> None:
    river(streetwarden, tmp_path, names)
    printed = streetwarden("train", "river", "--base", base)
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert said in printed.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("refused", [True, False])
def test_a_job_says_its_cost_first_and_the_comparison_last(
    streetwarden: Typed, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    folder = river(streetwarden, tmp_path)

    def trained(plan: TrainingPlan, name: str, version: str, serving: ModelCard, *_: object, **__: object) -> object:
        assert (name, version, serving.version, plan.dataset) == ("river", "4", "3", folder)
        out = tmp_path / "candidate"
        shutil.copytree(serving.folder, out, ignore=lambda _, found: [n for n in found if "aerial" not in n])
        card = serving.model_copy(update={"version": version, "folder": out})
        write_card(card, out / "aerial-stalls.json")
        reasons = (Refusal(code="no_gain", text="it is not better on what it was trained for"),) if refused else ()
        report = GateReport(
            model=card.name,
            version=version,
            sha256=card.sha256,
            serving="3",
            changes=(),
            means={},
            latency_ms=1.0,
            slower=1.0,
            notes=(),
            refusals=reasons,
        )
        return TrainingResult(card, report)

    monkeypatch.setattr("training.runs.job.run_training", trained)
    printed = streetwarden("train", "river", "--base", "aerial-stalls")
    assert printed.code == (1 if refused else 0)
    assert f"from aerial-stalls 3 with river {folder.name}: 8 pictures" in printed.err.splitlines()[0]
    assert "minutes of one core" in printed.err
    assert "aerial-stalls 4 against 3, which serves" in printed.out
    assert ("the gate would refuse it" if refused else "models promote aerial-stalls 4") in printed.err
    listed = streetwarden("models", "versions", "aerial-stalls", "--json").records
    assert [(one["version"], one["serves"]) for one in listed] == [("0", True), ("4", False)]
    assert (data_dir / "models/aerial-stalls/4/aerial-stalls.onnx").is_file()
