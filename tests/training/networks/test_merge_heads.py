"""Two networks as one: what both say, and what they share computed once."""

from pathlib import Path

import numpy as np
import onnx

from detector.vision.engine import OnnxModel
from models.registry import class_names
from tests.detector.nets import COLOURS, save_colour_detector
from training.networks.merge_heads import join

MORE = ("rot", "grün", "blau")


def test_the_joined_network_says_what_each_said(tmp_path: Path) -> None:
    first = save_colour_detector(tmp_path / "first.onnx", convolutions=2)
    second = save_colour_detector(tmp_path / "second.onnx", convolutions=2, gain=0.8)
    out = join(first, COLOURS, second, MORE, tmp_path / "both.onnx")
    assert class_names(out) == (*COLOURS, *MORE)
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[8:16, 8:16] = (0, 0, 255)
    picture[40:48, 24:32] = (0, 255, 0)
    both = OnnxModel(out, (*COLOURS, *MORE)).detect(picture)
    for path, names in ((first, COLOURS), (second, MORE)):
        alone, kept = OnnxModel(path, names).detect(picture), both.of_class(*names)
        assert len(alone) == 2
        np.testing.assert_array_equal(kept.boxes, alone.boxes)
        np.testing.assert_allclose(kept.scores, alone.scores)
        assert [one.class_name for one in kept] == [one.class_name for one in alone]


def test_what_is_the_same_in_both_is_there_once(tmp_path: Path) -> None:
    net = save_colour_detector(tmp_path / "net.onnx", convolutions=3)
    same = onnx.load(str(join(net, COLOURS, net, MORE, tmp_path / "same.onnx"))).graph
    assert sum(node.op_type == "Conv" for node in same.node) == 3
    other = save_colour_detector(tmp_path / "other.onnx", convolutions=3, gain=0.8)
    apart = onnx.load(str(join(net, COLOURS, other, MORE, tmp_path / "apart.onnx"))).graph
    assert sum(node.op_type == "Conv" for node in apart.node) == 6
