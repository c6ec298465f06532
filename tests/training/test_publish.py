"""From a few pictures to a verified model, through the real trainer."""

from pathlib import Path

import pytest

from models.registry import find_model, model_path, verify
from tests.training.sets import save_squares
from training.datasets.labels import open_set
from training.datasets.recipes import RECIPES, build
from training.errors import DatasetInvalid, RunExists
from training.evaluation.evaluate import evaluate
from training.finetune import finetune
from training.publish import publish
from training.runs.run import read_run
from training.runs.start_weights import guarded

pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")


@pytest.mark.filterwarnings("ignore")  # torch's exporter and ultralytics warn about themselves
def test_a_set_becomes_a_model_with_a_card(tmp_path: Path) -> None:
    for n in range(6):
        for row, side in enumerate(("train", "val")):
            folder = tmp_path / "shared/data/aerial_vendors" / side
            save_squares(folder, f"{side}_{n}", [("red", n, row)], [("red", n, row)])
    build("aerial-stalls", tmp_path / "shared", tmp_path / "set")
    runs, folder = tmp_path / "runs", tmp_path / "weights"

    run = finetune(
        tmp_path / "set", "yolo11n.yaml", "tiny", runs=runs, epochs=1, image_size=64, batch=4, seed=5, threads=1
    )
    card = publish(run, tmp_path / "set", "aerial-stalls", "1", folder=folder)

    assert read_run(runs / "tiny") == run
    assert find_model("aerial-stalls", folder) == card
    verify(card)
    assert card.classes == RECIPES["aerial-stalls"].classes
    assert (card.input.width, card.input.height) == (64, 64)
    assert [(source.role, source.pictures, source.boxes) for source in card.data] == [("train", 6, 6), ("val", 6, 6)]
    assert card.training.seed == 5
    assert "--image-size 64" in card.training.command
    assert str(tmp_path).encode() not in model_path(card).read_bytes()
    again = evaluate(model_path(card), tmp_path / "set")
    assert again.map50 == card.metrics.map50.value

    start = guarded(runs / "tiny")
    assert (start.path, start.run) == (str(run.weights), runs / "tiny")

    (runs / "tiny/finished").unlink()
    with pytest.raises(RunExists, match="has not finished"):
        publish(run, tmp_path / "set", "other", "1", folder=folder)
    (open_set(tmp_path / "set").folder / "sources.json").unlink()
    with pytest.raises(DatasetInvalid, match=r"sources\.json"):
        publish(run, tmp_path / "set", "other", "1", folder=folder)
