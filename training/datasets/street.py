"""The data set of `street`: advertising and the openings of façades, from what is labelled, and what is neither.

    python -m training.datasets.street --shared ../shared --out runs/data/street

No set but that of façades labels all of it, so each is completed (`training.datasets.pseudo_labels`): `street-ads`
says where signs, windows and doors are. Façades are shown a second time as crops around their signs, since signs that
are photographed from a few metres are five times larger in the picture. Beside OUT, whose val side is the one of
`street-ads`, two sets to measure on alone: OUT-shop-signs and, for the everyday classes that the start weights go on
saying (`training.networks.two_head_export`), OUT-everyday.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from detector.errors import DetectorError
from detector.vision.engine import OnnxModel
from models.card import DataSource
from models.errors import ModelError
from models.registry import find_model, model_path, verify
from training.datasets import coco_subset as everyday
from training.datasets.labels import Label, LabelledPicture, read_pictures
from training.datasets.layouts import PICTURES
from training.datasets.pseudo_labels import Completed, Helper, complete
from training.datasets.recipes import RECIPES, Split, describe, hold_out, make_room, write_side
from training.datasets.sample import Sample, label_lines, read_sample
from training.datasets.zoom_crops import zoom
from training.errors import DatasetInvalid, TrainingError
from training.evaluation.evaluate import ADVERTISING

FACADES, SIGNS = RECIPES["street-ads"], RECIPES["shop-signs"]
CLASSES = FACADES.classes
OPENINGS = ("window", "door", "arch")
ALIKE = (frozenset(ADVERTISING), frozenset(OPENINGS))
SIGNS_HELD_OUT = 1 / 3  # of `shop_signs`: a fifth would be 24 pictures
SIZE = 640  # pixels: longest side of a training picture
NEGATIVES = "data/street_negatives"

NEVER = 2.0
"""A confidence that nothing reaches: what is seen of this class is painted over and never a label."""

ASKED: dict[str, tuple[dict[str, float], float]] = {
    "façades": ({"signboard": 0.5, "cantilever_sign": NEVER, "window_ad": NEVER, "window": 0.4, "door": 0.64}, 0.3),
    "shop signs": ({"signboard": 0.45, "cantilever_sign": NEVER, "window": NEVER, "door": NEVER}, 0.3),
    "coco": ({"signboard": NEVER, "window": NEVER}, 0.4),
    "negatives": ({"signboard": NEVER, "window": 0.4, "door": NEVER}, 0.25),
}
"""What `street-ads` is asked in each set: by class from which confidence on it is believed, and from which on it counts
as a doubt. Chosen by looking at what it said: away from façades it takes every clock for a cantilever sign and every
open shop for an arch, which is to be taught as nothing; printed frames on shop signs are no windows; most signboards
that it sees without a label are real."""


@dataclass(slots=True)
class Tally:
    """One folder: pictures and boxes written, and by class what was added, painted over, or left as nothing."""

    pictures: int = 0
    boxes: int = 0
    added: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def count(self, done: Completed) -> None:
        """Add one picture's."""
        for mine, more in ((self.added, done.added), (self.hidden, done.hidden), (self.left, done.left)):
            mine.update(more)


@dataclass(frozen=True, slots=True)
class Sides:
    """Every set, parted; all but COCO in the classes of this model."""

    facades: Split
    signs: Split
    coco: Split
    negatives: tuple[LabelledPicture, ...]


def read_sides(shared: Path) -> Sides:
    """Read and part the sets; façades are parted as for `street-ads`, half of COCO.

    Raises:
        DatasetInvalid: a set is missing, empty or badly labelled.
    """
    assert FACADES.train is not None
    assert SIGNS.val is not None
    negatives = sorted(p for p in (shared / NEGATIVES / "images").glob("*") if p.suffix.lower() in PICTURES)
    if not negatives:
        raise DatasetInvalid(f"{shared / NEGATIVES / 'images'}: holds no picture")
    facades = _renamed(read_pictures(shared / FACADES.train, len(FACADES.source_classes)), FACADES.source_classes)
    signs = _renamed(read_pictures(shared / SIGNS.val, len(SIGNS.source_classes)), SIGNS.source_classes)
    return Sides(
        facades=hold_out(facades),
        signs=hold_out(signs, SIGNS_HELD_OUT),
        coco=hold_out(everyday.labelled(shared), everyday.HELD_OUT),
        negatives=tuple(LabelledPicture(path, ()) for path in negatives),
    )


def _renamed(pictures: Sequence[LabelledPicture], names: Sequence[str]) -> tuple[LabelledPicture, ...]:
    index = [CLASSES.index(name) for name in names]
    return tuple(
        LabelledPicture(p.path, tuple(Label(index[b.cls], b.x, b.y, b.width, b.height) for b in p.labels))
        for p in pictures
    )


