"""Pictures that are copies of each other though their bytes differ: saved anew, made smaller, mirrored.

A difference hash: a picture is made 17x16 grey pixels small, and each bit says whether a pixel is brighter than its
right neighbour. Of copies few bits differ, of different pictures about half. (Krawetz, "Kind of Like That", 2013.)
Where large parts are of one grey the bits say little, so the small pictures must agree as well.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.errors import DatasetInvalid

NEAR: Final = 20
"""Bits of 256 in which copies differ at most.

Measured: 20 tiles and 20 façades saved anew at 60 % of the size, at quality 70 and mirrored differed in at most 8 bits;
of 299 tiles and 224 façades, different ones in 75 and more. Frames of one fixed camera differ in 2 and more.
"""
ALIKE: Final = 0.98
"""Correlation of the small pictures of copies, at least."""

Small = NDArray[np.float32]
_TURNS: Final = ((1, 1), (1, -1), (-1, 1), (-1, -1))  # as it is, mirrored left to right, top to bottom, both


def refuse_near_copies(train: Sequence[Path], held_out: Sequence[Path]) -> None:
    """Refuse a set in which a picture to train on is a copy, or a mirrored copy, of one that is held out.

    Raises:
        DatasetInvalid: names both.
    """
    if not train or not held_out:
        return
    held = np.array([small[::down, ::right] for small in map(_small, held_out) for down, right in _TURNS])
    bits = _bits(held)
    for path in train:
        small = _small(path)
        for index in np.flatnonzero(np.count_nonzero(bits != _bits(small[None]), axis=1) <= NEAR):
            if _correlation(small, held[index]) >= ALIKE:
                raise DatasetInvalid(
                    f"{path}: is a copy of {held_out[int(index) // len(_TURNS)]}, which is held out; "
                    "a model judged by what it was trained on looks better than it is: remove one of them, or say in "
                    "pictures.csv that they are of one camera"
                )


def _small(path: Path) -> Small:
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DatasetInvalid(f"{path}: cannot be read; remove it")
    return cv2.resize(image, (17, 16), interpolation=cv2.INTER_AREA).astype(np.float32)


def _bits(small: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the bits of (n, 16, 17) small pictures, (n, 256)."""
    found: NDArray[np.bool_] = (small[:, :, 1:] > small[:, :, :-1]).reshape(len(small), -1)
    return found


def _correlation(one: Small, other: Small) -> float:
    """Return 0 where either is of one grey: it says nothing of what is there."""
    first, second = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / size if size > 0 else 0.0
