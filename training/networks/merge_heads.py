"""Two detectors that grew from the same start weights as one network: what they share is computed once.

A detector that learns new classes from a few hundred pictures forgets the old ones; a second head beside an untouched
one cannot. Layers that were frozen are the same in both, to the last bit, and become one.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

SECOND = "second/"
"""Before the names of everything in the second network, which may have the names of the first."""


def join(first: Path, names: Sequence[str], second: Path, more: Sequence[str], out: Path) -> Path:
    """Write one network that says what both say: output [1, 4 + names + more, anchors of first + anchors of second].

    Args:
        first: a detector of `names`, an ONNX file.
        second: one of `more`, with an input of the same name and size; no class is in both.
    """
    joined, other = onnx.load(str(first)), _renamed(onnx.load(str(second)))
    graph, ends = joined.graph, (joined.graph.output[0], other.graph.output[0])
    anchors = [end.type.tensor_type.shape.dim[2].dim_value for end in ends]
    graph.node.extend(other.graph.node)
    graph.initializer.extend(other.graph.initializer)
    # an anchor of one branch has nothing to say of the other's classes
    _noughts(graph, "join/not in first", len(more), anchors[0])
    _noughts(graph, "join/not in second", len(names), anchors[1])
    graph.initializer.append(numpy_helper.from_array(np.array([4, len(more)], np.int64), "join/lengths"))
    graph.node.extend(
        [
            helper.make_node("Split", [ends[1].name, "join/lengths"], ["join/boxes", "join/scores"], axis=1),
            helper.make_node("Concat", [ends[0].name, "join/not in first"], ["join/all of first"], axis=1),
            helper.make_node(
                "Concat", ["join/boxes", "join/not in second", "join/scores"], ["join/all of second"], axis=1
            ),
            helper.make_node("Concat", ["join/all of first", "join/all of second"], ["join/joined"], axis=2),
        ]
    )
    _share(graph)
    shape = [1, 4 + len(names) + len(more), sum(anchors)]
    del graph.output[:], graph.value_info[:], joined.metadata_props[:]
    graph.output.append(helper.make_tensor_value_info("join/joined", TensorProto.FLOAT, shape))
    told = {"names": repr(dict(enumerate([*names, *more]))), "task": "detect", "license": "AGPL-3.0-or-later"}
    for key, value in told.items():
        joined.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(joined)
    onnx.save(joined, str(out))
    return out


def _renamed(model: ModelProto) -> ModelProto:
    """Return the network with other names for all but its input."""
    graph = model.graph
    kept = {graph.input[0].name, ""}
    for node in graph.node:
        node.input[:] = [name if name in kept else SECOND + name for name in node.input]
        node.output[:] = [SECOND + name for name in node.output]
    for named in (*graph.node, *graph.initializer, *graph.output):
        named.name = named.name and SECOND + named.name
    return model


def _noughts(graph: GraphProto, name: str, classes: int, anchors: int) -> None:
    graph.initializer.append(numpy_helper.from_array(np.zeros((1, classes, anchors), np.float32), name))


def _share(graph: GraphProto) -> None:
    """Leave out what computes the same as something before it: equal operation, equal numbers, equal inputs."""
    same: dict[str, str] = {}  # a name, and the earlier one of the same numbers
    tensors: dict[bytes, TensorProto] = {}
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        key = hashlib.sha256(f"{values.dtype} {values.shape} ".encode() + values.tobytes()).digest()
        same[tensor.name] = tensors.setdefault(key, tensor).name
    nodes: dict[bytes, NodeProto] = {}
    for node in graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]
        bare = NodeProto()
        bare.CopyFrom(node)
        bare.name = ""
        del bare.output[:]
        first = nodes.setdefault(bare.SerializeToString(deterministic=True), node)
        same.update(zip(node.output, first.output, strict=True))
    graph_nodes, graph_tensors = list(nodes.values()), list(tensors.values())
    shared = GraphProto()
    shared.node.extend(graph_nodes)
    shared.initializer.extend(graph_tensors)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(shared.node)
    graph.initializer.extend(shared.initializer)
