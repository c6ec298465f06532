"""What can be wrong with a model.

    ModelError
    ├── UnknownModel        no card of that name in the registry
    ├── CardInvalid         the card is not JSON, lacks a field, or contradicts itself
    ├── ModelFileMissing    the card is there, its ONNX file is not
    ├── HashMismatch        the file is not the one that was measured
    ├── ShapeMismatch       the network's input or classes are not those of the card
    └── ShelfError          of the versions that lie outside the package
        ├── VersionUnknown  no such version of the model
        ├── VersionTaken    another model has that name and version already
        ├── CardChanged     a card is not the one that was added or promoted
        ├── PointerDamaged  the file that says which version serves cannot be read
        ├── ModelUnsafe     a folder of a model that is not safe to take
        ├── NothingBefore   no earlier version to go back to
        ├── VersionServes   what should look beside the version in service is that version
        ├── ShelfBusy       another process is promoting this model
        └── ShelfUnwritable the shelf cannot be written, or its disk is full

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


class ShelfError(ModelError):
    """What can be wrong with the versions of models outside the package."""


class VersionUnknown(ShelfError):
    """No such version of a model; the message lists those there are."""


class VersionTaken(ShelfError):
    """A version of that name stands there already, with another content."""


class CardChanged(ShelfError):
    """A card that was changed after it was added or promoted."""


class PointerDamaged(ShelfError):
    """The file that says which version serves cannot be read."""


class ModelUnsafe(ShelfError):
    """A folder of a model that is not safe to take: links, files of no use, files that are too large."""


class NothingBefore(ShelfError):
    """There is no earlier version to go back to."""


class VersionServes(ShelfError):
    """A version that is in service cannot be its own shadow."""


class ShelfBusy(ShelfError):
    """Another process is adding to or promoting on the shelf."""


class ShelfUnwritable(ShelfError):
    """The shelf cannot be written, or its disk is full; nothing was changed."""
