"""Small real ONNX networks for tests: detectors whose answers can be reckoned by hand."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

COLOURS = ("red", "green", "blue")
CELL = 8


def save_colour_detector(
    path: Path, width: int = 96, height: int = 64, convolutions: int = 0, gain: float = 1, *, batches: bool = False
) -> Path:
    """A YOLO-shaped network: each 8x8 cell is an anchor, and its three class scores are the cell's mean R, G and B.

    `convolutions` that hand on what they get, each times `gain`, stand before it. With `batches` it takes any number of
    pictures at once.
    """
    rows, columns = height // CELL, width // CELL
    ys, xs = np.mgrid[0:rows, 0:columns].reshape(2, -1) * CELL + CELL / 2
    boxes = np.stack([xs, ys, np.full_like(xs, CELL), np.full_like(ys, CELL)])[None].astype(np.float32)
    before = [f"x{n}" if n else "images" for n in range(convolutions + 1)]
    nodes = [
        *(helper.make_node("Conv", [a, "same"], [b], name=f"conv{a}") for a, b in pairwise(before)),
        helper.make_node("AveragePool", [before[-1]], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Reshape", ["cells", "flat"], ["scores"]),
        helper.make_node("Concat", ["boxes of each" if batches else "boxes", "scores"], ["output0"], axis=1),
    ]
    if batches:
        nodes[-1:-1] = [
            helper.make_node("Shape", ["scores"], ["pictures, 3, cells"]),
            helper.make_node("Slice", ["pictures, 3, cells", "zero", "one"], ["pictures"]),
            helper.make_node("Concat", ["pictures", "one", "one"], ["times"], axis=0),
            helper.make_node("Tile", ["boxes", "times"], ["boxes of each"]),
        ]
    pictures: int | str = "pictures" if batches else 1
    constants = [
        *(numpy_helper.from_array(np.array([n], np.int64), name) for n, name in enumerate(("zero", "one"))),
        numpy_helper.from_array(np.array([0, 3, -1], np.int64), "flat"),
        numpy_helper.from_array(boxes, "boxes"),
    ]
    if convolutions:
        constants.append(numpy_helper.from_array(gain * np.eye(3, dtype=np.float32)[:, :, None, None], "same"))
    return _save(path, nodes, constants, [pictures, 3, height, width], [pictures, 7, rows * columns])


def save_identity(path: Path, shape: list[int | str]) -> Path:
    """A network that is no detector: it hands its input on."""
    return _save(path, [helper.make_node("Identity", ["images"], ["output0"])], [], shape, shape)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    input_shape: list[int] | list[int | str],
    output_shape: list[int] | list[int | str],
) -> Path:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, output_shape)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    model.metadata_props.append(onnx.StringStringEntryProto(key="names", value=str(dict(enumerate(COLOURS)))))
    onnx.save(model, str(path))
    return path
