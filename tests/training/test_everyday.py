"""The everyday objects: fewer classes of the same network, a teacher's labels without the missing-label trap."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.detections import Detections
from detector.engine import OnnxModel
from models.registry import class_names, find_model, verify
from training.agreement import Agreement, agreement
from training.errors import DatasetInvalid, RunExists, UnsafeWeights
from training.everyday import CLASSES, COCO, NAME, SIZE, frames, labelled, make, rehearsal, write_held_out
from training.labels import Label, open_set, read_pictures
from training.quiet import quiet_torch
from training.teacher import GREY, Sample, pseudo_label

with quiet_torch(1):
    import torch
    from ultralytics.nn.tasks import DetectionModel

    from training.gentle import collate, part_way, spoil, tune, vary
    from training.surgery import keep_classes, start_weights, write_onnx


def seen(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Detections(
        table[:, :4].astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64), CLASSES
    )


def picture(width: int = 200, height: int = 100) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 100, (height, width, 3), dtype=np.uint8)


def test_what_the_teacher_doubts_is_painted_over() -> None:
    image = picture()
    sample = pseudo_label(image, seen((10, 10, 40, 90, 0.9, 0), (100, 10, 120, 60, 0.2, 2)))
    assert sample is not None
    assert sample.class_ids.tolist() == [0]
    assert (sample.image[10:60, 100:120] == GREY).all()
    assert (sample.image[:, :100] == image[:, :100]).all()
    assert not (image == GREY).any(), "the picture given must stay as it is"


def test_a_second_word_for_a_sure_thing_hides_nothing() -> None:
    image = picture()
    sample = pseudo_label(image, seen((10, 10, 60, 60, 0.8, 2), (10, 10, 60, 58, 0.3, 5)))
    assert sample is not None
    assert (sample.image == image).all()


@pytest.mark.parametrize(
    "doubt",
    [(0, 0, 100, 80, 0.2, 3), (20, 20, 45, 60, 0.2, 11)],
    ids=["much of the picture", "much of a labelled person"],
)
def test_a_picture_that_painting_would_spoil_is_left_out(doubt: tuple[float, float, float, float, float, int]) -> None:
    assert pseudo_label(picture(), seen((20, 10, 60, 90, 0.9, 0), doubt)) is None


def test_agreement_counts_each_thing_once() -> None:
    teacher = seen((0, 0, 10, 10, 0.9, 0), (20, 0, 30, 10, 0.8, 0), (40, 0, 50, 10, 0.2, 0), (60, 0, 70, 10, 0.9, 2))
    model = seen(
        (0, 0, 10, 10, 0.9, 0),  # both
        (0, 0, 10, 5.6, 0.8, 0),  # the same person again: only the model's
        (40, 0, 50, 10, 0.7, 0),  # the teacher is not sure: not counted
        (80, 0, 90, 10, 0.6, 0),  # only the model's
        (20, 0, 30, 10, 0.1, 0),  # too soft
    )
    found = agreement([(model, teacher)], ("person",), sure=0.4, confidence=0.25)
    assert found == Agreement(both=1, only_model=2, only_teacher=1)
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == 0.5
    assert agreement([(seen((60, 0, 70, 10, 0.9, 4)), teacher)], ("car", "bus"), 0.4, 0.25).both == 1
    assert agreement([], ("person",), 0.4, 0.25).precision == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 900), st.integers(20, 900), st.integers(0, 10_000))
def test_varied_boxes_stay_in_the_input_and_on_their_thing(width: int, height: int, seed: int) -> None:
    image = np.full((height, width, 3), 0, np.uint8)
    box = np.array([[width * 0.25, height * 0.25, width * 0.5, height * 0.75]], np.float32)
    x1, y1, x2, y2 = box[0].round().astype(int)
    image[y1:y2, x1:x2] = (0, 0, 250)
    varied = vary(Sample(image, box, np.array([3])), SIZE, np.random.default_rng(seed))
    assert varied.image.shape == (*SIZE, 3)
    for left, top, right, bottom in varied.boxes:
        assert -0.5 <= left < right <= SIZE[1] + 0.5
        assert -0.5 <= top < bottom <= SIZE[0] + 0.5
    if len(varied.boxes) and min(varied.boxes[0, 2:] - varied.boxes[0, :2]) > 12:
        left, top, right, bottom = varied.boxes[0].round().astype(int)
        inside = varied.image[top + 3 : bottom - 3, left + 3 : right - 3, 2].mean()
        assert inside > varied.image[max(0, top - 9) : max(1, top - 4), left:right, 2].mean() + 10 or inside > 150


def test_spoiling_keeps_shape_and_leaves_the_original() -> None:
    image = picture()
    before = image.copy()
    for seed in range(20):
        assert spoil(image, np.random.default_rng(seed)).shape == image.shape
    assert (image == before).all()


def test_a_batch_is_rgb_with_boxes_in_shares() -> None:
    blue = np.zeros((*SIZE, 3), np.uint8)
    blue[..., 0] = 255
    none = Sample(blue, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    one = Sample(blue, np.array([[0, 0, 320, 192]], np.float32), np.array([2]))
    batch = collate([none, one], SIZE)
    assert batch["img"].shape == (2, 3, *SIZE)
    assert batch["img"][0, :, 0, 0].tolist() == [0, 0, 1]
    assert batch["batch_idx"].tolist() == [1]
    assert batch["cls"].tolist() == [[2]]
    assert batch["bboxes"].tolist() == [[0.25, 0.25, 0.5, 0.5]]


@pytest.fixture
def coco_network() -> DetectionModel:
    """The architecture with all of COCO's classes and untrained weights."""
    torch.manual_seed(0)
    return DetectionModel("yolo11n.yaml", nc=80, verbose=False).eval()  # type: ignore[no-untyped-call]  # ultralytics ships few types


