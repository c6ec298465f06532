"""What can be wrong with a model.

    ModelError
    ├── UnknownModel        no card of that name in the registry
    ├── CardInvalid         the card is not JSON, lacks a field, or contradicts itself
    ├── ModelFileMissing    the card is there, its ONNX file is not
    ├── HashMismatch        the file is not the one that was measured
    └── ShapeMismatch       the network's input or classes are not those of the card

Each message is one line that says which file, what is wrong and how to mend it.
"""


class ModelError(Exception):
    """Root of this package's errors."""


class UnknownModel(ModelError):
    """No card of that name; the message lists the names there are."""


class CardInvalid(ModelError):
    """A card that cannot be read or that contradicts itself."""


class ModelFileMissing(ModelError):
    """The ONNX file that a card names is absent."""


class HashMismatch(ModelError):
    """The ONNX file's SHA-256 is not the one on its card."""


class ShapeMismatch(ModelError):
    """The network's input size or class names differ from its card's."""
