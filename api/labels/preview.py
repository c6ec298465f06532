"""A frame made small, to choose by: no face and no number plate is read in it, so looking at it is not recorded."""

from typing import Final

import cv2
import numpy as np

from api.errors import EvidenceDamaged

WIDTH: Final = 360
"""In pixels; a frame that has fewer stays as large as it is."""
_JPEG: Final = (cv2.IMWRITE_JPEG_QUALITY, 75)


def preview(content: bytes) -> bytes:
    """Return a frame's picture as a small JPEG. Raises EvidenceDamaged where it is no picture."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise EvidenceDamaged("the frame's evidence is no picture")
    scale = min(1.0, WIDTH / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    done, encoded = cv2.imencode(".jpg", cv2.resize(image, size, interpolation=cv2.INTER_AREA), _JPEG)
    if not done:
        raise EvidenceDamaged("the frame's evidence cannot be made small")
    return encoded.tobytes()
