"""The everyday classes: fewer outputs of the same network, and the pictures that are measured on."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from models.registry import class_names
from training.datasets.coco_subset import CLASSES, COCO, labelled
from training.datasets.labels import Label
from training.datasets.sample import read_sample
from training.errors import DatasetInvalid, UnsafeWeights
from training.networks.torch_setup import quiet_torch

with quiet_torch(1):
    import torch
    from ultralytics.nn.tasks import DetectionModel

    from training.networks.class_subset import keep_classes, start_weights, write_onnx


def picture(width: int = 200, height: int = 100) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 100, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def coco_network() -> DetectionModel:
    """The architecture with all of COCO's classes and untrained weights."""
    torch.manual_seed(0)
    return DetectionModel("yolo11n.yaml", nc=80, verbose=False).eval()  # type: ignore[no-untyped-call]  # ultralytics ships few types


def test_kept_classes_answer_as_before(coco_network: DetectionModel, tmp_path: Path) -> None:
    blob = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        before = coco_network(blob)[0]
        keep_classes(coco_network, tuple(COCO.values()), CLASSES)
        after = coco_network(blob)[0]
    rows = [*range(4), *(4 + index for index in COCO.values())]
    assert after.shape[1] == 4 + len(CLASSES)
    torch.testing.assert_close(after, before[:, rows])
    write_onnx(coco_network, tmp_path / "small.onnx", (64, 96))
    assert class_names(tmp_path / "small.onnx") == CLASSES
    model = OnnxModel(tmp_path / "small.onnx", CLASSES)
    assert (model.height, model.width) == (64, 96)
    assert isinstance(model.detect(picture()), Detections)


def test_foreign_weights_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "yolo11n.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(UnsafeWeights, match="none of the known"):
        start_weights(tmp_path / "yolo11n.pt")
    with pytest.raises(UnsafeWeights, match="no such file"):
        start_weights(tmp_path / "other.pt")


def coco_set(root: Path, lines: str) -> Path:
    for part in ("images", "labels"):
        (root / "data" / "coco128" / part).mkdir(parents=True)
    folder = root / "data" / "coco128"
    for name in ("a", "b"):
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), picture())
    (folder / "labels" / "a.txt").write_text(lines, encoding="utf-8")
    return root


def test_labels_of_other_classes_go_and_the_rest_is_renumbered(tmp_path: Path) -> None:
    pictures = labelled(coco_set(tmp_path, "25 0.5 0.5 0.2 0.4\n16 0.1 0.1 0.1 0.1\n"))
    assert [picture.labels for picture in pictures] == [(Label(CLASSES.index("umbrella"), 0.5, 0.5, 0.2, 0.4),), ()]
    assert read_sample(pictures[0]).boxes.tolist() == [pytest.approx([80, 30, 120, 70])]


def test_a_label_that_coco_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"a\.txt:1"):
        labelled(coco_set(tmp_path, "80 0.5 0.5 0.2 0.4\n"))


def test_missing_pictures_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="holds no picture"):
        labelled(tmp_path)
