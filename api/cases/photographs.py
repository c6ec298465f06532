"""Photographs that people send: decoded in the sandbox, made smaller, and written anew without what they say of
themselves (place, phone, thumbnails).
"""

import tempfile
import threading
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from api.errors import PhotographRefused
from detector.errors import PictureInvalid
from detector.vision.frame import Image
from detector.vision.jpeg import encode
from streams.errors import FootageError, NotAVideo
from streams.sandbox.read import Footage, Limits, read_frames
from streams.video.file_type import is_picture

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_SIDE: Final = 1920
"""Pixels of the longer side of what is kept: a plate across the road can still be read."""
LEAST_SIDE: Final = 32
LIMITS: Final = Limits(memory=1_500_000_000, cpu=30, silence=30.0)
_AT_ONCE: Final = threading.Semaphore(2)
"""A decoded photograph may take 360 MB: so many are read at the same time."""


def read_photograph(content: bytes) -> bytes:
    """Return a photograph as a new JPEG, upright and without metadata. Raises PhotographRefused."""
    if len(content) > MOST_BYTES:
        raise PhotographRefused(f"a photograph may have {MOST_BYTES // 2**20} MB at most")
    with _AT_ONCE, tempfile.TemporaryDirectory(prefix="photograph-") as folder:
        path = Path(folder) / "photograph"
        path.write_bytes(content)
        image = _decoded(path)
    height, width = image.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise PhotographRefused(f"a picture of {width}x{height} pixels shows nothing")
    scale = MOST_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    try:
        return encode(image)
    except PictureInvalid as error:
        raise PhotographRefused(str(error)) from error


def _decoded(path: Path) -> Image:
    try:
        if not is_picture(path):
            raise PhotographRefused("send a photograph as JPEG, PNG or WebP")
        for frame in read_frames([Footage("photograph", path)], lambda _: None, limits=LIMITS):
            return frame.image
    except NotAVideo as error:
        raise PhotographRefused(f"this is no photograph that can be read: {error}") from error
    except FootageError as error:
        raise PhotographRefused("the photograph cannot be read") from error
    raise PhotographRefused("the file holds no picture")
