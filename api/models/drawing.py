"""A frame with what two versions of a model saw in it."""

import cv2
import numpy as np

from api.errors import EvidenceDamaged
from api.models.repository import Disagreement
from detector.vision.detections import Detection

WIDTH = 900
"""Of the picture that is sent, in pixels, at most."""
SERVING, SHADOW = (36, 130, 250), (220, 120, 30)  # BGR: orange, blue
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 85)


def draw_both(content: bytes, found: Disagreement) -> bytes:
    """Return the frame as JPEG, the boxes of the version in service orange and solid, its shadow's blue and thin.

    Raises:
        EvidenceDamaged: the stored frame is no picture.
    """
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise EvidenceDamaged(f"evidence {found.frame.sha256}: is no picture")
    scale = min(1.0, WIDTH / image.shape[1])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for boxes, colour, thickness in ((found.serving, SERVING, 4), (found.shadow, SHADOW, 2)):
        for one in boxes:
            _draw(small, one, scale, colour, thickness)
    done, encoded = cv2.imencode(".jpg", small, _JPEG)
    if not done:
        raise EvidenceDamaged(f"evidence {found.frame.sha256}: cannot be encoded")
    return encoded.tobytes()


def _draw(
    image: "cv2.typing.MatLike", one: Detection, scale: float, colour: tuple[int, int, int], thickness: int
) -> None:
    x1, y1, x2, y2 = (round(edge * scale) for edge in one.box)
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, thickness)
