"""An int8 copy of a small real network."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from detector.vision.engine import OrtEngine
from tests.detector.nets import save_colour_detector
from tests.training.sets import save_picture
from training.errors import NotQuantised
from training.networks.quantise import quantise


def test_the_copy_is_int8_but_for_its_start_and_answers_nearly_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, out = save_colour_detector(tmp_path / "deep.onnx", convolutions=8), tmp_path / "var/deep.int8.onnx"
    pictures = [save_picture(tmp_path, f"{n}") for n in range(4)]
    quantise(source, pictures, out)
    assert capfd.readouterr().out == ""
    graph = onnx.load(str(out)).graph
    made = {name for node in graph.node if node.op_type == "DequantizeLinear" for name in node.output}
    int8 = [set(node.input[:2]) <= made for node in graph.node if node.op_type == "Conv"]
    assert int8 == [False] * 6 + [True] * 2
    blob = np.random.default_rng(1).random((1, 3, 64, 96), np.float32)
    before, after = OrtEngine(source).run(blob), OrtEngine(out).run(blob)
    assert 0 < np.abs(before - after).max() < 0.05
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_what_cannot_be_quantised_is_refused(tmp_path: Path) -> None:
    source, out = save_colour_detector(tmp_path / "colours.onnx"), tmp_path / "out.onnx"
    with pytest.raises(NotQuantised, match="no pictures"):
        quantise(source, [], out)
    with pytest.raises(NotQuantised, match="0 convolutions"):
        quantise(source, [save_picture(tmp_path, "one")], out)
    assert not out.exists()
