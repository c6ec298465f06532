"""Real fixed-camera pictures as places to put things: where the ground is, how large a metre is, what stands in front.

A picture of `data/street_cameras` is 640x640, squeezed from 16:9; it is read as 1138x640. `ground` and what may hide a
stall come from a segmentation network (`weights/ade20k`), the scale from the people and vehicles that are seen.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image
from detector.vision.pixels import read_picture
from training.datasets.labels import Label, read_labels
from training.errors import DatasetInvalid

FOLDER = "data/street_cameras"
CLASSES = ("stall", "goods_outside_shop", "signboard", "cantilever_sign", "banner", "billboard", "a_board")
IGNORE = len(CLASSES)
"""The label of what is unsure: neither a thing nor its absence."""
SIGNS_UNKNOWN = IGNORE + 1
"""The label of a part of a picture whose signs are not labelled: there, no sign class is right or wrong."""
SIGNS = CLASSES[2:]

HELD_OUT = ("vn-00", "vn-01", "tr-07", "tr-31", "tr-36")
"""Cameras to measure on: most of the labelled stalls (a cart, parasols, terraces, kiosks), and signs of every class."""

WIDTH, HEIGHT = 1138, 640

_GROUND, _WALK = frozenset({4, 7, 12, 14, 53, 92, 95, 55, 122, 47}), frozenset({4, 12, 14, 53, 92, 122})
_IN_FRONT = frozenset({5, 13, 18, 21, 33, 39, 43, 73, 81, 84, 88, 94, 103, 117, 128, 139})
_TALL = {"person": 1.65, "motorcycle": 1.55, "bicycle": 1.6, "car": 1.75, "bus": 3.1, "truck": 2.8}
"""Metres from foot to top as a camera on a pole sees it: of cars also a part of the roof."""


_LOOKED = 3  # pictures of a view in which people and vehicles are looked for


@dataclass(frozen=True, slots=True)
class PolePicture:
    """One labelled picture of `street_cameras` and what its table says of it."""

    path: Path
    camera: str
    view: str
    clean: bool  # of stalls
    signs_labelled: bool
    labels: tuple[Label, ...]
    everyday: tuple[Label, ...]

    @property
    def held_out(self) -> bool:
        """Return whether it is one to measure on."""
        return self.camera in HELD_OUT


@dataclass(frozen=True, slots=True)
class PoleView:
    """A picture that things can be put into.

    `image` BGR; `ground`, `walk` (height, width) bool; `front` (height, width): the lowest row of the thing that a
    pixel shows, 0 where nothing stands; `metre` pixels at a row: `slope` times its distance from `horizon`.
    """

    image: Image
    ground: NDArray[np.bool_]
    walk: NDArray[np.bool_]
    front: NDArray[np.int32]
    slope: float
    horizon: float
    taken: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))

    def metre(self, row: float) -> float:
        """Pixels of one metre that stands on the ground at this row."""
        return max(0.0, self.slope * (row - self.horizon))


class Finder(Protocol):
    """What finds people and vehicles: boxes (n, 4) in pixels and their names."""

    def __call__(self, image: Image) -> tuple[NDArray[np.float32], Sequence[str]]: ...


def read_views(shared: Path) -> tuple[PolePicture, ...]:
    """Return every picture of the set, in the table's order.

    Raises:
        DatasetInvalid: no such set, or a picture or label file that the table names is missing or bad.
    """
    folder = shared / FOLDER
    table = folder / "pictures.tsv"
    if not table.is_file():
        raise DatasetInvalid(f"{table}: no such file; --shared wants the folder that has {FOLDER} in it")
    everyday = len((folder / "classes_everyday.txt").read_text(encoding="utf-8").split())
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return tuple(
        PolePicture(
            path=folder / "images" / f"{row['picture']}.jpg",
            camera=row["camera"],
            view=row["view"],
            clean=row["clean_of_stalls"] == "clean",
            signs_labelled=row["signs_labelled"] == "yes",
            labels=read_labels(folder / "labels" / f"{row['picture']}.txt", IGNORE + 1),
            everyday=read_labels(folder / "labels_everyday" / f"{row['picture']}.txt", everyday),
        )
        for row in rows
    )


def everyday_names(shared: Path) -> tuple[str, ...]:
    """Return the classes of `CameraPicture.everyday`."""
    return tuple((shared / FOLDER / "classes_everyday.txt").read_text(encoding="utf-8").split())


def unsqueezed(path: Path) -> Image:
    """Return a picture in its true shape."""
    return np.asarray(cv2.resize(read_picture(path), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def corners(labels: Iterable[Label], width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.float32]:
    """Boxes x1 y1 x2 y2 (n, 4) in pixels."""
    found = [(b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2) for b in labels]
    return np.array(found, np.float32).reshape(-1, 4) * np.array([width, height] * 2, np.float32)


def fit_scale(feet: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """`slope`, `horizon` of a camera from pairs (row of the foot, pixels of a metre); a plain guess from too few.

    Straight by least squares, twice without the quarter that fits worst: a half-hidden person is no short one.
    """
    guess = 0.085, 0.08 * HEIGHT
    points = np.array(feet, np.float64).reshape(-1, 2)
    if len(points) < 8 or np.ptp(points[:, 0]) < 0.12 * HEIGHT:
        if len(points) < 4:
            return guess
        slope = float(np.median(points[:, 1] / np.maximum(points[:, 0] - guess[1], 20)))
        return min(0.3, max(0.02, slope)), guess[1]
    for _ in range(3):
        slope, at_zero = np.polyfit(points[:, 0], points[:, 1], 1)
        off = np.abs(points[:, 1] - slope * points[:, 0] - at_zero) / np.maximum(points[:, 1], 3)
        kept = points[off <= np.quantile(off, 0.8)]
        if np.ptp(kept[:, 0]) < 0.12 * HEIGHT:  # those in one row say nothing of the horizon
            break
        points = kept
    horizon = -at_zero / slope if slope > 0.015 else guess[1]
    if not (slope > 0.015 and -0.6 * HEIGHT < horizon < 0.6 * HEIGHT):
        return max(0.03, float(np.median(points[:, 1] / np.maximum(points[:, 0] - guess[1], 20)))), guess[1]
    return float(slope), float(horizon)


def heights(boxes: NDArray[np.float32], names: Sequence[str]) -> list[tuple[float, float]]:
    """Pairs for `fit_scale`; what the picture's edge cuts says nothing."""
    found = []
    for (_, top, _, bottom), name in zip(boxes, names, strict=True):
        if name in _TALL and top > 3 and bottom < HEIGHT - 4 and bottom - top >= 8:
            found.append((float(bottom), float(bottom - top) / _TALL[name]))
    return found


