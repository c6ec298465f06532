"""The data set of `oblique-stalls`: rendered streets, and real tiles from above as they are and seen from the side.

    python -m training.scenes frames --out runs/scenes/frames --count 1600 --samples 1 --width 864 --seed 100
    python -m training.datasets.oblique --frames runs/scenes/frames --shared ../shared --out runs/data/oblique-stalls

Nobody has labelled stalls in oblique pictures that could be had. Rendered streets bring the view, real tiles bring real
cloth and tarmac. The side that is measured on is rendered too, of streets that are not trained on: it tells whether
training worked, not how well the model sees; for that there are only the real tiles (`aerial-stalls`' val side).
"""

import hashlib
import shutil
from collections.abc import Collection, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
import typer
import yaml
from rich.console import Console
from rich.progress import track

from detector.vision.pixels import read_picture
from models.card import DataSource
from training.datasets.labels import LabelledPicture, read_labels, read_pictures
from training.datasets.layouts import PICTURES
from training.datasets.perspective_warp import tilt
from training.datasets.recipes import RECIPES, SPLIT_SEED, Split, describe, make_room, one_of_each, write_side
from training.errors import DatasetInvalid, TrainingError

CLASSES = ("stall", "goods_outside_shop", "banner", "billboard", "a_board")
STREET = 8  # rendered pictures of one street
ENOUGH = 2 * STREET  # pictures: of the first two streets, one is trained on and one is measured on
HELD_OUT = 0.1  # of the streets, about
SIZE = 640  # pixels: of a warped tile
NEGATIVES = "data/street_negatives"


class Part(StrEnum):
    """What the training side holds beside rendered streets."""

    SOFT = "soft"  # copies of them
    TILES = "tiles"  # real ones, from straight above
    WARPS = "warps"  # the same, seen aslant
    NEGATIVES = "negatives"  # real streets without stalls


def build(frames: Path, shared: Path, out: Path, seed: int = 0, without: Collection[Part] = ()) -> Split:
    """Write the set under `out`, over an older one; returns the rendered pictures of both sides.

    Args:
        without: what to leave out of the training side, to see what it brings.

    Raises:
        DatasetInvalid: no frames, bad labels, or `out` is a folder of something else.
    """
    rendered, index = _rendered(frames)
    split = _by_street(rendered)
    if not split.train or not split.val:
        raise DatasetInvalid(
            f"{frames}: {len(rendered)} frames are too few to split by street; render {ENOUGH} or more"
        )
    aerial = RECIPES["aerial-stalls"]
    assert aerial.train is not None
    tiles = one_of_each(read_pictures(shared / aerial.train, 1))
    softened = () if Part.SOFT in without else split.train[::2]
    negatives = () if Part.NEGATIVES in without else _negatives(shared / NEGATIVES)
    plain, warped = (() if part in without else tiles for part in (Part.TILES, Part.WARPS))
    make_room(out)
    write_side(split.train, index, out / "train")
    _write_soft(softened, out / "train", seed)
    write_side(split.val, index, out / "val")
    write_side(plain, [0], out / "train")
    _write_warps(warped, out / "train", seed)
    write_side(negatives, [], out / "train")
    ours, licence = "training.scenes: rendered by us with Blender", "AGPL-3.0-or-later"
    describe(
        out,
        CLASSES,
        "oblique",
        ("train", "val"),
        (
            _source(
                "rendered streets",
                "train",
                split.train + softened,
                index,
                licence,
                f"{ours}; each as it is, every second one softened too",
            ),
            _source("rendered streets", "val", split.val, index, licence, ours),
            _source(
                aerial.train,
                "train",
                plain + warped,
                [0],
                aerial.licence,
                f"{aerial.origin}; one copy of each tile, as it is and warped to an oblique view",
            ),
            _source(NEGATIVES, "train", negatives, [], "CC BY-SA 4.0", "ualsg/global-streetscapes"),
        ),
    )
    return split


def write_comparisons(split: Split, frames: Path, shared: Path, out: Path) -> None:
    """Beside `out`, sets to measure on alone: OUT-above, real tiles in this model's classes, and for both models,
    in the one class of `aerial-stalls`, OUT-aslant, the same tiles warped to an oblique view, and OUT-stalls, the
    rendered side.

    Raises:
        DatasetInvalid: bad labels, or the folders hold something else.
    """
    aerial = RECIPES["aerial-stalls"]
    assert aerial.val is not None
    tiles, (_, index) = read_pictures(shared / aerial.val, 1), _rendered(frames)
    stalls = [0 if cls == 0 else None for cls in index]
    ours, licence = "training.scenes: rendered by us with Blender", "AGPL-3.0-or-later"
    for name, pictures, classes, kept, source in (
        ("above", tiles, CLASSES, [0], _source(aerial.val, "val", tiles, [0], aerial.licence, aerial.origin)),
        ("stalls", split.val, aerial.classes, stalls, _source("rendered", "val", split.val, stalls, licence, ours)),
    ):
        folder = out.with_name(f"{out.name}-{name}")
        make_room(folder)
        write_side(pictures, kept, folder / "val")
        describe(folder, classes, "oblique", ("val",), (source,))
    folder = out.with_name(f"{out.name}-aslant")
    make_room(folder)
    write_side((), [], folder / "val")
    _write_warps(tiles, folder / "val", seed=1)
    source = _source(aerial.val, "val", tiles, [0], aerial.licence, f"{aerial.origin}; warped to an oblique view")
    describe(folder, aerial.classes, "oblique", ("val",), (source,))


