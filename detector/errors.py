"""What can go wrong in the detector.

DetectorError
├── ModelInputError        the model file's inputs or outputs are not those of a YOLO detector
│   └── PictureInvalid     an array is no picture that a model takes
├── EngineRefused          an engine that is not installed, or has not passed its check on this machine
├── PictureUnreadable      a picture file cannot be decoded
├── RayMissesGround        a pixel's ray never meets the ground, or too flat to be trusted
├── PoseImpossible         a camera pose holds a value that no camera can have
├── TerrainUnreadable      a terrain model is no GeoTIFF that places its heights, or says nothing of take-off
├── CalibrationError       control points are too few, malformed, or describe no camera
├── YamlUnreadable         a file is no YAML that we read; says where
└── RulebookInvalid        a rulebook or permit file has faults (all of them, each with its place)
"""

from pathlib import Path


class DetectorError(Exception):
    """Base of every error that the detector raises on purpose; its text is one line fit for a user."""


class ModelInputError(DetectorError):
    """The model file's inputs or outputs are not those of a YOLO detector."""


class PictureInvalid(ModelInputError):
    """An array is no picture that a model takes."""


class EngineRefused(DetectorError):
    """An engine that is not installed, or that has not passed its check for this model on this machine."""


class PictureUnreadable(DetectorError):
    """A picture file cannot be decoded."""


class RayMissesGround(DetectorError):
    """A pixel's ray never meets the ground, or meets it too flat to be trusted."""


class PoseImpossible(DetectorError):
    """A camera pose holds a value that no camera can have."""


class TerrainUnreadable(DetectorError):
    """A terrain model is no GeoTIFF that places its heights, or says nothing of take-off."""


class CalibrationError(DetectorError):
    """Control points are too few, malformed, or describe no camera."""


class YamlUnreadable(DetectorError):
    """A file is no YAML that we read: `fault` says what is wrong in which line."""

    def __init__(self, path: Path, fault: str) -> None:
        self.path = path
        self.fault = fault
        super().__init__(f"{path}: {fault}")


class RulebookInvalid(DetectorError):
    """A rulebook or permit file has faults; `faults` lists every one with its place."""

    def __init__(self, path: str, faults: tuple[str, ...]) -> None:
        self.path = path
        self.faults = faults
        super().__init__(f"{path}: " + "; ".join(faults))
