"""Which model looks at a drone's frame: one sees from straight above, the other at an angle."""

from collections.abc import Callable
from typing import Final

from api.inference.model_cache import ModelCache, pinned
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Pose
from detector.vision.tiles import detect_tiled
from models.card import ModelVersion
from streams.survey.pipeline import Detect, Identify

STREET = "street"
STALLS = "aerial-stalls"
OBLIQUE = "oblique-stalls"
CAMERAS = "street-cameras"


def default_models(shelf: ModelCache) -> tuple[str, ...]:
    """Return the default models of a fixed camera; the first that has a class detects it.

    Stalls and signs as they look from a pole, and shop fronts.
    """
    elevated = CAMERAS if shelf.has(CAMERAS) else OBLIQUE
    return tuple(name for name in (elevated, STREET) if shelf.has(name))


BY_VIEW: Final = "by-view"
"""Stands for a model's name where each frame is to be looked at by the model that suits its view."""

STEEP: Final = -70.0
"""Degrees of pitch from which on a frame counts as taken from straight above."""


def model_for(pose: Pose | None, name: str = BY_VIEW) -> str:
    """Return the model for a frame; without a known view the oblique one, which is trained on both."""
    if name != BY_VIEW:
        return name
    return STALLS if pose is not None and pose.pitch <= STEEP else OBLIQUE


def drone_look(get: Callable[[str], OnnxModel], name: str = BY_VIEW) -> Detect:
    """Return a look at drones' frames, whole and in tiles, by the named model or by the one that suits each frame.

    All frames of this look are seen by one version of each model, also where another is put in service meanwhile.
    """
    get_once = pinned(get)

    def detect(frame: Frame) -> Detections:
        return detect_tiled(get_once(model_for(frame.pose, name)), frame.image)

    return detect


def model_of_frame(get: Callable[[str], OnnxModel], name: str = BY_VIEW) -> Identify:
    """Return which model exactly `drone_look` takes for a frame."""

    def identify(frame: Frame) -> ModelVersion:
        return get(model_for(frame.pose, name)).identity

    return identify


class DroneLooks:
    """The looks of one worker, one piece of work after another; for one thread.

    `detector` begins a piece of work with the versions that serve then, and `identify` says which these are: all of its
    frames are seen by one version, and are said to be.
    """

    def __init__(self, get: Callable[[str], OnnxModel]) -> None:
        self._get = get
        self._pinned = get

    def detector(self, name: str = BY_VIEW) -> Detect:
        """Return the look at the frames of the next piece of work, by the model of that name."""
        self._pinned = pinned(self._get)
        return drone_look(self._pinned, name)

    def identify(self, name: str = BY_VIEW) -> Identify:
        """Return which model exactly looks at each frame of the piece of work that has begun."""
        return model_of_frame(self._pinned, name)
