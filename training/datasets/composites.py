"""Rendered things put into real pictures: where a stall may stand, as large, as bright and as soft as what is there.

Cut, paste and learn (Dwibedi et al., ICCV 2017), with the ground, the scale and what stands in front known
(`training.datasets.pole_views`). The cut-outs come from `python -m training.scenes cutouts`, with their own shadows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.vision.frame import Image
from training.datasets.pole_views import CLASSES, IGNORE, PoleView
from training.datasets.sample import Sample
from training.errors import DatasetInvalid

Floats = NDArray[np.float32]

SMALLEST = 13  # pixels: a lower stall is nothing to learn from
LARGEST = 330
SEEN = 0.4  # share of a thing that must be visible for a label; below it, it is unsure
_ALONG_EDGES = 0.85  # share that stands on pavements or within a few metres of the ground's edge
_PITCH_TRIES = 6  # cut-outs drawn, of which the one seen from the most fitting angle is taken


@dataclass(frozen=True, slots=True)
class CutOut:
    """A rendered group: `bgr` (height, width, 3), `alpha` (height, width) 0..1 with shadows (where `mask` is 0).

    `mask` numbers of things, `classes` number -> index in CLASSES, or -1 for people and vehicles; `foot` x, y of its
    middle on the ground; `metre` pixels; `pitch` degrees.
    """

    bgr: Image
    alpha: Floats
    mask: NDArray[np.uint8]
    classes: dict[int, int]
    foot: tuple[float, float]
    metre: float
    pitch: float


def read_cut_outs(folder: Path) -> tuple[CutOut, ...]:
    """Return the cut-outs of a folder, by number; empty ones are left out.

    Raises:
        DatasetInvalid: there is none.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if not told["things"]:
            continue
        rgba = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_UNCHANGED)
        if rgba is None:
            continue
        mask = np.load(path.with_suffix(".npy"))
        alpha = rgba[..., 3].astype(np.float32) / 255
        # the renderer's shadows are grainy where there is hardly any
        alpha = np.where(mask > 0, alpha, ((alpha - 0.1) / 0.9).clip(0, 1)).astype(np.float32)
        rows, cols = np.nonzero((alpha > 0.02) | (mask > 0))
        top, bottom, left, right = rows.min(), rows.max() + 1, cols.min(), cols.max() + 1
        feet = np.array([thing["foot"] for thing in told["things"]])
        found.append(
            CutOut(
                bgr=np.ascontiguousarray(rgba[top:bottom, left:right, :3]),
                alpha=np.ascontiguousarray(alpha[top:bottom, left:right]),
                mask=np.ascontiguousarray(mask[top:bottom, left:right]),
                classes={
                    t["number"]: CLASSES.index(t["class"]) if t["class"] in CLASSES else -1 for t in told["things"]
                },
                foot=(float(feet[:, 0].mean()) - left, float(feet[:, 1].mean()) - top),
                metre=told["pixels_per_metre"],
                pitch=told["pitch"],
            )
        )
    if not found:
        raise DatasetInvalid(f"{folder}: holds no cut-outs; make some with `python -m training.scenes cutouts`")
    return tuple(found)


def compose(place: PoleView, labelled: Sample, cuts: Sequence[CutOut], count: int, rng: np.random.Generator) -> Sample:
    """Return the picture with up to `count` groups in it, and the boxes of what is visible.

    Far ones first, as they hide.

    `labelled`: the picture's own boxes. They stay, as unsure where a group hides more than half of them.
    """
    image = place.image.copy()
    owner = np.zeros(image.shape[:2], np.int32)  # number of what was put there
    whole: dict[int, tuple[int, int]] = {}  # number: class, its pixels if nothing hid it
    spots = sorted((spot for _ in range(count) if (spot := _spot(place, rng))), key=lambda spot: spot[1])
    for x, y in spots:
        cut = _fitting(cuts, place, y, rng)
        _put(image, owner, whole, place, cut, (x, y), rng)
    boxes, ids = [], []
    for box, cls in zip(labelled.boxes, labelled.class_ids, strict=True):
        x1, y1, x2, y2 = (max(0, int(v)) for v in box)
        under = owner[y1:y2, x1:x2]
        hidden = cls < IGNORE and under.size > 0 and float((under > 0).mean()) > 0.5
        boxes.append(box)
        ids.append(IGNORE if hidden else int(cls))
    for number, (cls, pixels) in whole.items():
        rows, cols = np.nonzero(owner == number)
        if cls < 0 or len(rows) < 20:
            continue
        box = np.array([cols.min(), rows.min(), cols.max() + 1, rows.max() + 1], np.float32)
        large = box[3] - box[1] >= SMALLEST * (0.5 if cls else 1.0)
        boxes.append(box)
        ids.append(cls if large and len(rows) >= SEEN * pixels else IGNORE)
    return Sample(image, np.array(boxes, np.float32).reshape(-1, 4), np.array(ids, np.int64))


