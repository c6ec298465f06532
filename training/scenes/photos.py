"""Photographs as surfaces of a training street: what paint lacks is the untidiness of real walls, roofs and ground.

Only pictures to train on wear them; the samples of this repository stay painted, so nobody else's picture is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.errors import DatasetInvalid

TILE_METRES = 22.0
"""About what a tile of `aerial_vendors` shows from edge to edge; its stalls of 2 to 3 m are 60 to 100 px of 640."""

_FRONT_METRES = (9.0, 26.0)  # what a façade's photograph shows from side to side; nobody knows, so it is drawn
_TRIES = 8  # crops drawn until one shows no stall


@dataclass(frozen=True, slots=True)
class Photos:
    """Where photographs of façades (`fronts`) and of roofs and ground from straight above (`tops`) lie."""

    fronts: tuple[Path, ...]
    tops: tuple[Path, ...]


def find(shared: Path) -> Photos:
    """Return the photographs below a folder with the labelled sets, both of the training side.

    Raises:
        DatasetInvalid: one of the sets is not there.
    """
    sets = (shared / "data/facade_ads/train/images", shared / "data/aerial_vendors/train/images")
    fronts, tops = (tuple(sorted(folder.glob("*.jpg"))) for folder in sets)
    for folder, found in zip(sets, (fronts, tops), strict=True):
        if not found:
            raise DatasetInvalid(f"{folder}: holds no .jpg; --photos wants the folder that has data/ in it")
    return Photos(fronts, tops)


def wall(photos: Photos, width: float, height: float, rng: np.random.Generator, ppm: int = 40) -> Image.Image:
    """Return a piece of a façade's photograph for a wall of `width` by `height` metres, stretched a little."""
    with Image.open(photos.fronts[int(rng.integers(len(photos.fronts)))]) as opened:
        photo = opened.convert("RGB")
    share = min(1.0, width / float(rng.uniform(*_FRONT_METRES)))
    wide = photo.width * share
    high = min(photo.height, wide * height / width * float(rng.uniform(0.8, 1.25)))
    left, low = rng.uniform(0, photo.width - wide), rng.uniform(0, photo.height - high)
    box = (left, low, left + wide, low + high)
    size = (max(8, int(width * ppm)), max(8, int(height * ppm)))
    return _toned(photo.resize(size, Image.Resampling.BICUBIC, box=box), rng)


def ground(photos: Photos, width: float, length: float, rng: np.random.Generator, ppm: int = 28) -> Image.Image:
    """`width` by `length` metres of pictures from straight above, laid side by side, without a labelled stall."""
    w, h = max(8, int(width * ppm)), max(8, int(length * ppm))
    image = Image.new("RGB", (w, h))
    step = float(rng.uniform(8, 16))
    piece = int(step * ppm)
    for top in range(0, h, piece):
        for left in range(0, w, piece):
            image.paste(_patch(photos, step, piece, rng), (left, top))
    return _toned(image, rng)


def _patch(photos: Photos, metres: float, size: int, rng: np.random.Generator) -> Image.Image:
    share = metres / TILE_METRES
    for _ in range(_TRIES):
        path = photos.tops[int(rng.integers(len(photos.tops)))]
        x, y = rng.uniform(0, 1 - share, 2)
        if not _shows_stall(path, x, y, share):
            break
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    box = (x * photo.width, y * photo.height, (x + share) * photo.width, (y + share) * photo.height)
    patch = photo.resize((size, size), Image.Resampling.BICUBIC, box=box)
    return patch.transpose(Image.Transpose(int(rng.integers(7))))  # from above, every turn and mirror is as good


def _shows_stall(picture: Path, left: float, top: float, share: float) -> bool:
    labels = picture.parent.parent / "labels" / f"{picture.stem}.txt"
    for line in labels.read_text(encoding="utf-8").splitlines():
        _, x, y, width, height = map(float, line.split())
        across = left < x + width / 2 and x - width / 2 < left + share
        if across and top < y + height / 2 and y - height / 2 < top + share:
            return True
    return False


def _toned(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Light and shade are the renderer's, so the photograph's own are brought to a common brightness and tinted."""
    pixels = np.asarray(image, dtype=np.float32)
    gain = np.float32(rng.uniform(95, 160) / max(20.0, float(pixels.mean())))
    tint = 1 + rng.normal(0, 0.04, 3).astype(np.float32)
    return Image.fromarray((pixels * gain * tint).clip(0, 255).astype(np.uint8))
