"""Sets that `street-cameras` goes on from version 1 with: one heavy in real signs, one in rendered stalls.

    python -m training.datasets.pole_more --base runs/data/street-cameras --shared ../shared \\
        --frames runs/scenes/pole-more --out runs/data/street-cameras-signs --mix signs

What is new beside the set of `training.datasets.pole_set`: more rendered streets; façades as a pole sees them
(`training.datasets.fronts`); more parts of the views whose signs are labelled; and rendered streets leave signs open,
because the photographs that their walls wear show real signs which nobody labelled there.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import count, islice
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
import yaml

from models.card import DataSource
from training.datasets import camera_faults as faults
from training.datasets import pole_set, pole_views
from training.datasets.fronts import street_front
from training.datasets.labels import Label, LabelledPicture, read_pictures
from training.datasets.pole_views import CLASSES, IGNORE, SIGNS, PolePicture
from training.datasets.recipes import RECIPES, describe, hold_out, make_room
from training.datasets.sample import Sample, read_sample
from training.datasets.street import SIGNS_HELD_OUT
from training.errors import DatasetInvalid, TrainingError

OF_ONE_CAMERA = 10
PARTS = 4  # of each picture whose signs are labelled


class Mix(StrEnum):
    """What the set is for."""

    SIGNS = "signs"
    STALLS = "stalls"


MOST = {
    Mix.SIGNS: {"composites": 260, "clean": 60, "rendered": 100, "fronts": 330, "shops": 80, "labelled": 400},
    Mix.STALLS: {"composites": 400, "clean": 60, "rendered": 400, "fronts": 120, "shops": 0, "labelled": 120},
}
"""The most pictures of each part."""

Named = tuple[str, Sample]


def build(base: Path, frames: Sequence[Path], shared: Path, out: Path, mix: Mix, seed: int = 0) -> dict[str, list[int]]:
    """Write the set; returns pictures and boxes by part.

    `base`: a set of `training.datasets.pole_set`, whose composites and held-out side are taken.

    Raises:
        DatasetInvalid: something of it is missing.
    """
    train = [one for one in pole_views.read_views(shared) if not one.held_out]
    most, rng = MOST[mix], np.random.default_rng([seed, list(Mix).index(mix)])
    make_room(out)
    writer = pole_set.Writer(out / "train", {})
    made = {
        "composites": _composites(base, rng),
        "clean": _clean(train, rng),
        "rendered": _rendered(frames, rng),
        "fronts": _fronts(shared, train, rng),
        "shops": _shops(shared),
        "labelled": _labelled(train, rng),
    }
    for part, samples in made.items():
        for name, sample in islice(samples, most[part]):
            writer.add(part, f"{part}-{name}", sample)
    _describe(out, base, writer.counts)
    return writer.counts


def _composites(base: Path, rng: np.random.Generator) -> Iterator[Named]:
    paths = sorted((base / "train" / "images").glob("composite-*"))
    for k in rng.permutation(len(paths)):
        labels = (base / "train" / "labels" / f"{paths[k].stem}.txt").read_text(encoding="utf-8").splitlines()
        kept = [Label(int(line.split()[0]), *map(float, line.split()[1:])) for line in labels]
        yield paths[k].stem, read_sample(LabelledPicture(paths[k], tuple(kept)))


def _clean(train: Sequence[PolePicture], rng: np.random.Generator) -> Iterator[Named]:
    views = [one for one in train if one.clean]
    for k in rng.permutation(len(views)):
        sample = pole_set.labelled(views[k], pole_views.unsqueezed(views[k].path))
        yield views[k].path.stem, pole_set.finished(sample, rng)


def _rendered(frames: Sequence[Path], rng: np.random.Generator) -> Iterator[Named]:
    found = [
        (f"{folder.name}-{name}", sample) for folder in frames for _, name, sample in pole_set.rendered(folder, rng)
    ]
    for k in rng.permutation(len(found)):
        yield found[k][0], pole_set.signs_open(found[k][1])


def _fronts(shared: Path, train: Sequence[PolePicture], rng: np.random.Generator) -> Iterator[Named]:
    """Rows of façades of the training side of `street-ads`; posters in windows are unsure."""
    recipe = RECIPES["street-ads"]
    if recipe.train is None:
        raise DatasetInvalid("street-ads: no training side")
    names = recipe.source_classes
    index = [CLASSES.index(n) if n in CLASSES else IGNORE if n == "window_ad" else None for n in names]
    pictures = hold_out(read_pictures(shared / recipe.train, len(names))).train
    for number in count():
        some = []
        for k in rng.integers(len(pictures), size=int(rng.integers(2, 5))):
            kept = tuple(replace(b, cls=c) for b in pictures[k].labels if (c := index[b.cls]) is not None)
            some.append(read_sample(LabelledPicture(pictures[k].path, kept)))
        view = pole_views.unsqueezed(train[int(rng.integers(len(train)))].path)
        sample = street_front(some, view, IGNORE, rng)
        yield f"{number:04d}", replace(sample, image=faults.spoil(sample.image, rng))


def _shops(shared: Path) -> Iterator[Named]:
    recipe = RECIPES["shop-signs"]
    pictures = hold_out(read_pictures(shared / (recipe.val or ""), 1), SIGNS_HELD_OUT).train
    for picture in pictures:
        kept = tuple(replace(b, cls=CLASSES.index("signboard")) for b in picture.labels)
        yield picture.path.stem, pole_set.fitted(read_sample(LabelledPicture(picture.path, kept)))


def _labelled(train: Sequence[PolePicture], rng: np.random.Generator) -> Iterator[Named]:
    """Parts of the views whose signs are labelled, cameras in turn."""
    signs = {CLASSES.index(name) for name in SIGNS}
    by_camera: dict[str, list[PolePicture]] = defaultdict(list)
    for one in train:
        if one.signs_labelled and any(box.cls in signs for box in one.labels):
            by_camera[one.camera].append(one)
    order = [
        (turn, camera, mine[k])
        for camera, mine in sorted(by_camera.items())
        for turn, k in enumerate(rng.permutation(len(mine))[:OF_ONE_CAMERA])
    ]
    for copy in range(PARTS):
        for _, _, one in sorted(order, key=lambda entry: entry[:2]):
            sample = pole_set.labelled(one, pole_views.unsqueezed(one.path))
            part = faults.zoom(sample, IGNORE, rng, (0.5, 0.95))
            yield f"{one.path.stem}-{copy}", replace(part, image=faults.spoil(part.image, rng))


def _describe(folder: Path, base: Path, counts: dict[str, list[int]]) -> None:
    described = yaml.safe_load((base / "data.yaml").read_text(encoding="utf-8"))
    sources = json.loads((base / "sources.json").read_text(encoding="utf-8"))
    before = [
        one if one.role == "val" else one.model_copy(update={"name": f"{one.name}, for version 1"})
        for one in map(DataSource.model_validate, sources)
    ]
    (folder / "val").symlink_to((base / "val").resolve(), target_is_directory=True)
    made = [_source(part, *told) for part, told in counts.items()]
    describe(folder, pole_set.NAMES, "pole", ["train", "val"], [*before, *made], CLASSES)
    told = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))
    told["unsure"] = described["unsure"]
    (folder / "data.yaml").write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")


def _source(part: str, pictures: int, boxes: int) -> DataSource:
    facades, shops = RECIPES["street-ads"], RECIPES["shop-signs"]
    known = {
        "composites": pole_set.ORIGINS["composites"],
        "clean": pole_set.ORIGINS["clean"],
        "labelled": pole_set.ORIGINS["real"],
        "rendered": pole_set.ORIGINS["rendered"],
        "fronts": ("data/facade_ads/train as a pole sees them", facades.licence, facades.origin),
        "shops": ("data/shop_signs/train", shops.licence, shops.origin),
    }
    name, licence, origin = known[part]
    return DataSource(name=name, role="train", pictures=pictures, boxes=boxes, licence=licence, source=origin or name)


def main(
    base: Annotated[Path, typer.Option(help="a set of `python -m training.datasets.pole_set`")],
    frames: Annotated[list[Path], typer.Option(help="what `python -m training.scenes frames --pole` wrote; several")],
    shared: Annotated[Path, typer.Option(help="the folder that holds data/")] = Path("../shared"),
    out: Annotated[Path, typer.Option()] = Path("runs/data/street-cameras-more"),
    mix: Annotated[Mix, typer.Option(help="what it is for")] = Mix.SIGNS,
    seed: int = 0,
) -> None:
    """Build a set. Example: python -m training.datasets.pole_more --base runs/data/street-cameras --mix signs ..."""
    try:
        counts = build(base, frames, shared, out, mix, seed)
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for part, (pictures, boxes) in counts.items():
        typer.echo(f"{part}: {pictures} pictures, {boxes} boxes")


if __name__ == "__main__":
    typer.run(main)
