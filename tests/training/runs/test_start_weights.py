import os
from pathlib import Path

import pytest

from models.registry import sha256_of
from training.errors import UnsafeWeights
from training.networks.torch_setup import quiet_torch
from training.runs.start_weights import FINISHED, START_WEIGHTS, guarded, open_network


def test_the_start_weights_at_hand_are_the_known_ones(shared: Path) -> None:
    for digest, name in START_WEIGHTS.items():
        start = guarded(shared / "weights" / name)
        assert (start.path, start.sha256, start.run) == (str((shared / "weights" / name).resolve()), digest, None)


def test_an_architecture_needs_no_file() -> None:
    assert guarded("yolo11n.yaml").path == "yolo11n.yaml"


@pytest.mark.parametrize("name", ["set/data.yaml", "data.yaml", "../yolo11n.yaml", "yolo11n-seg.yaml"])
def test_another_yaml_file_is_no_architecture(name: str) -> None:
    with pytest.raises(UnsafeWeights, match="no architecture"):
        guarded(name)


@pytest.mark.parametrize(("name", "said"), [("none.pt", "no such file"), ("yolo11n.pt", "none of the known")])
def test_what_is_not_known_is_not_opened(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "yolo11n.pt").write_bytes(b"the name is right, the content is not")
    with pytest.raises(UnsafeWeights, match=said):
        guarded(tmp_path / name)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    weights = tmp_path / "run/weights/last.pt"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    (tmp_path / "run" / FINISHED).write_text(sha256_of(weights) + "\n")
    return tmp_path / "run"


def test_a_finished_run_can_be_gone_on_from(finished: Path) -> None:
    start = guarded(finished)
    assert (start.path, start.run) == (str(finished / "weights/last.pt"), finished)


def test_a_run_that_was_changed_or_has_not_finished_cannot(finished: Path) -> None:
    (finished / "weights/last.pt").write_bytes(b"other weights")
    with pytest.raises(UnsafeWeights, match="not the file that the run ended with"):
        guarded(finished)
    (finished / FINISHED).unlink()
    with pytest.raises(UnsafeWeights, match="no finished run"):
        guarded(finished)


class Trap:
    """What runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_a_checkpoint_that_was_put_into_a_run_runs_nothing(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install '.[training]'")
    pytest.importorskip("ultralytics")  # imported before it was told to be careful
    trap = tmp_path / "last.pt"
    torch.save({"model": Trap(tmp_path / "sprung"), "epoch": 3}, trap)
    with quiet_torch(1), pytest.raises(UnsafeWeights, match=r"last\.pt: holds something else"):
        open_network(trap)
    assert not (tmp_path / "sprung").exists()