def test_kept_classes_answer_as_before(coco_network: DetectionModel) -> None:
    blob = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        before = coco_network(blob)[0]
        keep_classes(coco_network, tuple(COCO.values()), CLASSES)
        after = coco_network(blob)[0]
    rows = [*range(4), *(4 + index for index in COCO.values())]
    assert after.shape[1] == 4 + len(CLASSES)
    torch.testing.assert_close(after, before[:, rows])


def test_tuning_moves_the_head_and_not_the_backbone(coco_network: DetectionModel, tmp_path: Path) -> None:
    keep_classes(coco_network, tuple(COCO.values()), CLASSES)
    before = {key: value.clone() for key, value in coco_network.state_dict().items()}
    sample = Sample(picture(), np.array([[20, 20, 90, 90]], np.float32), np.array([1]))
    tune(coco_network, [sample], (64, 96), epochs=1, rate=1e-3, seed=0)
    changed = {key for key, value in coco_network.state_dict().items() if not torch.equal(value, before[key])}
    assert changed
    assert {int(key.split(".")[1]) for key in changed} >= {23}
    assert all(int(key.split(".")[1]) > 10 and "running" not in key and "dfl" not in key for key in changed)
    key = next(key for key in changed if "weight" in key)
    tuned = coco_network.state_dict()[key].clone()
    part_way(coco_network, before, 0.25)
    torch.testing.assert_close(coco_network.state_dict()[key], 0.75 * before[key] + 0.25 * tuned)
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
    sample = rehearsal(pictures[0])
    assert sample.boxes.tolist() == [pytest.approx([80, 30, 120, 70])]
    write_held_out(pictures, tmp_path / "held-out")
    described = open_set(tmp_path / "held-out")
    assert described.names == CLASSES
    assert [len(one.labels) for one in read_pictures(described.val, len(CLASSES))] == [1, 0]


def test_a_label_that_coco_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"a\.txt:1"):
        labelled(coco_set(tmp_path, "80 0.5 0.5 0.2 0.4\n"))


def test_missing_pictures_and_footage_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="holds no picture"):
        labelled(tmp_path)
    with pytest.raises(DatasetInvalid, match="cannot be opened"):
        list(frames(tmp_path / "absent.avi", 1))


def test_another_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunExists):
        make(tmp_path, tmp_path)


def test_every_nth_frame(shared: Path) -> None:
    assert len(list(frames(shared / "video" / "car_park.mp4", 100))) == 4


def test_the_shipped_model_sees_people_on_a_wide_input(shared: Path) -> None:
    card = find_model(NAME)
    verify(card)
    assert card.classes == CLASSES
    model = OnnxModel(card.folder / card.file, card.classes)
    assert (model.height, model.width) == SIZE
    street = next(frames(shared / "video" / "vtest.avi", 1000))
    assert len(model.detect(street, 0.4).of_class("person")) >= 4
