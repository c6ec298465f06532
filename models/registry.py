"""Which models there are, and whether a file is the model that its card describes.

The registry is a folder: every `*.json` in it is a card. Reading cards needs nothing but pydantic; ONNX Runtime is
imported only to verify a file.
"""

import ast
import hashlib
from collections.abc import Sequence
from pathlib import Path

from models.card import ModelCard, read_card
from models.errors import CardInvalid, HashMismatch, ModelFileMissing, ShapeMismatch, UnknownModel
from models.external_data import has_external_data

_LONGEST_NAMES = 100_000  # characters: a thousand classes
Shape = Sequence[int | str | None]

WEIGHTS = Path(__file__).resolve().parent / "weights"
"""The cards and ONNX files that come with the product."""


def list_models(folder: Path | None = None) -> list[ModelCard]:
    """Return every card in `folder` (default: the shipped ones), by name; an absent folder holds none.

    Raises:
        CardInvalid: one of the cards cannot be read, or two cards bear one name.
    """
    cards = [read_card(path) for path in sorted((folder or WEIGHTS).glob("*.json"))]
    names = [card.name for card in cards]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise CardInvalid(f"{folder or WEIGHTS}: two cards are named {doubled[0]}; rename or remove one")
    return sorted(cards, key=lambda card: card.name)


def find_model(name: str, folder: Path | None = None) -> ModelCard:
    """Return the card of that name.

    Raises:
        UnknownModel: there is none; the message lists those that are known.
        CardInvalid: a card in the folder cannot be read.
    """
    cards = list_models(folder)
    for card in cards:
        if card.name == name:
            return card
    known = ", ".join(card.name for card in cards) or "none"
    raise UnknownModel(f"no model named {name!r} in {folder or WEIGHTS}; known: {known}")


def model_path(card: ModelCard) -> Path:
    """Return where the card's ONNX file should be; it need not exist."""
    return card.folder / card.file


def verify(card: ModelCard) -> None:
    """Refuse a model that is not the one its card describes.

    Raises:
        ModelFileMissing: no file.
        HashMismatch: another file.
        ShapeMismatch: the network's input size, outputs or class names differ from the card's.
    """
    path = model_path(card)
    if not path.is_file():
        raise ModelFileMissing(f"{path}: the file of model {card.name} is missing; restore it or remove its card")
    found = sha256_of(path)
    if found != card.sha256:
        raise HashMismatch(
            f"{path}: sha256 is {found[:12]}…, the card of {card.name} says {card.sha256[:12]}…; "
            "restore the file that was measured, or measure this one and write its card"
        )
    _verify_network(card, path)


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify_network(card: ModelCard, path: Path) -> None:
    shape, output, names = _network(path)
    wanted = (1, 3, card.input.height, card.input.width)
    if tuple(shape) != wanted:
        raise ShapeMismatch(f"{path}: input is {list(shape)}, the card of {card.name} says {list(wanted)}")
    rows = 4 + len(card.classes)
    if len(output) != 3 or output[1] != rows:
        raise ShapeMismatch(f"{path}: output is {list(output)}, the card of {card.name} needs [1, {rows}, n]")
    if names != card.classes:
        raise ShapeMismatch(
            f"{path}: classes are {', '.join(names) or 'not written in the file'}, "
            f"the card of {card.name} says {', '.join(card.classes)}"
        )


def class_names(path: Path) -> tuple[str, ...]:
    """Return the class names written in an ONNX file by its export, in the order of its outputs.

    () where there are none.

    Raises:
        ShapeMismatch: ONNX Runtime cannot load the file.
    """
    return _network(path)[2]


def _network(path: Path) -> tuple[Shape, Shape, tuple[str, ...]]:
    """Input shape, output shape and class names of an ONNX file."""
    import onnxruntime as ort  # type: ignore[import-untyped]  # ships no types; heavy, and listing cards does not need it

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    _refuse_external_data(path)
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        written = session.get_modelmeta().custom_metadata_map.get("names", "")
    except Exception as error:  # ONNX Runtime raises unrelated, undocumented classes for a bad file
        raise ShapeMismatch(f"{path}: ONNX Runtime cannot load it ({type(error).__name__})") from error
    names = _written_names(written)
    return session.get_inputs()[0].shape, session.get_outputs()[0].shape, names


def _refuse_external_data(path: Path) -> None:
    """Refuse external data: no card's hash covers it, and it could be any file of this machine."""
    try:
        external = has_external_data(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ShapeMismatch(f"{path}: no ONNX model that can be read ({error})") from error
    if external:
        raise ShapeMismatch(f"{path}: takes weights from other files; export it as one file, without external data")


def _written_names(text: str) -> tuple[str, ...]:
    """Return the names in an export's metadata: a Python dict literal of index to name; () for anything else."""
    if len(text) > _LONGEST_NAMES:
        return ()
    try:
        names = ast.literal_eval(text)
        if not isinstance(names, dict) or sorted(names) != list(range(len(names))):
            return ()
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # a stranger may have written it
        return ()
    found = tuple(names[index] for index in range(len(names)))
    return found if all(isinstance(name, str) and name.isprintable() for name in found) else ()
