"""Pictures of a place at the moments of its life that prove something."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from detector.vision.detections import Box
from detector.vision.frame import Frame, Image


class Moment(StrEnum):
    """`now` is the frame by which the place is handed on: at a violation no earlier than the rule was broken.

    `empty` is no photograph: it is the scene without the thing, as occupancy has learned it.
    """

    FIRST = "first"
    NOW = "now"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class MomentPicture:
    """One whole picture, as JPEG; `box` is where the place is in it, `lag` by how many seconds it came late."""

    moment: Moment
    jpeg: bytes
    width: int
    height: int
    captured_at: datetime
    box: Box
    lag: float = 0.0


def picture_of(moment: Moment, frame: Frame, box: Box, jpeg: bytes | None = None) -> MomentPicture:
    """Return a frame as a picture of a place; `jpeg` is the same frame where it is encoded already."""
    from detector.vision.jpeg import encode  # it loads OpenCV, and a command that rules loads candidates alone

    content = encode(frame.image) if jpeg is None else jpeg
    return MomentPicture(moment, content, frame.width, frame.height, frame.captured_at, box, frame.lag)


def scaled(box: Box, frame: Frame, image: Image) -> Box:
    """Return a box of a frame in the pixels of a smaller picture of the same view."""
    across, down = image.shape[1] / frame.width, image.shape[0] / frame.height
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down
