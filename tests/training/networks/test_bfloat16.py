import pytest

pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")

import torch
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel

from training.networks.bfloat16 import bf16_network

ORIGINAL = DetectionModel.loss


@pytest.fixture
def model() -> DetectionModel:
    torch.manual_seed(0)
    built = DetectionModel("yolo11n.yaml", nc=2, verbose=False)  # type: ignore[no-untyped-call]  # ultralytics is half typed
    built.__dict__["args"] = get_cfg()
    return built.train()


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return {
        "img": torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)),
        "batch_idx": torch.tensor([0.0, 1.0]),
        "cls": torch.tensor([[0.0], [1.0]]),
        "bboxes": torch.tensor([[0.5, 0.5, 0.4, 0.4], [0.4, 0.6, 0.3, 0.5]]),
    }


@pytest.mark.filterwarnings("ignore")  # torch and ultralytics warn about themselves
def test_the_network_runs_in_bf16_and_its_loss_in_float32(
    model: DetectionModel, batch: dict[str, torch.Tensor]
) -> None:
    seen: list[torch.dtype] = []
    first = next(module for module in model.modules() if isinstance(module, torch.nn.Conv2d))
    first.register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    with bf16_network(True):
        half, _ = model(batch)
        half.sum().backward()
    full, _ = model(batch)
    assert seen == [torch.bfloat16, torch.float32]
    assert half.dtype == torch.float32
    assert half.sum().item() == pytest.approx(full.sum().item(), rel=0.05)
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_ultralytics_is_left_as_it_was() -> None:
    with bf16_network(True):
        assert DetectionModel.loss is not ORIGINAL
    assert DetectionModel.loss is ORIGINAL
    with bf16_network(False):
        assert DetectionModel.loss is ORIGINAL