def _spot(place: PoleView, rng: np.random.Generator) -> tuple[int, int] | None:
    """Return where a group stands: x, y of its foot.

    Sizes are drawn evenly in octaves: small ones are as common as large.
    """
    height = place.ground.shape[0]
    for _ in range(12):
        metre = float(np.exp(rng.uniform(np.log(6), np.log(95))))
        y = int(place.horizon + metre / place.slope)
        if not 0.08 * height <= y < height - 2:
            continue
        ground, walk = np.flatnonzero(place.ground[y]), np.flatnonzero(place.walk[y])
        if len(ground) < 4:
            continue
        if rng.random() < _ALONG_EDGES:
            # edges of the ground in this row, and up to three metres inwards; pavements everywhere
            ends = np.flatnonzero(np.diff(place.ground[y].astype(np.int8)))
            near = ground[(np.abs(ground[:, None] - ends) < 3 * metre).any(axis=1)]
            choice = walk if len(walk) and (rng.random() < 0.6 or not len(near)) else near
        else:
            choice = ground
        if not len(choice):
            continue
        x = int(choice[rng.integers(len(choice))])
        half, tall = 1.2 * metre, 2.2 * metre
        inside = (place.taken[:, 0] < x + half) & (place.taken[:, 2] > x - half)
        if not (inside & (place.taken[:, 1] < y) & (place.taken[:, 3] > y - tall)).any():
            return x, y
    return None


def _fitting(cuts: Sequence[CutOut], place: PoleView, y: float, rng: np.random.Generator) -> CutOut:
    # the lens is not known: a usual one sees a row this far below the horizon at this angle
    pitch = -np.degrees(np.arctan2(y - place.horizon, 1000.0))
    drawn = rng.integers(len(cuts), size=_PITCH_TRIES)
    return min((cuts[int(k)] for k in drawn), key=lambda cut: abs(cut.pitch - pitch))


def _put(
    image: Image,
    owner: NDArray[np.int32],
    whole: dict[int, tuple[int, int]],
    place: PoleView,
    cut: CutOut,
    spot: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    metre = place.metre(spot[1]) * float(rng.uniform(0.85, 1.25))
    scale = metre / cut.metre
    high, wide = int(cut.mask.shape[0] * scale), int(cut.mask.shape[1] * scale)
    if scale > 1.6 or not (SMALLEST // 2 <= high <= LARGEST * 1.4) or wide < 6:
        return
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    bgr = np.asarray(cv2.resize(cut.bgr, (wide, high), interpolation=way), np.uint8)
    alpha = np.asarray(cv2.resize(cut.alpha, (wide, high), interpolation=way), np.float32)
    mask = np.asarray(cv2.resize(cut.mask, (wide, high), interpolation=cv2.INTER_NEAREST), np.uint8)
    foot = cut.foot[0] * scale, cut.foot[1] * scale
    if rng.random() < 0.5:
        bgr, alpha, mask, foot = bgr[:, ::-1], alpha[:, ::-1], mask[:, ::-1], (wide - foot[0], foot[1])
    left, top = round(spot[0] - foot[0]), round(spot[1] - foot[1])
    x1, y1, x2, y2 = max(0, left), max(0, top), min(image.shape[1], left + wide), min(image.shape[0], top + high)
    if x2 - x1 < 6 or y2 - y1 < 6 or (x2 - x1) * (y2 - y1) < 0.5 * wide * high:
        return
    part = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
    here = slice(y1, y2), slice(x1, x2)
    spread = float(image[::8, ::8].std())
    coloured = _lit(bgr, mask, image[max(0, y2 - high // 2) : y2 + high // 4, x1:x2], spread, rng)
    softness = float(rng.uniform(0.25, 0.95))
    soft = np.asarray(cv2.GaussianBlur(coloured, (0, 0), softness), np.float32)[part]
    edge = np.asarray(cv2.GaussianBlur(np.ascontiguousarray(alpha), (0, 0), softness), np.float32)[part]
    numbers = np.ascontiguousarray(mask)[part]
    nearer = (place.front[here] > spot[1] + 0.25 * metre).astype(np.float32)
    hidden = np.asarray(cv2.GaussianBlur(nearer, (0, 0), 0.8), np.float32)
    shadow = float(rng.uniform(0.3, 0.9))
    cover = (np.where(numbers > 0, edge, edge * shadow) * (1 - hidden))[..., None]
    was = image[here].astype(np.float32)
    image[here] = (was * (1 - cover) + soft * cover).clip(0, 255).astype(np.uint8)
    base = len(whole)
    for n, (number, cls) in enumerate(cut.classes.items()):
        own = numbers == number
        whole[base + n + 1] = cls, int((mask == number).sum())
        owner[here][own & (hidden < 0.5)] = base + n + 1


def _lit(bgr: Image, mask: NDArray[np.uint8], around: Image, spread: float, rng: np.random.Generator) -> Floats:
    """Other colours, then the light of the place: its brightness and cast, and some of its haze.

    `spread`: standard deviation of the whole picture, which stands for its contrast.
    """
    hsv = cv2.cvtColor(np.ascontiguousarray(bgr), cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 180)) % 180
    hsv[..., 1] *= float(rng.uniform(0.25, 1.0))
    shown = cv2.cvtColor(hsv.clip(0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR).astype(np.float32)
    body = shown[mask > 0]
    if not len(body) or around.size == 0:
        return shown
    place = around.reshape(-1, 3).astype(np.float32)
    mean = place.mean(axis=0)
    gain = (mean.mean() + 12) / (body.mean() + 1) * float(rng.uniform(0.75, 1.35))
    cast = (mean / max(1.0, float(mean.mean()))) ** 0.7
    lit = shown * np.clip(gain, 0.08, 1.5) * cast
    # as much contrast as the picture has, at least half of its own
    middle = float(lit[mask > 0].mean())
    contrast = np.clip(spread * float(rng.uniform(0.7, 1.3)) / (float(lit[mask > 0].std()) + 1), 0.55, 1.4)
    lit = middle + (lit - middle) * contrast
    haze = float(rng.uniform(0, 0.18))
    return np.asarray(lit * (1 - haze) + mean * haze, np.float32)
