"""Pictures that show why the gate says no: what the model in service sees beside what the candidate sees."""

from pathlib import Path

import cv2
import numpy as np

from detector.vision.frame import Image
from detector.vision.pixels import read_picture
from training.evaluation.evaluate import PredictedPicture

SIDE = 560
"""Longer side of each half, in pixels."""
_TRUTH, _SEEN, _INK, _GROUND = (90, 220, 60), (0, 130, 255), (235, 235, 235), (26, 26, 26)  # BGR
_HEADER, _GAP = 34, 6
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 88)


def draw_beside(
    path: Path, class_name: str, before: tuple[PredictedPicture, float, str], after: tuple[PredictedPicture, float, str]
) -> None:
    """Write a picture twice, side by side: labels of one class green, what each model believes orange.

    Args:
        path: the JPEG file to write.
        class_name: the class that is drawn.
        before: what the model in service saw, from which confidence on it is believed, and what to call it.
        after: the same of the candidate.

    Raises:
        PictureUnreadable: the picture has gone since it was measured.
        OSError: the file cannot be written.
    """
    halves = [_half(seen, class_name, confidence, title) for seen, confidence, title in (before, after)]
    gap = np.full((halves[0].shape[0], _GAP, 3), _GROUND, np.uint8)
    done, encoded = cv2.imencode(".jpg", np.hstack([halves[0], gap, halves[1]]), _JPEG)
    if not done:
        raise OSError(f"{path}: the picture cannot be encoded")
    path.write_bytes(encoded.tobytes())


def _half(seen: PredictedPicture, class_name: str, confidence: float, title: str) -> Image:
    image = read_picture(seen.path)
    scale = SIDE / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    believed = seen.detections.of_class(class_name)
    believed = believed[believed.scores >= confidence]
    for boxes, colour in ((seen.truth, _TRUTH), (believed.boxes, _SEEN)):
        for x1, y1, x2, y2 in (boxes * scale).round().astype(int).tolist():
            cv2.rectangle(small, (x1, y1), (x2, y2), colour, 2)
    header = np.full((_HEADER, small.shape[1], 3), _GROUND, np.uint8)
    cv2.putText(header, title, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, _INK, 1, cv2.LINE_AA)
    return np.vstack([header, small])
