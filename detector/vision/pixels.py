"""Pictures into the network's input, the network's output into boxes: letterbox, decode, suppress doubles."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelInputError, PictureInvalid, PictureUnreadable
from detector.vision.detections import Detections
from detector.vision.frame import Image

FloatArray = NDArray[np.float32]

PADDING = 114 / 255
"""Grey of the letterbox's borders: what the networks saw in training."""

LARGEST_FILE = 512 * 1024 * 1024
"""Bytes of the largest picture file that is read at all; 100-megapixel drone photographs stay far below."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture of `width` x `height` pixels lies in the network's input: (left, top) and its size there."""

    width: int
    height: int
    left: int
    top: int
    inner_width: int
    inner_height: int

    @classmethod
    def fit(cls, width: int, height: int, net_width: int, net_height: int) -> "Letterbox":
        """Return the largest centred picture of the same shape that the network's input holds."""
        ratio = min(net_width / width, net_height / height)
        inner_width = max(1, min(net_width, round(width * ratio)))
        inner_height = max(1, min(net_height, round(height * ratio)))
        left = round((net_width - inner_width) / 2 - 0.1)
        top = round((net_height - inner_height) / 2 - 0.1)
        return cls(width, height, left, top, inner_width, inner_height)

    def to_picture(self, boxes: FloatArray) -> FloatArray:
        """Boxes (n, 4) x1 y1 x2 y2 of the network's input, in pixels of the picture and clipped to it."""
        scale = np.array([self.width / self.inner_width, self.height / self.inner_height] * 2, np.float32)
        shift = np.array([self.left, self.top] * 2, np.float32)
        limits = np.array([self.width, self.height] * 2, np.float32)
        clipped: FloatArray = np.clip((boxes - shift) * scale, np.float32(0), limits)
        return clipped


class Canvas:
    """The network's input buffer, (1, 3, height, width) float32 RGB in 0 to 1; reused, by one thread at a time."""

    def __init__(self, width: int, height: int) -> None:
        self.blob: FloatArray = np.full((1, 3, height, width), PADDING, np.float32)
        self._placed: Letterbox | None = None

    def place(self, image: Image) -> Letterbox:
        """Letterbox a BGR picture (height, width, 3) into the buffer.

        Raises:
            PictureInvalid: the array is no such picture.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
            raise PictureInvalid(f"a picture must be (height, width, 3) of uint8; got {image.shape} of {image.dtype}")
        height, width = image.shape[:2]
        net_height, net_width = self.blob.shape[2:]
        box = Letterbox.fit(width, height, net_width, net_height)
        if (width, height) != (box.inner_width, box.inner_height):
            # One resize of the whole picture first: anything else that touches every pixel costs more than the network.
            small = cv2.resize(image, (box.inner_width, box.inner_height), interpolation=cv2.INTER_LINEAR)
            image = np.asarray(small, np.uint8)
        if box != self._placed:
            self.blob.fill(PADDING)
            self._placed = box
        inside = self.blob[0, :, box.top : box.top + box.inner_height, box.left : box.left + box.inner_width]
        for plane, colour in enumerate((2, 1, 0)):
            np.multiply(image[:, :, colour], np.float32(1 / 255), out=inside[plane], dtype=np.float32)
        return box


def decode(
    output: FloatArray, classes: int, thresholds: FloatArray
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Boxes (n, 4) x1 y1 x2 y2 in network pixels, scores (n,) and class ids (n,) above each class's threshold.

    `output` is a YOLO head: (1, 4 + classes, anchors) with boxes as centre and size, or, from an export with the
    suppression inside, (1, n, 6) with corners, score, class. `thresholds` is (classes,).

    Raises:
        ModelInputError: neither of the two.
    """
    if output.ndim == 3 and output.shape[0] == 1 and output.shape[1] == 4 + classes:
        return _decode_anchors(output[0], thresholds)
    if output.ndim == 3 and output.shape[0] == 1 and output.shape[2] == 6:
        rows = output[0]
        ids = rows[:, 5].astype(np.int64)
        known = (ids >= 0) & (ids < classes)
        keep = np.flatnonzero(known & (rows[:, 4] >= thresholds[np.where(known, ids, 0)]))
        return rows[keep, :4], rows[keep, 4], ids[keep]
    raise ModelInputError(
        f"the network's output is {output.shape}; a YOLO detector of {classes} classes gives "
        f"(1, {4 + classes}, anchors) or (1, n, 6)"
    )