class Segmenter:
    """ADE20K classes of each pixel, by DeepLab on one thread."""

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]  # ships no types

        if not model.is_file():
            raise DatasetInvalid(f"{model}: no such file; --shared wants the folder that has weights/ in it")
        self._network = Interpreter(str(model), num_threads=1)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]
        self._output = self._network.get_output_details()[0]

    def __call__(self, image: Image) -> NDArray[np.uint8]:
        """Class numbers (height, width); the picture is seen stretched to the network's square."""
        side = int(self._input["shape"][1])
        blob = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)[None, :, :, ::-1].astype(np.float32)
        self._network.set_tensor(self._input["index"], blob / np.float32(127.5) - 1)
        self._network.invoke()
        scores = self._network.get_tensor(self._output["index"])[0]
        classes = scores.argmax(axis=-1).astype(np.uint8)
        size = (image.shape[1], image.shape[0])
        return np.asarray(cv2.resize(classes, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def place(image: Image, classes: NDArray[np.uint8], scale: tuple[float, float], taken: NDArray[np.float32]) -> PoleView:
    """Return a picture with its classes and its camera's scale."""
    return PoleView(
        image=image,
        ground=np.isin(classes, list(_GROUND)),
        walk=np.isin(classes, list(_WALK)),
        front=_front(classes),
        slope=scale[0],
        horizon=scale[1],
        taken=taken,
    )


def _front(classes: NDArray[np.uint8]) -> NDArray[np.int32]:
    lowest = np.zeros(classes.shape, np.int32)
    for cls in _IN_FRONT:
        count, names, stats, _ = cv2.connectedComponentsWithStats((classes == cls).astype(np.uint8))
        for n in range(1, count):
            if stats[n, cv2.CC_STAT_AREA] >= 40:
                lowest[names == n] = stats[n, cv2.CC_STAT_TOP] + stats[n, cv2.CC_STAT_HEIGHT]
    return lowest


def scales(views: Sequence[PolePicture], names: Sequence[str], find: Finder | None) -> dict[str, tuple[float, float]]:
    """Return the scale of each view, from its labelled people and vehicles and those that `find` finds."""
    feet: dict[str, list[tuple[float, float]]] = defaultdict(list)
    looked: Counter[str] = Counter()
    for one in views:
        feet[one.view] += heights(corners(one.everyday), [names[b.cls] for b in one.everyday])
        looked[one.view] += 1
        if find is not None and looked[one.view] <= _LOOKED:
            feet[one.view] += heights(*find(unsqueezed(one.path)))
    return {view: fit_scale(points) for view, points in feet.items()}
