"""The set of `street`: the same held-out façades, every class in training, and a whole training on it."""

import json
from pathlib import Path

import pytest

from detector.engine import OnnxModel
from models.registry import find_model
from tests.detector.nets import save_colour_detector
from tests.training.sets import save_picture, save_squares
from training import everyday, street
from training.datasets import RECIPES
from training.datasets import build as build_recipe
from training.errors import DatasetInvalid
from training.evaluate import evaluate
from training.finetune import finetune
from training.labels import check_set, open_set, read_pictures
from training.publish import publish
from training.quiet import quiet_torch
from training.street import CLASSES, Helpers, build

FACADE = [f"{cls} {0.1 + 0.14 * cls} 0.7 0.1 0.2" for cls in range(6)]
SIGN = "0 0.5 0.5 0.8 0.3"
COCO = [f"{cls} 0.5 0.5 0.3 0.3" for cls in everyday.COCO.values()]


@pytest.fixture
def shared_sets(tmp_path: Path) -> Path:
    data = tmp_path / "shared/data"
    for n in range(10):
        save_picture(data / "facade_ads/train", f"img_{n}", FACADE, size=(96, 64))
    for n in range(6):
        save_picture(data / "shop_signs/train", f"IMG_{n}", [SIGN], size=(64, 96))
    for n in range(4):
        save_picture(data / "coco128", f"{n:012d}", COCO)
    save_squares(data / "street_negatives", "empty", [("red", 3, 3)], [])
    return tmp_path / "shared"


@pytest.fixture
def helpers(tmp_path: Path) -> Helpers:
    """Pure red is a person to one and a window to the other."""
    net = save_colour_detector(tmp_path / "colours.onnx")
    return Helpers(OnnxModel(net, ("person", "car", "bus")), OnnxModel(net, ("window", "door", "signboard")))


def test_the_set_holds_out_what_street_ads_holds_out_and_trains_every_class(
    shared_sets: Path, helpers: Helpers, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    tallies = build(shared_sets, out, helpers)
    described = open_set(out)
    check_set(described)
    assert described.names == CLASSES
    assert described.measured == RECIPES["street-ads"].classes
    assert described.train is not None
    train, val = read_pictures(described.train, len(CLASSES)), read_pictures(described.val, 6)
    before = build_recipe("street-ads", shared_sets, tmp_path / "before")
    assert {picture.path.name for picture in val} == {picture.path.name for picture in before.val}
    tiles = {picture.tile for picture in train}
    assert len(train) == 8 + 8 + 4 + 2 * street.REHEARSALS + 1
    assert {picture.tile for picture in before.train} < tiles

    signs, objects = open_set(tmp_path / "set-shop-signs"), open_set(tmp_path / "set-everyday")
    assert (signs.names, objects.names) == (("signboard",), everyday.CLASSES)
    for beside in (signs, objects):
        held = read_pictures(beside.val, len(beside.names))
        assert len(held) == 2
        assert not tiles & {picture.tile for picture in held}

    assert tallies["negatives"].added == {"person": 1, "window": 1}
    listed = json.loads((out / "completed.json").read_text())
    assert listed["negatives"]["added"] == {"person": 1, "window": 1}
    sources = json.loads((out / "sources.json").read_text())
    assert [(row["role"], row["pictures"]) for row in sources] == [
        *(("train", count) for count in (8, 8, 4, 4, 1)),
        ("val", 2),
    ]


def test_a_missing_set_and_a_name_that_two_sets_share_are_refused(
    shared_sets: Path, helpers: Helpers, tmp_path: Path
) -> None:
    save_picture(shared_sets / "data/street_negatives", "img_0")
    for n in range(1, 10):
        save_picture(shared_sets / "data/street_negatives", f"img_{n}")
    with pytest.raises(DatasetInvalid, match="two pictures of the sets are named so"):
        build(shared_sets, tmp_path / "set", helpers)
    for path in (shared_sets / "data/street_negatives/images").iterdir():
        path.unlink()
    with pytest.raises(DatasetInvalid, match="street_negatives/images: holds no picture"):
        build(shared_sets, tmp_path / "other", helpers)


@pytest.mark.filterwarnings("ignore")  # torch's exporter and ultralytics warn about themselves
def test_training_begins_with_what_coco_knows_and_the_card_tells_of_every_class(
    shared: Path, shared_sets: Path, helpers: Helpers, tmp_path: Path
) -> None:
    pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")
    out, base = tmp_path / "set", shared / "weights/yolo11n.pt"
    build(shared_sets, out, helpers)
    run = finetune(
        out, base, "tiny", runs=tmp_path / "runs", epochs=1, image_size=64, batch=16, learning_rate=1e-6, threads=1
    )
    with quiet_torch(1):
        from ultralytics.models import YOLO

        from training.surgery import start_weights

        start, done = start_weights(base).state_dict(), YOLO(str(run.weights)).state_dict()
    rows = list(everyday.COCO.values())
    for scale in range(3):
        key = f"model.23.cv3.{scale}.2.weight"
        now = done[f"model.{key}"]
        assert now.shape[0] == len(CLASSES)
        assert (now[6:].float() - start[key][rows]).abs().max() < 1e-3

    card = publish(run, out, "street", "1", folder=tmp_path / "weights", also=[tmp_path / "set-everyday"])
    assert find_model("street", tmp_path / "weights") == card
    assert card.classes == CLASSES
    assert tuple(card.metrics.per_class) == CLASSES
    assert card.metrics.boxes == 2 * len(FACADE), "the means are of the façades"
    assert "set-everyday" in card.metrics.dataset
    signs = evaluate(tmp_path / "weights/street.onnx", tmp_path / "set-shop-signs")
    assert set(signs.merged) == {"advertising"}
