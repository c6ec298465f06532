"""Photographs that training streets wear: the right size, and no labelled stall among them."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.sets import save_picture

pytest.importorskip("PIL", reason="pillow is not installed: pip install '.[scenes]'")

from PIL import Image

from training.errors import DatasetInvalid
from training.scenes.photos import Photos, find, ground, wall


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    save_picture(tmp_path / "data/facade_ads/train", "img_1", size=(300, 200))
    save_picture(tmp_path / "data/aerial_vendors/train", "chip_1", ["0 0.75 0.5 0.5 1.0"], size=(64, 64))
    return tmp_path


def test_a_wall_and_the_ground_have_the_size_that_they_are_asked_for(shared: Path) -> None:
    photos = find(shared)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        assert wall(photos, 13.2, 9.4, rng).size == (528, 376)
        assert ground(photos, 7.0, 152.0, rng, ppm=10).size == (70, 1520)


def test_the_ground_shows_no_labelled_stall(shared: Path, tmp_path: Path) -> None:
    blue = Image.new("RGB", (640, 640), (60, 60, 60))
    blue.paste((0, 0, 255), (480, 0, 640, 640))
    folder = tmp_path / "tops"
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    blue.save(folder / "images/a.jpg")
    (folder / "labels/a.txt").write_text("0 0.9 0.5 0.2 1.0\n")
    photos = Photos(find(shared).fronts, (folder / "images/a.jpg",))
    seen = np.asarray(ground(photos, 30, 30, np.random.default_rng(1), ppm=5), dtype=float)
    bluer = seen[..., 2] > 2 * seen[..., 0] + 20
    assert bluer.mean() < 0.05, "one patch in a hundred may find no other place"


def test_a_folder_without_the_sets_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match=r"facade_ads.*holds no \.jpg"):
        find(tmp_path)
