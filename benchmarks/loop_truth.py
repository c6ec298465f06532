"""The hidden truth of `benchmarks/loop.py`: labelled pictures that stand in for what a reviewer would see."""

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from training.datasets.group_split import tile_of
from training.datasets.labels import Label, read_labels


@dataclass(frozen=True)
class HiddenPicture:
    """One picture and everything in it; `tile` is what its augmented copies share."""

    path: Path
    boxes: tuple[Label, ...]
    tile: str


@dataclass(frozen=True)
class HiddenSet:
    """Pictures of one view; the boxes' classes count into `classes`."""

    name: str
    view: str
    classes: tuple[str, ...]
    train: tuple[HiddenPicture, ...]
    held_out: tuple[HiddenPicture, ...]


def aerial(shared: Path, seed: int) -> HiddenSet:
    """Stalls from straight above; the val side is held out, whatever the seed."""
    del seed
    folder = shared / "data/aerial_vendors"
    return HiddenSet(
        "aerial",
        "above",
        ("stall",),
        _read(folder / "train", 1, {0: 0}),
        _read(folder / "val", 1, {0: 0}),
    )


def facade(shared: Path, seed: int) -> HiddenSet:
    """Façades from the street, four of their six classes; a fifth is held out, by the seed."""
    every = list(_read(shared / "data/facade_ads/train", 6, {3: 0, 1: 1, 0: 2, 5: 3}))
    random.Random(seed).shuffle(every)
    cut = len(every) // 5
    return HiddenSet(
        "facade",
        "street",
        ("signboard", "cantilever_sign", "window", "door"),
        tuple(every[cut:]),
        tuple(every[:cut]),
    )


SETS: dict[str, Callable[[Path, int], HiddenSet]] = {"aerial": aerial, "facade": facade}


def _read(side: Path, classes: int, ours: dict[int, int]) -> tuple[HiddenPicture, ...]:
    found = []
    for path in sorted((side / "images").glob("*.jpg")):
        labels = read_labels(side / "labels" / f"{path.stem}.txt", classes)
        boxes = [Label(ours[one.cls], one.x, one.y, one.width, one.height) for one in labels if one.cls in ours]
        found.append(HiddenPicture(path, tuple(boxes), tile_of(path.name)))
    return tuple(found)


def drawn(pictures: Sequence[HiddenPicture], count: int, seed: int) -> list[HiddenPicture]:
    """Return about `count` pictures by chance, tile by tile with all of its copies."""
    tiles = sorted({one.tile for one in pictures})
    random.Random(seed).shuffle(tiles)
    by_tile = {tile: [one for one in pictures if one.tile == tile] for tile in tiles}
    chosen: list[HiddenPicture] = []
    for tile in tiles:
        if len(chosen) >= count:
            break
        chosen += by_tile[tile]
    return chosen[:count]


def write_export(
    folder: Path, classes: Sequence[str], train: Sequence[HiddenPicture], held_out: Sequence[HiddenPicture]
) -> Path:
    """Write what a labelling tool would export (YOLO); the boxes are those of the reviewer's answers."""
    shutil.rmtree(folder, ignore_errors=True)
    for side, pictures in (("train", train), ("val", held_out)):
        for part in ("images", "labels"):
            (folder / side / part).mkdir(parents=True)
        for one in pictures:
            shutil.copyfile(one.path, folder / side / "images" / one.path.name)
            text = "".join(f"{box.line()}\n" for box in one.boxes)
            (folder / side / "labels" / f"{one.path.stem}.txt").write_text(text, encoding="utf-8")
    # without a held-out part nothing is parted yet: pictures that are added to a data set are trained on
    sides = {"train": "train/images", "val": "val/images"} if held_out else {"val": "train/images"}
    described = {**sides, "names": dict(enumerate(classes))}
    (folder / "data.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")
    return folder
