"""The set of `street`: the same held-out façades, and a whole training on it beside the start weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from detector.vision.engine import OnnxModel
from detector.vision.pixels import read_picture
from models.registry import class_names, find_model
from tests.detector.nets import save_colour_detector
from tests.training.sets import save_picture, save_squares
from training.datasets import coco_subset as everyday
from training.datasets.labels import check_set, open_set, read_pictures
from training.datasets.recipes import build as build_recipe
from training.datasets.street import CLASSES, build
from training.errors import DatasetInvalid, UnsafeWeights
from training.evaluation.evaluate import evaluate
from training.finetune import finetune
from training.networks.torch_setup import quiet_torch
from training.publish import publish

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
def helper(tmp_path: Path) -> OnnxModel:
    """Pure red is a window to it."""
    return OnnxModel(save_colour_detector(tmp_path / "colours.onnx"), ("window", "door", "signboard"))


def test_the_set_holds_out_what_street_ads_holds_out_and_trains_all_else(
    shared_sets: Path, helper: OnnxModel, tmp_path: Path
) -> None:
    out = tmp_path / "set"
    tallies = build(shared_sets, out, helper)
    described = open_set(out)
    check_set(described)
    assert described.names == CLASSES
    assert described.train is not None
    train, val = read_pictures(described.train, len(CLASSES)), read_pictures(described.val, 6)
    before = build_recipe("street-ads", shared_sets, tmp_path / "before")
    assert {picture.path.name for picture in val} == {picture.path.name for picture in before.val}
    tiles = {picture.tile for picture in train}
    assert len(train) == 8 + 8 + 4 + 2 + 1
    assert {picture.tile for picture in before.train} < tiles

    signs, objects = open_set(tmp_path / "set-shop-signs"), open_set(tmp_path / "set-everyday")
    assert (signs.names, objects.names) == (("signboard",), everyday.CLASSES)
    for beside in (signs, objects):
        held = read_pictures(beside.val, len(beside.names))
        assert len(held) == 2
        assert not tiles & {picture.tile for picture in held}

    assert tallies["negatives"].added == {"window": 1}
    listed = json.loads((out / "completed.json").read_text())
    assert listed["negatives"]["added"] == {"window": 1}
    sources = json.loads((out / "sources.json").read_text())
    assert [(row["role"], row["pictures"]) for row in sources] == [
        *(("train", count) for count in (8, 8, 4, 2, 1)),
        ("val", 2),
    ]


def test_a_missing_set_and_a_name_that_two_sets_share_are_refused(
    shared_sets: Path, helper: OnnxModel, tmp_path: Path
) -> None:
    save_picture(shared_sets / "data/street_negatives", "img_0")
    for n in range(1, 10):
        save_picture(shared_sets / "data/street_negatives", f"img_{n}")
    with pytest.raises(DatasetInvalid, match="two pictures of the sets are named so"):
        build(shared_sets, tmp_path / "set", helper)
    for path in (shared_sets / "data/street_negatives/images").iterdir():
        path.unlink()
    with pytest.raises(DatasetInvalid, match="street_negatives/images: holds no picture"):
        build(shared_sets, tmp_path / "other", helper)


@pytest.mark.filterwarnings("ignore")  # torch's exporter and ultralytics warn about themselves
def test_what_the_start_weights_know_is_kept_to_the_last_digit(
    shared: Path, shared_sets: Path, helper: OnnxModel, tmp_path: Path
) -> None:
    pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")
    out, base, extra = tmp_path / "set", shared / "weights/yolo11n.pt", tmp_path / "set-everyday"
    build(shared_sets, out, helper)
    run = finetune(
        out, base, "tiny", runs=tmp_path / "runs", epochs=1, image_size=64, batch=16, learning_rate=1e-4, threads=1
    )
    card = publish(run, out, "street", "1", folder=tmp_path / "weights", also=[extra], beside=base)
    assert find_model("street", tmp_path / "weights") == card
    assert card.classes == (*CLASSES, *everyday.CLASSES)
    assert tuple(card.metrics.per_class) == card.classes
    assert card.metrics.boxes == 2 * len(FACADE), "the means are of the façades"
    assert "set-everyday" in card.metrics.dataset
    signs = evaluate(tmp_path / "weights/street.onnx", tmp_path / "set-shop-signs")
    assert set(signs.merged) == {"advertising"}

    with quiet_torch(1):
        from training.networks.class_subset import keep_classes, start_weights, write_onnx

        network, start = start_weights(base), tmp_path / "start.onnx"
        keep_classes(network, tuple(everyday.COCO.values()), everyday.CLASSES)
        write_onnx(network, start, run.input_size[::-1])
    picture = read_picture(next(path for path in (shared / "data/coco128/images").iterdir() if path.stem.endswith("1")))
    kept, was = (
        OnnxModel(path, names, iou=card.nms_iou).detect(picture, 0.01).of_class(*everyday.CLASSES)
        for path, names in ((tmp_path / "weights/street.onnx", card.classes), (start, class_names(start)))
    )
    assert len(was) > 0
    np.testing.assert_allclose(kept.boxes, was.boxes, atol=1e-2)
    np.testing.assert_allclose(kept.scores, was.scores, atol=1e-4)

    with pytest.raises(UnsafeWeights, match="not what tiny grew from"):
        publish(run, out, "street", "2", folder=tmp_path / "other", also=[extra], beside=base.with_name("yolov8n.pt"))
