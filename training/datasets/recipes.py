"""Labelled folders in, a YOLO data set with an honest split out.

    python -m training.datasets.recipes aerial-stalls --shared ../shared --out runs/data/aerial-stalls
    python -m training.datasets.recipes street-ads    --shared ../shared --out runs/data/street-ads
    python -m training.datasets.recipes shop-signs    --shared ../shared --out runs/data/shop-signs
    python -m training.datasets.recipes aerial-stalls --without 'girardot*'

Pictures are symlinked, labels are rewritten in the model's class order. Copies of one tile always stand on one side of
a split: a model that has seen a picture's twin looks better than it is.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
import typer
import yaml

from models.card import DataSource
from training.datasets.copy_paste import crowd, cut_out, decoys
from training.datasets.labels import LabelledPicture, read_pictures
from training.datasets.sample import label_lines, read_sample
from training.errors import DatasetInvalid, TrainingError

View = Literal["above", "oblique", "street", "pole"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model's data set is made from the labelled folders."""

    name: str
    train: str | None  # None: a set to measure on, never to train on
    val: str | None  # None: a share of `train` is held out
    source_classes: tuple[str, ...]  # in the order of the folder's indices
    classes: tuple[str, ...]  # in the order of the model's outputs
    view: View  # what may be done to a picture in training: seen from above, up is nowhere
    licence: str
    origin: str
    crowded: bool = False  # stalls set side by side in more pictures, see `training.datasets.copy_paste`


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="aerial-stalls",
            train="data/aerial_vendors/train",
            val="data/aerial_vendors/val",
            source_classes=("stall",),
            classes=("stall",),
            view="above",
            licence="CC BY 4.0",
            origin="Roboflow vendedores_ambulantes_pesquisa v8, via Ingenieco/pesquisaMMQ",
            crowded=True,
        ),
        Recipe(
            name="street-ads",
            train="data/facade_ads/train",
            val=None,
            source_classes=("window", "cantilever_sign", "arch", "signboard", "window_ad", "door"),
            classes=("signboard", "cantilever_sign", "window_ad", "window", "door", "arch"),
            view="street",
            licence="CC0 1.0",
            origin="Urban-Research-Lab/building-facades-advertising-dataset",
        ),
        # Signs of another country, of any kind under one name, and some without a label: says how far `advertising`
        # carries, and would teach a model that windows and doors are nothing.
        Recipe(
            name="shop-signs",
            train=None,
            val="data/shop_signs/train",
            source_classes=("signboard",),
            classes=("signboard",),
            view="street",
            licence="MIT",
            origin="vodailuong2510/SignBoard-Detection",
        ),
    )
}

HELD_OUT = 0.2
SPLIT_SEED = 1


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides, and what had to leave the training side because a copy of it is measured on."""

    train: tuple[LabelledPicture, ...]
    val: tuple[LabelledPicture, ...]
    dropped: tuple[LabelledPicture, ...] = ()


def hold_out(pictures: Sequence[LabelledPicture], share: float = HELD_OUT, seed: int = SPLIT_SEED) -> Split:
    """Hold out `share` of the tiles, chosen by a hash of their names.

    The hash makes the choice independent of the order in which a folder is listed; equal names are held out together.
    """
    tiles = sorted(
        {picture.tile for picture in pictures}, key=lambda tile: hashlib.sha256(f"{seed}:{tile}".encode()).digest()
    )
    held = set(tiles[: round(share * len(tiles))])
    return Split(
        train=tuple(picture for picture in pictures if picture.tile not in held),
        val=tuple(picture for picture in pictures if picture.tile in held),
    )


def without_twins(train: Sequence[LabelledPicture], val: Sequence[LabelledPicture]) -> Split:
    """Return the same sides, less the training pictures whose tile is also measured on."""
    measured = {picture.tile for picture in val}
    return Split(
        train=tuple(picture for picture in train if picture.tile not in measured),
        val=tuple(val),
        dropped=tuple(picture for picture in train if picture.tile in measured),
    )


def one_of_each(pictures: Sequence[LabelledPicture]) -> tuple[LabelledPicture, ...]:
    """Return the first copy of each tile."""
    return tuple({picture.tile: picture for picture in reversed(pictures)}.values())[::-1]


def leave_out(train: Sequence[LabelledPicture], val: Sequence[LabelledPicture], pattern: str) -> Split:
    """Leave a place out: train on the other places under `train`, measure on one copy of each tile of this one.

    `pattern` (as in a shell) is held to the names of tiles. What is under `val` of other places stands on neither side.

    Raises:
        DatasetInvalid: the pattern leaves one side without a picture.
    """
    place = [picture for picture in (*val, *train) if fnmatchcase(picture.tile, pattern)]
    rest = tuple(picture for picture in train if not fnmatchcase(picture.tile, pattern))
    if not place or not rest:
        raise DatasetInvalid(
            f"--without {pattern!r}: is the name of {'every tile' if place else 'no tile'} of this set, "
            f"e.g. {(*train, *val)[0].tile}; give the beginning of the names of one place, as in 'girardot*'"
        )
    return Split(rest, one_of_each(place))


def build(name: str, shared: Path, out: Path, without: str | None = None) -> Split:
    """Write the data set of a model under `out` (`data.yaml`, `sources.json`, `train/`, `val/`), over an older one.

    `without`: a place to leave out of training and to measure on, see `leave_out`.

    Raises:
        DatasetInvalid: unknown recipe, bad labels, an empty side, or `out` is a folder of something else.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise DatasetInvalid(f"no data set named {name!r}; known: {', '.join(sorted(RECIPES))}")
    split = _split(recipe, shared, without)
    make_room(out)
    sides = [(recipe.val or recipe.train, "val", split.val)]
    if recipe.train:
        sides.insert(0, (recipe.train, "train", split.train))
    index = [recipe.classes.index(name) for name in recipe.source_classes]
    for _, side, pictures in sides:
        write_side(pictures, index, out / side)
    sources = [
        DataSource(
            name=(folder or "") + _part(side, without),
            role="train" if side == "train" else "val",
            pictures=len(pictures),
            boxes=sum(len(picture.labels) for picture in pictures),
            licence=recipe.licence,
            source=recipe.origin,
        )
        for folder, side, pictures in sides
    ]
    if recipe.crowded:
        crowds = _write_crowds(recipe, one_of_each(split.train), out / "train")
        sources[1:1] = [crowds] if crowds.pictures else []
    describe(out, recipe.classes, recipe.view, [side for _, side, _ in sides], sources)
    return split


