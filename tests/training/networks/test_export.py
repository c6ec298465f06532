"""The command that makes start weights into what a model is timed beside."""

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from detector.vision.engine import OnnxModel
from models.registry import class_names
from training.networks import export as module

pytest.importorskip("ultralytics", reason="ultralytics is not installed: pip install '.[training]'")


def export(*arguments: object) -> tuple[int, str]:
    app = Typer()
    app.command()(module.main)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stderr


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about itself
def test_start_weights_become_a_network_of_the_size_asked_for(shared: Path, tmp_path: Path) -> None:
    base = shared / "weights/yolo11n.pt"
    code, _ = export(base, "--out", tmp_path / "new/start.onnx", "--width", 96, "--height", 64)
    assert code == 0
    names = class_names(tmp_path / "new/start.onnx")
    assert (len(names), names[0]) == (80, "person")
    network = OnnxModel(tmp_path / "new/start.onnx", names)
    assert (network.width, network.height) == (96, 64)
    assert [path.name for path in base.parent.glob("yolo11n*")] == ["yolo11n.pt"]


def test_what_may_not_be_opened_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"")
    for base, said in ((tmp_path / "best.pt", "none of the known"), (Path("yolo11n.yaml"), "without weights")):
        code, err = export(base, "--out", tmp_path / "out.onnx")
        assert (code, err.count("\n"), said in err) == (2, 1, True)
    assert not (tmp_path / "out.onnx").exists()