def _rendered(frames: Path) -> tuple[tuple[LabelledPicture, ...], list[int | None]]:
    """Finished frames alone (their labels are written last), so a set can be made while the renderer goes on."""
    described = frames / "data.yaml"
    if not described.is_file():
        raise DatasetInvalid(
            f"{described}: no such file; render first: python -m training.scenes frames --out {frames}"
        )
    names = list(yaml.safe_load(described.read_text(encoding="utf-8"))["names"].values())
    index = [CLASSES.index(name) if name in CLASSES else None for name in names]
    labels = sorted((frames / "labels").glob("*.txt"))
    pictures = tuple(
        LabelledPicture(frames / "images" / f"{path.stem}.jpg", read_labels(path, len(names))) for path in labels
    )
    if not pictures:
        raise DatasetInvalid(f"{frames}: holds no finished frame")
    return pictures, index


def _by_street(pictures: tuple[LabelledPicture, ...]) -> Split:
    """Split by street: its views stay on one side, and it keeps its side when other streets are added."""
    held = {picture.path for picture in pictures if _is_held_out(_street(picture.path.stem))}
    return Split(
        train=tuple(picture for picture in pictures if picture.path not in held),
        val=tuple(picture for picture in pictures if picture.path in held),
    )


def _is_held_out(street: str) -> bool:
    digest = hashlib.sha256(f"{SPLIT_SEED}:{street}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < HELD_OUT * 2**64


def _street(stem: str) -> str:
    return f"street-{int(stem) // STREET}"


def _write_warps(tiles: tuple[LabelledPicture, ...], folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for tile in track(tiles, "warp", console=Console(stderr=True)):
        image = cv2.resize(read_picture(tile.path), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        down, turn = float(rng.uniform(28, 70)), float(rng.uniform(0, 360))
        warped, labels = tilt(np.asarray(image, np.uint8), tile.labels, down, turn)
        name = f"warped-{tile.path.stem}"
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), warped, (cv2.IMWRITE_JPEG_QUALITY, 92))
        lines = "".join(label.line() + "\n" for label in labels)
        (folder / "labels" / f"{name}.txt").write_text(lines, encoding="utf-8")


def _write_soft(pictures: tuple[LabelledPicture, ...], folder: Path, seed: int) -> None:
    """Write a second copy of pictures as small sensors through haze give them: soft, flat and pale.

    Without, a model that knows crisp trees takes soft ones for canopies.
    """
    rng = np.random.default_rng(seed)
    for picture in track(pictures, "soft copies", console=Console(stderr=True)):
        image = read_picture(picture.path).astype(np.float32)
        soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.8, 2.0)))
        grey = soft.mean(axis=2, keepdims=True)
        pale = grey + (soft - grey) * rng.uniform(0.45, 0.9)
        flat = 128 + (pale - 128) * rng.uniform(0.65, 0.95)
        toned = 255 * (flat.clip(0, 255) / 255) ** rng.uniform(0.7, 1.2)
        name = f"soft-{picture.path.stem}"
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), toned.astype(np.uint8), (cv2.IMWRITE_JPEG_QUALITY, 85))
        shutil.copyfile(folder / "labels" / f"{picture.path.stem}.txt", folder / "labels" / f"{name}.txt")


def _negatives(folder: Path) -> tuple[LabelledPicture, ...]:
    """Streets without stalls: every picture below the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES) if folder.is_dir() else []
    return tuple(LabelledPicture(path, ()) for path in paths)


def _source(
    name: str,
    role: Literal["train", "val"],
    pictures: tuple[LabelledPicture, ...],
    index: Sequence[int | None],
    licence: str,
    source: str,
) -> DataSource:
    boxes = sum(index[label.cls] is not None for picture in pictures for label in picture.labels)
    return DataSource(
        name=name,
        role=role,
        pictures=len(pictures),
        boxes=boxes,
        licence=licence,
        source=source,
    )


def main(
    frames: Annotated[Path, typer.Option(help="what `python -m training.scenes frames` wrote")] = Path(
        "runs/scenes/frames"
    ),
    shared: Annotated[Path, typer.Option(help="the folder that holds data/")] = Path("../shared"),
    out: Annotated[Path, typer.Option()] = Path("runs/data/oblique-stalls"),
    without: Annotated[list[Part] | None, typer.Option(help="leave this out of what is trained on")] = None,
) -> None:
    """Build the set, for example: python -m training.datasets.oblique --frames runs/scenes/frames"""
    try:
        split = build(frames, shared, out, without=without or ())
        write_comparisons(split, frames, shared, out)
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"rendered: {len(split.train)} pictures to train on, {len(split.val)} to measure on")


if __name__ == "__main__":
    typer.run(main)
