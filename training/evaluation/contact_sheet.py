"""Contact sheets: the worst mistakes side by side, each with what is labelled and what was seen around it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from detector.vision.detections import Box
from detector.vision.frame import Image
from detector.vision.pixels import read_picture
from training.evaluation.evaluate import PredictedPicture
from training.evaluation.mistakes import SAME_PLACE, Mistake, MistakeKind, believed

COLUMNS, ROWS = 5, 4
TILE = 256
_CAPTION, _HEADER = 46, 34  # pixels of height
_LEAST = 96  # pixels of the picture that a tile shows at least: a thing needs its surroundings to be judged
_AROUND = 2.0  # a tile's side, in the longer sides of the box
_TOUCHES = 0.05  # IoU below which a neighbour is not worth a word
_TRUTH, _SEEN, _INK, _GROUND = (90, 220, 60), (0, 130, 255), (235, 235, 235), (26, 26, 26)  # BGR

Window = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the picture


def sheet_size(shown: int) -> tuple[int, int]:
    """Width and height in pixels of a sheet that shows so many mistakes."""
    rows = -(-min(shown, COLUMNS * ROWS) // COLUMNS)
    return COLUMNS * TILE, _HEADER + rows * (TILE + _CAPTION)


def draw_sheet(
    kind: MistakeKind, worst: Sequence[Mistake], seen: Sequence[PredictedPicture], confidence: Mapping[str, float]
) -> Image:
    """Return the first COLUMNS x ROWS of `worst`, as one BGR picture.

    Labels green, detections orange, the mistake thick.

    Raises:
        PictureUnreadable: a picture has gone since it was measured.
    """
    shown = worst[: COLUMNS * ROWS]
    by_path = {picture.path: picture for picture in seen}
    width, height = sheet_size(len(shown))
    sheet = np.full((height, width, 3), _GROUND, np.uint8)
    title = f"{kind.replace('-', ' ')}: the worst {len(shown)} of {len(worst)}, classes in turn"
    _write(sheet, title, 8, 23, 0.6)
    _write(sheet, "labelled", width - 170, 23, 0.5, _TRUTH)
    _write(sheet, "detected", width - 85, 23, 0.5, _SEEN)
    for number, mistake in enumerate(shown):
        top = _HEADER + number // COLUMNS * (TILE + _CAPTION)
        left = number % COLUMNS * TILE
        sheet[top : top + TILE, left : left + TILE] = _tile(mistake, by_path[mistake.picture], confidence)
        _write(sheet, f"{number + 1}  {_what(mistake)}", left + 4, top + TILE + 17, 0.45)
        _write(sheet, _short(mistake.picture.name), left + 4, top + TILE + 35, 0.38, (165, 165, 165))
    return sheet


def _tile(mistake: Mistake, picture: PredictedPicture, confidence: Mapping[str, float]) -> Image:
    image = read_picture(mistake.picture)
    left, top, right, bottom = _window(mistake.box, image.shape[1], image.shape[0])
    scale = TILE / max(right - left, bottom - top)
    cut = image[top:bottom, left:right]
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    tile: Image = np.full((TILE, TILE, 3), _GROUND, np.uint8)
    tile[: size[1], : size[0]] = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    detected = picture.detections.boxes[believed(picture, confidence)]
    for boxes, colour in ((picture.truth, _TRUTH), (detected, _SEEN)):
        for x1, y1, x2, y2 in boxes.tolist():
            _outline(tile, (x1, y1, x2, y2), (left, top), scale, colour, 2)
    colour = _TRUTH if mistake.kind is MistakeKind.MISS else _SEEN
    _outline(tile, mistake.box, (left, top), scale, colour, 4)
    return tile


def _window(box: Box, width: int, height: int) -> Window:
    """Return a square around the box, moved into the picture, and cut where the picture is smaller."""
    side = round(max(_AROUND * (box[2] - box[0]), _AROUND * (box[3] - box[1]), _LEAST))
    starts = []
    for middle, limit in (((box[0] + box[2]) / 2, width), ((box[1] + box[3]) / 2, height)):
        starts.append(max(0, min(round(middle - side / 2), limit - side)))
    left, top = starts
    return left, top, min(left + side, width), min(top + side, height)


def _outline(
    tile: Image, box: Box, origin: tuple[int, int], scale: float, colour: tuple[int, int, int], thickness: int
) -> None:
    x1, y1, x2, y2 = (round((value - start) * scale) for value, start in zip(box, (*origin, *origin), strict=True))
    cv2.rectangle(tile, (x1, y1), (x2, y2), (0, 0, 0), thickness + 2)
    cv2.rectangle(tile, (x1, y1), (x2, y2), colour, thickness)


def _what(mistake: Mistake) -> str:
    if mistake.kind is MistakeKind.MISS:
        near = f", best overlap {mistake.overlap:.2f}" if mistake.overlap >= _TOUCHES else ""
        return f"{mistake.labelled}{near}"
    sure = f"{mistake.confidence:.2f} {mistake.said}"
    if mistake.kind is MistakeKind.WRONG_CLASS:
        return f"{sure}, is {mistake.labelled}"
    if mistake.overlap >= SAME_PLACE:
        return f"{sure}, a double"
    return f"{sure}, overlap {mistake.overlap:.2f}" if mistake.overlap >= _TOUCHES else f"{sure}, nothing there"


def _short(name: str) -> str:
    stem = Path(name).stem
    return stem if len(stem) <= 36 else f"{stem[:20]}..{stem[-14:]}"


def _write(image: Image, text: str, x: int, y: int, size: float, colour: tuple[int, int, int] = _INK) -> None:
    # OpenCV's letters are ASCII; a file may be named in any script
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(image, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
