"""Labels that say "not known" teach nothing, and things within them are still learned."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from training.datasets.labels import open_set
from training.errors import DatasetInvalid

if TYPE_CHECKING:
    import torch
else:
    torch = pytest.importorskip("torch")

CENTRES = [[x, y] for y in (0.1, 0.3, 0.5, 0.7, 0.9) for x in (0.1, 0.3, 0.5, 0.7, 0.9)]


def _weights(boxes: list[list[float]], classes: list[int], pictures: list[int]) -> "torch.Tensor":
    from training.datasets.unsure import weights

    return weights(
        torch.tensor(CENTRES),
        torch.tensor(boxes).reshape(-1, 4),
        torch.tensor(classes, dtype=torch.float32),
        torch.tensor(pictures, dtype=torch.float32),
        2,
        {3: (0, 1, 2), 4: (1, 2)},
        3,
    )


def test_an_unsure_box_counts_for_no_class_inside_it_and_for_all_outside() -> None:
    counted = _weights([[0.1, 0.1, 0.3, 0.3]], [3], [1])
    assert counted[0].min() == 1
    assert counted[1, 0].tolist() == [0, 0, 0]
    assert counted[1, 1:].min() == 1


def test_a_picture_without_labelled_signs_still_teaches_stalls() -> None:
    counted = _weights([[0.5, 0.5, 1.0, 1.0]], [4], [0])
    assert counted[0].mean(dim=0).tolist() == [1, 0, 0]


def test_a_known_thing_counts_although_all_around_it_is_unsure() -> None:
    counted = _weights([[0.5, 0.5, 1.0, 1.0], [0.5, 0.5, 0.1, 0.1]], [4, 2], [0, 0])
    assert counted[0, 12].tolist() == [1, 0, 1]
    assert counted[0, 11].tolist() == [1, 0, 0]


def test_the_loss_takes_unsure_boxes_for_no_target_and_learns_the_known_classes_alone() -> None:
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    from training.datasets.unsure import unsure_labels

    torch.manual_seed(0)
    network = DetectionModel("yolo11n.yaml", nc=2, verbose=False)  # type: ignore[no-untyped-call]
    network.__dict__["args"] = get_cfg()
    batch = {
        "img": torch.rand(1, 3, 64, 64),
        "cls": torch.tensor([[2.0]]),
        "bboxes": torch.tensor([[0.5, 0.5, 1.0, 1.0]]),
        "batch_idx": torch.tensor([0.0]),
    }
    with unsure_labels(2, {2: (0, 1)}):
        loss, _ = network.loss(batch)  # type: ignore[no-untyped-call]
    assert loss.tolist() == [0, 0, 0]


@pytest.mark.parametrize("unsure", ["{a: [b]}", "{b: [c]}", "{b: []}", "[b]"])
def test_unsure_classes_stand_last_and_name_known_ones(unsure: str, tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "data.yaml").write_text(f"train: train\nval: val\nnames: [a, b]\nunsure: {unsure}\n")
    with pytest.raises(DatasetInvalid, match="unsure"):
        open_set(folder)
    (folder / "data.yaml").write_text("train: train\nval: val\nnames: [a, b]\nunsure: {b: [a]}\n")
    assert open_set(folder).learned == ("a",)
