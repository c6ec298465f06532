"""Small data sets whose right answers are known."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import yaml

from tests.detector.nets import CELL, COLOURS

Square = tuple[str, int, int]  # colour, column and row of the cell


def save_picture(folder: Path, name: str, lines: Iterable[str] = (), size: tuple[int, int] = (64, 64)) -> Path:
    """A grey picture of `size` (width, height) in folder/images with its labels beside it; no two are equal."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    path = folder / "images" / f"{name}.jpg"
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    image[:8, :8] = np.frombuffer(hashlib.sha256(f"{folder.name}/{name}".encode()).digest()[:3], np.uint8)
    assert cv2.imwrite(str(path), image)
    (folder / "labels" / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    return path


def save_squares(folder: Path, name: str, drawn: Iterable[Square], labelled: Iterable[Square]) -> None:
    """A black 96 x 64 picture with pure squares of one cell: the colour detector sees each with confidence 1."""
    image = np.zeros((64, 96, 3), np.uint8)
    for colour, column, row in drawn:
        image[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL, 2 - COLOURS.index(colour)] = 255
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
    lines = [
        f"{COLOURS.index(colour)} {(column + 0.5) * CELL / 96} {(row + 0.5) * CELL / 64} {CELL / 96} {CELL / 64}\n"
        for colour, column, row in labelled
    ]
    (folder / "labels" / f"{name}.txt").write_text("".join(lines))


def describe(folder: Path, names: Iterable[str], view: str = "street") -> Path:
    """Write the folder's data.yaml; its sides are train/ and val/."""
    values = {"train": "train/images", "val": "val/images", "view": view, "names": dict(enumerate(names))}
    (folder / "data.yaml").write_text(yaml.safe_dump(values))
    return folder
