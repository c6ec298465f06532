"""Copies across the split are found whatever was done to their bytes; what only looks alike is not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.vision.frame import Image
from training.datasets.near_copies import refuse_near_copies
from training.errors import DatasetInvalid


def street(seed: int) -> Image:
    """A picture of soft random light, as streets are."""
    rough = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    image: Image = cv2.resize(rough, (320, 240), interpolation=cv2.INTER_CUBIC)  # type: ignore[assignment]  # cv2's type
    return image


def save(path: Path, image: Image, quality: int = 95) -> Path:
    assert cv2.imwrite(str(path), image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return path


@pytest.mark.parametrize("change", ["saved anew", "smaller", "mirrored", "upside down"])
def test_a_changed_copy_on_the_other_side_is_refused(tmp_path: Path, change: str) -> None:
    held = [save(tmp_path / f"held{n}.jpg", street(n)) for n in range(5)]
    image = street(3)
    if change == "smaller":
        image = cv2.resize(image, (200, 150), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # cv2's type
    image = {"mirrored": image[:, ::-1], "upside down": image[::-1]}.get(change, image)
    train = [save(tmp_path / "other.jpg", street(99)), save(tmp_path / "copy.jpg", image, 70)]
    with pytest.raises(DatasetInvalid, match=r"copy\.jpg: is a copy of .*held3\.jpg, which is held out"):
        refuse_near_copies(train, held)


def test_other_pictures_and_plain_ones_are_no_copies(tmp_path: Path) -> None:
    held = [save(tmp_path / f"held{n}.jpg", street(n)) for n in range(5)]
    night = np.full((240, 320, 3), 20, np.uint8)
    fog = np.full((240, 320, 3), 200, np.uint8)
    train = [save(tmp_path / f"train{n}.jpg", street(n + 50)) for n in range(20)]
    refuse_near_copies([*train, save(tmp_path / "night.jpg", night)], [*held, save(tmp_path / "fog.jpg", fog)])
    refuse_near_copies([], held)
