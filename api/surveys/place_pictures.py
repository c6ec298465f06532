"""Pictures of places cut from the frames that show them best: each frame is decoded once for all places in it."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from api.errors import EvidenceDamaged
from api.evidence.files import crop
from detector.vision.detections import Box
from detector.vision.frame import Image

QUALITY: Final = 90
ROOM: Final = 32 * 1024 * 1024  # bytes of JPEG kept in memory: some hundred places

_Key = tuple[str, int, int, Box]


class CropCache:
    """JPEG cut-outs of pictures, the latest used kept up to `room` bytes; thread-safe.

    One picture is decoded at a time: a page that shows many places asks for all of them at once.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Return the bytes that are kept."""
        return self._size

    def cut(self, picture: Path, box: Box, all_boxes: Sequence[Box]) -> bytes:
        """Return what lies in `box`; `all_boxes` of the picture are cut with it. Raises OSError and EvidenceDamaged."""
        status = picture.stat()
        stamp = (str(picture), status.st_mtime_ns, status.st_size)
        with self._lock:
            known = self._kept.get((*stamp, box))
            if known is not None:
                self._kept.move_to_end((*stamp, box))
                return known
            image = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
            if image is None:
                raise EvidenceDamaged(f"{picture.name} does not decode")
            wanted = _encoded(crop(np.asarray(image, np.uint8), box))
            for one in all_boxes:
                if one != box:
                    self._keep((*stamp, one), _encoded(crop(np.asarray(image, np.uint8), one)))
            self._keep((*stamp, box), wanted)
            return wanted

    def _keep(self, key: _Key, content: bytes) -> None:
        self._size += len(content) - len(self._kept.pop(key, b""))
        self._kept[key] = content
        while self._size > self._room:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped)


def _encoded(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))[1].tobytes()
