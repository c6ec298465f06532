"""Whether an ONNX file takes weights from other files, which no hash of it covers.

ONNX Runtime does not tell, and the service does not need the package `onnx`; so the file's protocol buffers are walked
here, only as deep as tensors may lie (onnx.proto3 of ONNX 1.18; field numbers never change).
"""

from collections.abc import Iterator, Mapping
from typing import Final

_DEEPEST: Final = 50  # graphs within graphs; exports have none
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of TensorProto

# Message: its fields that lead to a tensor.
_LEADS: Final[Mapping[str, Mapping[int, str]]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


def has_external_data(content: bytes) -> bool:
    """Return whether any tensor of a model lies in another file.

    Raises ValueError where the content is no ONNX model.
    """
    waiting = [("model", memoryview(content), 0)]
    while waiting:
        kind, message, depth = waiting.pop()
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        for number, value in _fields(message):
            if kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)):
                return True
            if (inner := _LEADS[kind].get(number)) is not None:
                if isinstance(value, int):
                    raise ValueError(f"field {number} is a number")
                waiting.append((inner, value, depth + 1))
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Return number and value of each field: a number, or the bytes of what is longer."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(message, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + length > len(message):
            raise ValueError("cut off")
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("cut off")
        value |= (message[at] & 0x7F) << shift
        shift += 7
        at += 1
        if message[at - 1] < 0x80:
            return value, at
