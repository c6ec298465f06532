"""Pictures as JPEG, encoded once."""

import cv2
import numpy as np

from detector.errors import PictureInvalid
from detector.vision.frame import Image

QUALITY = 95


def encode(image: Image) -> bytes:
    """Return a BGR picture as JPEG. Raises PictureInvalid where it cannot be one (more than 65,535 pixels a side)."""
    try:
        done, encoded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    except cv2.error as error:
        raise PictureInvalid(f"a picture of {image.shape[1]}x{image.shape[0]} cannot be encoded as JPEG") from error
    if not done:
        raise PictureInvalid(f"a picture of {image.shape[1]}x{image.shape[0]} cannot be encoded as JPEG")
    return encoded.tobytes()


def decode(jpeg: bytes) -> Image:
    """Return a picture as BGR, as its metadata turns it. Raises PictureInvalid where the bytes are none."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        raise PictureInvalid("the bytes are no picture")
    return np.asarray(image, np.uint8)
