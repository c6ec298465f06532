"""Small things in big frames: the picture in overlapping tiles and as a whole, and what the tiles saw put together.

A thing on a tile's inner border is seen in pieces. A piece is dropped where another look shows the thing whole, and
pieces that meet across a border become one box.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from detector.vision.boxes import overlap
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from detector.vision.pixels import FloatArray, suppress

NEAR = 2.0
"""Pixels from a tile's inner border at which a box counts as cut by it."""

NESTED = 0.85
"""Share of a box in another one from which on the two are one thing."""

Window = tuple[int, int, int, int]  # left, top, right, bottom, half-open


def windows(width: int, height: int, tile_width: int, tile_height: int, overlap: float) -> Iterator[Window]:
    """Tiles of one size, evenly spread, that cover the picture and share at least `overlap` (a part of the tile)."""
    for top in _starts(height, tile_height, overlap):
        for left in _starts(width, tile_width, overlap):
            yield left, top, min(left + tile_width, width), min(top + tile_height, height)


def _starts(length: int, tile: int, overlap: float) -> list[int]:
    if length <= tile:
        return [0]
    step = max(1, int(tile * (1 - overlap)))
    count = 1 + -(-(length - tile) // step)
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def detect_tiled(
    model: OnnxModel,
    image: Image,
    tile: int | None = None,
    overlap: float = 0.2,
    confidence: float | None = None,
) -> Detections:
    """What is in a large BGR picture (height, width, 3), in pixels of the full picture, surest first.

    `tile` is the tiles' width in pixels (their height has the network's proportion); by default the network's own
    width, so that nothing is scaled. A picture that is no larger than one tile is looked at once.

    Raises:
        ModelInputError: the array is no picture.
    """
    height, width = image.shape[:2]
    tile_width = tile or model.width
    tile_height = max(1, round(tile_width * model.height / model.width))
    places = list(windows(width, height, tile_width, tile_height, overlap))
    return detect_windows(model, image, places if len(places) > 1 else (), confidence)


def detect_windows(
    model: OnnxModel, image: Image, parts: Iterable[Window], confidence: float | None = None
) -> Detections:
    """What is in a BGR picture looked at as a whole and in some parts of it, as `detect_tiled` gives it.

    Raises:
        ModelInputError: the array is no picture.
    """
    height, width = image.shape[:2]
    looks = [model.detect(image, confidence)]
    cuts = [np.zeros((len(looks[0]), 4), np.bool_)]
    for window in parts:
        left, top, right, bottom = window
        seen = model.detect(image[top:bottom, left:right], confidence)
        boxes = seen.boxes + np.array([left, top, left, top], np.float32)
        looks.append(Detections(boxes, seen.scores, seen.class_ids, seen.names))
        cuts.append(_cut_sides(boxes, window, width, height))
    boxes = np.concatenate([look.boxes for look in looks])
    scores = np.concatenate([look.scores for look in looks])
    ids = np.concatenate([look.class_ids for look in looks])
    return _put_together(Detections(boxes, scores, ids, model.names), np.concatenate(cuts), model.iou)


def _cut_sides(boxes: FloatArray, window: Window, width: int, height: int) -> NDArray[np.bool_]:
    """(n, 4): does the box end at the tile's left, top, right, bottom border, where that is not the picture's own?"""
    near = np.abs(boxes - np.array(window, np.float32)) <= NEAR
    inner = np.array(window) != np.array([0, 0, width, height])
    return np.asarray(near & inner, np.bool_)


def _put_together(seen: Detections, cuts: NDArray[np.bool_], iou: float) -> Detections:
    cut: NDArray[np.bool_] = np.asarray(cuts.any(axis=1), np.bool_)
    whole, pieces = seen[~cut], seen[cut]
    boxes, scores, ids = [whole.boxes], [whole.scores], [whole.class_ids]
    for class_id in np.unique(pieces.class_ids):
        mine = pieces.class_ids == class_id
        mine[mine] = _covered(pieces.boxes[mine], whole.boxes[whole.class_ids == class_id]) < 0.5
        joined, surest = _join(pieces.boxes[mine], pieces.scores[mine], cuts[cut][mine])
        boxes.append(joined)
        scores.append(surest)
        ids.append(np.full(len(surest), class_id, np.int64))
    together = Detections(np.concatenate(boxes), np.concatenate(scores), np.concatenate(ids), seen.names)
    # Two looks at one thing at different scales agree less than two anchors of one look.
    kept = together[suppress(together.boxes, together.scores, together.class_ids, min(iou, 0.5))]
    return kept[_not_nested(kept)]


def _not_nested(seen: Detections) -> NDArray[np.bool_]:
    """(n,): is the box (surest first) neither inside of a surer one of its class nor around it? Of a canopy and the
    goods under it, one look may see both and another the canopy alone."""
    stays = np.ones(len(seen), np.bool_)
    for i in range(1, len(seen)):
        surer = seen.boxes[:i][stays[:i] & (seen.class_ids[:i] == seen.class_ids[i])]
        mine = seen.boxes[i : i + 1]
        stays[i] = not len(surer) or bool(_covered(mine, surer)[0] < NESTED and _covered(surer, mine).max() < NESTED)
    return stays


def _covered(boxes: FloatArray, by: FloatArray) -> FloatArray:
    """(n,): the largest share of each box that lies in one of the other boxes."""
    if len(boxes) == 0 or len(by) == 0:
        return np.zeros(len(boxes), np.float32)
    shares: FloatArray = overlap(boxes, by)[1].max(axis=1).astype(np.float32)
    return shares


def _join(boxes: FloatArray, scores: FloatArray, cuts: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Pieces of one class put together across tile borders: their hulls, and the surest piece's score for each."""
    group = np.arange(len(boxes))
    for first in range(len(boxes)):
        for second in range(len(boxes)):
            if _meet(boxes[first], cuts[first], boxes[second], cuts[second], 0) or _meet(
                boxes[first], cuts[first], boxes[second], cuts[second], 1
            ):
                group[group == group[second]] = group[first]
    members = [group == name for name in np.unique(group)]
    rows = [np.concatenate([boxes[mine, :2].min(axis=0), boxes[mine, 2:].max(axis=0)]) for mine in members]
    hulls = np.array(rows, np.float32).reshape(-1, 4)
    surest = np.array([scores[mine].max() for mine in members], np.float32)
    areas = np.prod(hulls[:, 2:] - hulls[:, :2], axis=1)
    # A third tile may have seen a sliver of what the others put together.
    slivers = [bool(_covered(hulls[i : i + 1], hulls[areas > areas[i]])[0] >= 0.5) for i in range(len(hulls))]
    keep = ~np.array(slivers, np.bool_)
    return hulls[keep], surest[keep]


def _meet(a: FloatArray, cut_a: NDArray[np.bool_], b: FloatArray, cut_b: NDArray[np.bool_], axis: int) -> bool:
    """Do `a`, cut at its far side, and `b`, cut at its near side, both fill the strip that their tiles share?

    Only one thing can fill the strip, so side by side they are one thing, provided that they agree across the axis.
    """
    if not (cut_a[2 + axis] and cut_b[axis]) or a[axis] > b[axis] or b[axis] > a[2 + axis] or b[2 + axis] < a[2 + axis]:
        return False
    other = 1 - axis
    common = min(a[2 + other], b[2 + other]) - max(a[other], b[other])
    hull = max(a[2 + other], b[2 + other]) - min(a[other], b[other])
    return bool(common >= 0.5 * hull)