def _decode_anchors(rows: FloatArray, thresholds: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    scores = rows[4:]
    best = scores.max(axis=0)
    # The coarse sieve spares the class search for the thousands of anchors that see nothing.
    seen = np.flatnonzero(best >= thresholds.min())
    ids = scores[:, seen].argmax(axis=0)
    sure = best[seen] >= thresholds[ids]
    seen, ids = seen[sure], ids[sure]
    centre, half = rows[:2, seen], rows[2:4, seen] / 2
    return np.concatenate([centre - half, centre + half]).T, best[seen], ids


def suppress(boxes: FloatArray, scores: FloatArray, class_ids: NDArray[np.int64], iou: float) -> NDArray[np.intp]:
    """Return indices of the boxes left when, per class, those over `iou` of a surer one are dropped; surest first."""
    if len(boxes) == 0:
        return np.zeros(0, np.intp)
    sizes = boxes.copy()
    sizes[:, 2:] -= sizes[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(sizes.tolist(), scores.tolist(), class_ids.tolist(), 0.0, iou)
    found = np.asarray(kept, np.intp).reshape(-1)
    order: NDArray[np.intp] = found[np.argsort(-scores[found], kind="stable")]
    return order


def read_boxes(
    output: FloatArray, letterbox: Letterbox, names: tuple[str, ...], thresholds: FloatArray, iou: float
) -> Detections:
    """Return the network's output as detections in pixels of the full picture.

    Raises ModelInputError as `decode` does.
    """
    boxes, scores, ids = decode(output, len(names), thresholds)
    keep = suppress(boxes, scores, ids, iou)
    placed = letterbox.to_picture(boxes[keep])
    real = (placed[:, 2] > placed[:, 0]) & (placed[:, 3] > placed[:, 1])
    return Detections(placed[real], scores[keep][real], ids[keep][real], names)


def read_picture(path: Path, *, as_sensed: bool = False) -> Image:
    """Decode a picture file (JPEG, PNG, TIFF, WebP ...) to BGR, turned upright as its EXIF says.

    With `as_sensed` it is left as the sensor had it: that is what a drone's pose is about.

    A small file that unpacks to a huge picture is refused before memory is spent: `detector/__init__.py` sets OpenCV's
    limit, which it reads once when it is loaded.

    Raises:
        PictureUnreadable: no such file, not a picture, or too large.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise PictureUnreadable(f"{path}: {size // 2**20} MiB is more than any picture; give a picture file")
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise PictureUnreadable(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) == 0:
        raise PictureUnreadable(f"{path}: the file is empty")
    if bytes(data[4:8]) == b"ftyp":  # OpenCV reads some of them, and then without what their tags say
        raise PictureUnreadable(f"{path}: HEIC, AVIF and films are not read as pictures; save it as JPEG, PNG or WebP")
    try:
        turn = cv2.IMREAD_IGNORE_ORIENTATION if as_sensed else 0
        image = cv2.imdecode(data, cv2.IMREAD_COLOR | turn)
    except cv2.error as error:
        raise PictureUnreadable(f"{path}: refused by the decoder (too many pixels, or damaged)") from error
    if image is None:
        raise PictureUnreadable(f"{path}: not a picture that can be decoded; give JPEG, PNG, TIFF or WebP")
    return np.asarray(image, np.uint8)