def build(shared: Path, out: Path, helper: OnnxModel, seed: int = 0) -> dict[str, Tally]:
    """Write the set and the two to measure on; returns what was done to each folder, also in OUT/completed.json.

    Args:
        helper: a model that knows façades.

    Raises:
        DatasetInvalid: a set is missing, empty or badly labelled, two pictures share a name, or OUT is a folder of
            something else.
    """
    sides = read_sides(shared)
    make_room(out)
    train = out / "train"
    for part in ("images", "labels"):
        (train / part).mkdir(parents=True)
    rng = np.random.default_rng(seed)
    tallies = {name: Tally() for name in ("façades", "zoomed", "shop signs", "coco", "negatives")}
    for picture, sample in _completed(sides.facades.train, helper, "façades", tallies):
        _write(sample, train, picture.path.stem, tallies["façades"])
        crop = zoom(sample, [CLASSES.index(name) for name in ADVERTISING], rng)
        if crop is not None:
            _write(crop, train, f"{picture.path.stem}.rf.zoom", tallies["zoomed"])
    for name, pictures in (
        ("shop signs", sides.signs.train),
        ("coco", [LabelledPicture(picture.path, ()) for picture in sides.coco.train]),
        ("negatives", sides.negatives),
    ):
        for picture, sample in _completed(pictures, helper, name, tallies):
            _write(sample, train, picture.path.stem, tallies[name])
    every = range(len(CLASSES))
    write_side(sides.facades.val, every, out / "val")
    listed = {name: {"added": t.added, "hidden": t.hidden, "left": t.left} for name, t in tallies.items()}
    (out / "completed.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _write_beside(sides, out)
    describe(out, CLASSES, "street", ("train", "val"), _sources(sides, tallies))
    return tallies


def _completed(
    pictures: Sequence[LabelledPicture], helper: OnnxModel, name: str, tallies: dict[str, Tally]
) -> Iterator[tuple[LabelledPicture, Sample]]:
    for picture in track(pictures, name, console=Console(stderr=True)):
        done = complete(read_sample(picture), [Helper(helper, *ASKED[name])], CLASSES, ALIKE)
        tallies[name].count(done)
        yield picture, done.sample


def _write(sample: Sample, folder: Path, name: str, tally: Tally) -> None:
    """Write a training picture no larger than the network's input, shrunk as the product shrinks it.

    Copies keep the picture's name before `.rf.`, so that a copy of a picture that is measured on is refused.
    """
    path = folder / "images" / f"{name}.jpg"
    if path.exists():
        raise DatasetInvalid(f"{path.name}: two pictures of the sets are named so; rename one of them")
    height, width = sample.image.shape[:2]
    ratio = min(1.0, SIZE / max(height, width))
    small = cv2.resize(sample.image, (round(width * ratio), round(height * ratio)), interpolation=cv2.INTER_LINEAR)
    cv2.imwrite(str(path), small, (cv2.IMWRITE_JPEG_QUALITY, 92))
    lines = label_lines(sample, 1 / SIZE)
    (folder / "labels" / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    tally.pictures += 1
    tally.boxes += len(lines)


def _write_beside(sides: Sides, out: Path) -> None:
    """OUT-shop-signs and OUT-everyday: held-out pictures in their own labels."""
    folder, licence, origin = everyday.COCO_SET
    for name, pictures, classes, source in (
        ("shop-signs", sides.signs.val, SIGNS.classes, (SIGNS.val or "", SIGNS.licence, SIGNS.origin)),
        ("everyday", sides.coco.val, everyday.CLASSES, (folder, licence, origin)),
    ):
        beside = out.with_name(f"{out.name}-{name}")
        make_room(beside)
        write_side(pictures, range(len(classes)), beside / "val")
        describe(beside, classes, "street", ("val",), (_source(pictures, *source),))


def _sources(sides: Sides, tallies: dict[str, Tally]) -> list[DataSource]:
    completed = "completed by street-ads"
    folder, licence, origin = everyday.COCO_SET
    rows = (
        (FACADES.train, "façades", FACADES.licence, f"{FACADES.origin}; {completed}"),
        (FACADES.train, "zoomed", FACADES.licence, f"{FACADES.origin}; crops around signs"),
        (SIGNS.val, "shop signs", SIGNS.licence, f"{SIGNS.origin}; {completed}"),
        (folder, "coco", licence, f"{origin}, half of them, without their labels; completed by street-ads"),
        (NEGATIVES, "negatives", "CC BY-SA 4.0", f"ualsg/global-streetscapes; {completed}"),
    )
    trained = [
        DataSource(
            name=name or "",
            role="train",
            pictures=tallies[key].pictures,
            boxes=tallies[key].boxes,
            licence=licence,
            source=source,
        )
        for name, key, licence, source in rows
    ]
    return [*trained, _source(sides.facades.val, FACADES.train or "", FACADES.licence, FACADES.origin)]


def _source(pictures: Sequence[LabelledPicture], name: str, licence: str, origin: str) -> DataSource:
    """Return a folder that is measured on."""
    boxes = sum(len(picture.labels) for picture in pictures)
    return DataSource(name=name, role="val", pictures=len(pictures), boxes=boxes, licence=licence, source=origin)


def open_helper() -> OnnxModel:
    """Return the registry's street-ads. Raises the errors of `models.errors` and `detector.errors`."""
    card = find_model("street-ads")
    verify(card)
    return OnnxModel(model_path(card), card.classes, iou=card.nms_iou)


def main(
    shared: Annotated[Path, typer.Option(help="the folder that holds data/ and weights/")] = Path("../shared"),
    out: Annotated[Path, typer.Option()] = Path("runs/data/street"),
) -> None:
    """Build the set, for example: python -m training.datasets.street --shared ../shared --out runs/data/street"""
    try:
        tallies = build(shared, out, open_helper())
    except (TrainingError, ModelError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for name, tally in tallies.items():
        typer.echo(f"{name}: {tally.pictures} pictures, {tally.boxes} boxes")
        for word, counter in (("added", tally.added), ("painted over", tally.hidden), ("left", tally.left)):
            if counter:
                typer.echo(f"  {word}: " + ", ".join(f"{count} {label}" for label, count in counter.most_common()))


if __name__ == "__main__":
    typer.run(main)
