"""A joined network: its shape, its names, and an output that other tools take."""

import ast
from pathlib import Path

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]  # ships no types
import pytest

from tests.detector.nets import COLOURS, save_colour_detector
from training.networks.merge_heads import SECOND, join

MORE = ("rot", "blau", "grau")


@pytest.fixture
def joined(tmp_path: Path) -> Path:
    first = save_colour_detector(tmp_path / "first.onnx", convolutions=1)
    second = save_colour_detector(tmp_path / "second.onnx", convolutions=2, gain=0.5)
    return join(first, COLOURS, second, MORE, tmp_path / "both.onnx")


def test_anchors_of_one_say_nothing_of_the_classes_of_the_other(joined: Path) -> None:
    session = onnxruntime.InferenceSession(str(joined), providers=["CPUExecutionProvider"])
    blob = np.random.default_rng(0).random((1, 3, 64, 96), np.float32)
    (output,) = session.run(None, {"images": blob})
    anchors = 64 * 96 // 64
    assert output.shape == (1, 4 + 6, 2 * anchors)
    assert (output[0, 7:, :anchors] == 0).all()
    assert (output[0, 4:7, anchors:] == 0).all()
    assert (output[0, 4:7, :anchors] > 0).all()
    np.testing.assert_array_equal(output[0, :4, :anchors], output[0, :4, anchors:])
    np.testing.assert_allclose(output[0, 7:, anchors:], output[0, 4:7, :anchors] * 0.25, rtol=1e-5)


def test_it_tells_its_names_in_their_order_and_its_licence(joined: Path) -> None:
    told = {one.key: one.value for one in onnx.load(str(joined)).metadata_props}
    assert ast.literal_eval(told["names"]) == dict(enumerate([*COLOURS, *MORE]))
    assert told["license"] == "AGPL-3.0-or-later"
    assert set(told) == {"names", "task", "license"}


def test_no_two_things_in_it_have_one_name(joined: Path) -> None:
    graph = onnx.load(str(joined)).graph
    made = [name for node in graph.node for name in node.output]
    numbers = [tensor.name for tensor in graph.initializer]
    assert len({*made, *numbers}) == len(made) + len(numbers)
    assert any(name.startswith(SECOND) for name in made)
    assert [one.name for one in graph.input] == ["images"]
    assert len(graph.output) == 1


def test_the_networks_that_are_joined_stay_as_they_are(tmp_path: Path) -> None:
    first = save_colour_detector(tmp_path / "first.onnx", convolutions=1)
    before = first.read_bytes()
    join(first, COLOURS, first, MORE, tmp_path / "both.onnx")
    assert first.read_bytes() == before


def test_the_same_networks_give_the_same_file(tmp_path: Path) -> None:
    first = save_colour_detector(tmp_path / "first.onnx", convolutions=1)
    one, two = (join(first, COLOURS, first, MORE, tmp_path / f"{n}.onnx").read_bytes() for n in "ab")
    assert one == two
