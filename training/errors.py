"""What can be wrong with a data set or a training run.

TrainingError
├── DatasetInvalid      a folder, label or split that must not be trained on; names file and line
│   └── ImportFaults    an export with faults; holds each, with its file and line
├── UnsafeWeights       start weights from outside the guarded folder: a .pt file is a pickle and runs code
├── RunExists           the run folder holds another run
├── RunFailed           a training that cannot go on, e.g. as the disk is full; it can be resumed
├── RunNameInvalid      a run's name that is no plain folder name
├── ReportInvalid       a report folder that cannot be written, or whose report cannot be read
├── SequenceInvalid     a recorded sequence with times out of order, views of several sizes, a missing file
├── GateRefused         a model that may not take the place of the one in service; says where it is worse
├── ModelUnreadable     what is to be measured is no ONNX detector of ours
├── NotQuantised        a network of which no int8 copy can be made, or onnx is not installed
└── EncodingError       ffmpeg is not there or refused the frames of a rendered clip
"""


class TrainingError(Exception):
    """Root of this package's errors."""


class DatasetInvalid(TrainingError):
    """Labels out of range, a missing picture, an empty set, twins on both sides of a split."""


class ImportFaults(DatasetInvalid):
    """An export of which nothing was imported: `faults` are one line each, the message counts them."""

    def __init__(self, message: str, faults: tuple[str, ...]) -> None:
        super().__init__(message)
        self.faults = faults


class UnsafeWeights(TrainingError):
    """Start weights that may not be unpickled."""


class RunExists(TrainingError):
    """A run folder that is taken, or one that cannot be resumed."""


class RunFailed(TrainingError):
    """A training that cannot go on; what it learned up to the last whole epoch is kept."""


class RunNameInvalid(TrainingError):
    """A run's name that is no plain folder name."""


class ReportInvalid(TrainingError):
    """A report folder that cannot be written, or whose report cannot be read."""


class SequenceInvalid(TrainingError):
    """A recorded sequence that cannot be measured on; names the file and the line."""


class GateRefused(TrainingError):
    """A model that may not take the place of the one in service."""


class ModelUnreadable(TrainingError):
    """A file that cannot be measured as a detector."""


class NotQuantised(TrainingError):
    """A network of which no int8 copy can be made here."""


class EncodingError(TrainingError):
    """ffmpeg is not there or refused the frames of a rendered clip."""