def _write_crowds(recipe: Recipe, tiles: Sequence[LabelledPicture], folder: Path, seed: int = 0) -> DataSource:
    """More pictures to train on: each tile once more with rows of stalls in it."""
    samples = [read_sample(tile) for tile in tiles]
    rng = np.random.default_rng(seed)
    cuttings, nothing = cut_out(samples), decoys(samples, rng)
    pictures = boxes = 0
    for tile, sample in zip(tiles, samples, strict=True):
        full = crowd(sample, cuttings, nothing, rng) if cuttings else None
        if full is None:
            continue
        name = f"{tile.path.stem}.crowd"  # its tile's name stands before `.rf.`, so a twin on the other side is refused
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), full.image, (cv2.IMWRITE_JPEG_QUALITY, 92))
        lines = label_lines(full)
        (folder / "labels" / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
        pictures, boxes = pictures + 1, boxes + len(lines)
    return DataSource(
        name=f"{recipe.train}, crowded",
        role="train",
        pictures=pictures,
        boxes=boxes,
        licence=recipe.licence,
        source=f"{recipe.origin}; one copy of each tile with rows of stalls cut from others",
    )


def _part(side: str, without: str | None) -> str:
    if without is None:
        return ""
    return f", without {without}" if side == "train" else f" and train, {without} alone"


def _split(recipe: Recipe, shared: Path, without: str | None = None) -> Split:
    classes = len(recipe.source_classes)
    train = read_pictures(shared / recipe.train, classes) if recipe.train else ()
    val = read_pictures(shared / recipe.val, classes) if recipe.val else ()
    if without is not None:
        if recipe.train is None:
            raise DatasetInvalid(
                f"--without: {recipe.name} is for measuring alone; no place can be left out of training"
            )
        split = leave_out(train, val, without)
    else:
        split = without_twins(train, val) if recipe.val else hold_out(train)
    for side, pictures in (("train", split.train), ("val", split.val)):
        if (side == "val" or recipe.train) and not any(picture.labels for picture in pictures):
            raise DatasetInvalid(f"{shared / (recipe.train or '')}: nothing is left for {side}; too small to split")
    return split


def make_room(out: Path) -> None:
    """Prepare an empty folder for a set; raises DatasetInvalid where something else than an older set lies."""
    if out.exists():
        if not (out / "sources.json").is_file() and any(out.iterdir()):
            raise DatasetInvalid(f"{out}: holds something else; give an empty folder")
        shutil.rmtree(out)
    out.mkdir(parents=True)


def write_side(pictures: Sequence[LabelledPicture], index: Sequence[int | None], folder: Path) -> None:
    """Symlinks to the pictures and labels in the model's classes: `index` by the folder's class, None leaves it out."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / "images" / picture.path.name).symlink_to(picture.path.resolve())
        kept = ((label, index[label.cls]) for label in picture.labels)
        lines = "".join(label.line(cls) + "\n" for label, cls in kept if cls is not None)
        (folder / "labels" / f"{picture.path.stem}.txt").write_text(lines, encoding="utf-8")


def describe(
    out: Path,
    classes: Sequence[str],
    view: View,
    sides: Sequence[str],
    sources: Sequence[DataSource],
    measured: Sequence[str] | None = None,
) -> None:
    """Write `sources.json` and, last, `data.yaml`: a folder that holds it is a whole set.

    `measured`: the first of the classes, where the val side labels no others.
    """
    listed = [source.model_dump() for source in sources]
    (out / "sources.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    described: dict[str, object] = {
        "path": str(out.resolve()),
        **{side: f"{side}/images" for side in sides},
        "view": view,
    }
    if measured is not None:
        described["measured"] = list(measured)
    described["names"] = dict(enumerate(classes))
    (out / "data.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")


def main(
    name: Annotated[str, typer.Argument(help=f"one of: {', '.join(sorted(RECIPES))}")],
    shared: Annotated[Path, typer.Option(help="the folder that holds data/")] = Path("../shared"),
    out: Annotated[Path | None, typer.Option(help="default: runs/data/NAME, or NAME-without")] = None,
    without: Annotated[
        str | None, typer.Option(help="a place to leave out of training and to measure on: a pattern of file names")
    ] = None,
) -> None:
    """Build a model's data set, for example: python -m training.datasets.recipes street-ads"""
    try:
        split = build(
            name, shared, out or Path("runs/data") / (name if without is None else f"{name}-without"), without
        )
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for side, pictures in (("train", split.train), ("val", split.val), ("dropped", split.dropped)):
        typer.echo(f"{side}: {len(pictures)} pictures, {sum(len(picture.labels) for picture in pictures)} boxes")


if __name__ == "__main__":
    typer.run(main)
