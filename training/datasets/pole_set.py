"""The data set of `street-cameras`: what cameras on poles see, in real views, with rendered things put into them.

    python -m training.scenes cutouts --out runs/scenes/cutouts --count 640 --samples 2
    python -m training.scenes frames --out runs/scenes/pole --count 96 --samples 1 --width 864 --pole --photos ../shared
    python -m training.datasets.pole_set --cutouts runs/scenes/cutouts --frames runs/scenes/pole --shared ../shared \\
        --out runs/data/street-cameras

Parted by camera: `training.datasets.pole_views.HELD_OUT` is measured on. There are hardly a dozen real stalls in the
labelled views, so stalls come from composites; signs are the labelled ones. What is unsure is left open
(`training.datasets.unsure`).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
import yaml
from rich.console import Console
from rich.progress import track

from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from models.card import DataSource
from models.registry import find_model, model_path
from training.datasets import camera_faults as faults
from training.datasets import pole_views
from training.datasets.composites import CutOut, compose, read_cut_outs
from training.datasets.labels import Label, LabelledPicture, read_labels, read_pictures
from training.datasets.layouts import PICTURES
from training.datasets.pole_views import CLASSES, IGNORE, SIGNS, SIGNS_UNKNOWN, PolePicture, PoleView
from training.datasets.recipes import RECIPES, describe, hold_out, make_room, one_of_each
from training.datasets.sample import Sample, label_lines, read_sample
from training.errors import DatasetInvalid, TrainingError

NAMES = (*CLASSES, "ignore", "signs_unknown")
UNSURE = {"ignore": CLASSES, "signs_unknown": SIGNS}
SIZE = (960, 540)  # of a written picture
OF_ONE_CAMERA = 10  # pictures as they are, so that one camera does not outweigh the others
NEGATIVES = "data/street_negatives"
PAVEMENT = "data/pavement_camera"
SEGMENTER = "weights/ade20k/deeplabv3_mnv2_ade20k.tflite"


class PolePart(StrEnum):
    """What the training side is made of."""

    COMPOSITES = "composites"
    REAL = "real"  # labelled boxes of real views
    CLEAN = "clean"  # real views without stalls
    RENDERED = "rendered"  # whole rendered streets
    FACADES = "facades"
    ABOVE = "above"  # tiles from straight above
    STREETS = "streets"  # pictures of streets without stalls


@dataclass(slots=True)
class Writer:
    """Writes one side of the set and counts what it wrote, by part."""

    folder: Path
    counts: dict[str, list[int]]

    def add(self, part: str, name: str, sample: Sample, quality: int = 92) -> None:
        """Write a picture with its labels."""
        for kind in ("images", "labels"):
            (self.folder / kind).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(self.folder / "images" / f"{name}.jpg"), sample.image, (cv2.IMWRITE_JPEG_QUALITY, quality))
        lines = label_lines(sample)
        (self.folder / "labels" / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
        count = self.counts.setdefault(part, [0, 0])
        count[0] += 1
        count[1] += int((sample.class_ids < IGNORE).sum())


def build(
    shared: Path,
    cutouts: Path,
    frames: Path,
    out: Path,
    *,
    composites: int = 1500,
    seed: int = 0,
    without: Collection[PolePart] = (),
    progress: bool = False,
) -> dict[str, list[int]]:
    """Write the set under `out`, over an older one; returns pictures and boxes by part.

    Raises:
        DatasetInvalid: something of `shared` or the rendered parts is missing, or `out` holds something else.
    """
    views = pole_views.read_views(shared)
    cuts = read_cut_outs(cutouts) if PolePart.COMPOSITES not in without else ()
    make_room(out)
    writer, rng = Writer(out / "train", {}), np.random.default_rng(seed)
    train = [one for one in views if not one.held_out]
    if cuts:
        some = _of_each_camera(train, rng)
        places = _places(some, shared, progress)
        for k in track(range(composites), description="composites", disable=not progress, console=Console(stderr=True)):
            name, sample = _composite(some, places, cuts, rng)
            writer.add(PolePart.COMPOSITES, f"composite-{k:05d}-{name}", finished(sample, rng))
    for part, name, sample in _others(train, shared, frames, rng):
        if part not in without:
            writer.add(part, name, sample)
    held = Writer(out / "val", {})
    for one in views:
        if one.held_out:
            _write_held_out(held, one)
    sources = _sources(writer.counts, held.counts)
    describe(out, NAMES, "pole", ["train", "val"], sources, CLASSES)
    described = yaml.safe_load((out / "data.yaml").read_text(encoding="utf-8"))
    described["unsure"] = {name: list(classes) for name, classes in UNSURE.items()}
    (out / "data.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")
    return writer.counts | held.counts


def write_shares(out: Path, shares: int) -> None:
    """OUT-1 to OUT-N beside the set: every Nth picture of each part to train on, the same side to measure on.

    N runs of one thread each, whose weights are then averaged (`training.networks.soup`), take N cores.
    """
    described = yaml.safe_load((out / "data.yaml").read_text(encoding="utf-8"))
    paths = sorted((out / "train" / "images").iterdir())
    for share in range(shares):
        folder = out.with_name(f"{out.name}-{share + 1}")
        make_room(folder)
        for kind in ("images", "labels"):
            (folder / "train" / kind).mkdir(parents=True)
        for path in paths[share::shares]:
            (folder / "train" / "images" / path.name).symlink_to(path.resolve())
            label = f"{path.stem}.txt"
            (folder / "train" / "labels" / label).symlink_to((out / "train" / "labels" / label).resolve())
        (folder / "val").symlink_to((out / "val").resolve(), target_is_directory=True)
        (folder / "sources.json").write_bytes((out / "sources.json").read_bytes())
        told = {**described, "path": str(folder.resolve())}
        (folder / "data.yaml").write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")


def labelled(one: PolePicture, image: Image) -> Sample:
    """Return a real picture with its boxes; its signs are left open where nobody labelled them."""
    boxes, ids = pole_views.corners(one.labels), [box.cls for box in one.labels]
    if not one.signs_labelled:
        whole = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
        boxes, ids = np.concatenate([boxes, whole]), [*ids, SIGNS_UNKNOWN]
    return Sample(image, boxes, np.array(ids, np.int64))


def _places(train: Sequence[PolePicture], shared: Path, progress: bool) -> dict[Path, PoleView]:
    card = find_model("street")
    network = OnnxModel(model_path(card), card.classes, iou=card.nms_iou, name=card.name)

    def find(image: Image) -> tuple[np.ndarray, Sequence[str]]:
        seen = network.detect(image, 0.3)
        return seen.boxes, [seen.names[k] for k in seen.class_ids]

    scale = pole_views.scales(train, pole_views.everyday_names(shared), find)
    segment = pole_views.Segmenter(shared / SEGMENTER)
    found = {}
    for one in track(train, description="places", disable=not progress, console=Console(stderr=True)):
        image = pole_views.unsqueezed(one.path)
        taken = pole_views.corners([b for b in one.labels if b.cls in (0, 1, IGNORE)])
        found[one.path] = pole_views.place(image, segment(image), scale[one.view], taken)
    return found


def _composite(
    train: Sequence[PolePicture], places: dict[Path, PoleView], cuts: Sequence[CutOut], rng: np.random.Generator
) -> tuple[str, Sample]:
    """Return one more picture; cameras, not pictures, are drawn evenly."""
    cameras = sorted({one.camera for one in train})
    camera = cameras[int(rng.integers(len(cameras)))]
    mine = [one for one in train if one.camera == camera]
    one = mine[int(rng.integers(len(mine)))]
    place = places[one.path]
    known = labelled(one, place.image)
    if rng.random() < 0.4:  # the other way round is another street
        place, known = _mirrored(place), _mirrored_sample(known)
    return one.path.stem, compose(place, known, cuts, int(rng.integers(2, 9)), rng)


def _mirrored(place: PoleView) -> PoleView:
    taken = place.taken.copy()
    taken[:, [0, 2]] = place.image.shape[1] - place.taken[:, [2, 0]]
    return replace(
        place,
        image=np.ascontiguousarray(place.image[:, ::-1]),
        ground=place.ground[:, ::-1],
        walk=place.walk[:, ::-1],
        front=place.front[:, ::-1],
        taken=taken,
    )


def _mirrored_sample(sample: Sample) -> Sample:
    boxes = sample.boxes.copy()
    boxes[:, [0, 2]] = sample.image.shape[1] - sample.boxes[:, [2, 0]]
    return Sample(np.ascontiguousarray(sample.image[:, ::-1]), boxes, sample.class_ids)


def finished(sample: Sample, rng: np.random.Generator) -> Sample:
    """As some camera sends it: whole, or a part of it."""
    shown = faults.zoom(sample, IGNORE, rng) if rng.random() < 0.5 else _resized(sample, SIZE)
    return replace(shown, image=faults.spoil(shown.image, rng))


def _resized(sample: Sample, size: tuple[int, int]) -> Sample:
    height, width = sample.image.shape[:2]
    scale = np.array([size[0] / width, size[1] / height] * 2, np.float32)
    image = np.asarray(cv2.resize(sample.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Sample(image, sample.boxes * scale, sample.class_ids)


def _others(
    train: Sequence[PolePicture], shared: Path, frames: Path, rng: np.random.Generator
) -> Iterator[tuple[PolePart, str, Sample]]:
    """Everything but composites, part by part."""
    yield from _real(train, rng)
    yield from rendered(frames, rng)
    yield from _rehearsed(shared, rng)
    paths = sorted(p for p in (shared / NEGATIVES).rglob("*") if p.suffix.lower() in PICTURES)
    for path in paths:
        sample = fitted(read_sample(LabelledPicture(path, ())))
        yield PolePart.STREETS, f"street-{path.stem}", signs_open(sample)


def _real(train: Sequence[PolePicture], rng: np.random.Generator) -> Iterator[tuple[PolePart, str, Sample]]:
    for one in _of_each_camera(train, rng):
        sample = labelled(one, pole_views.unsqueezed(one.path))
        real = bool((sample.class_ids < IGNORE).any())
        part = PolePart.REAL if real else PolePart.CLEAN
        yield part, f"real-{one.path.stem}", _resized(sample, SIZE)
        copies = 3 if (sample.class_ids <= 1).any() else 2 if real else 1
        for copy in range(copies):  # parts of it, around its things
            zoomed = faults.zoom(sample, IGNORE, rng)
            yield part, f"real-{one.path.stem}-{copy}", replace(zoomed, image=faults.spoil(zoomed.image, rng))


def _of_each_camera(views: Sequence[PolePicture], rng: np.random.Generator) -> list[PolePicture]:
    by_camera: dict[str, list[PolePicture]] = defaultdict(list)
    for one in views:
        by_camera[one.camera].append(one)
    return [
        mine[k] for _, mine in sorted(by_camera.items()) for k in sorted(rng.permutation(len(mine))[:OF_ONE_CAMERA])
    ]


def rendered(frames: Path, rng: np.random.Generator) -> Iterator[tuple[PolePart, str, Sample]]:
    if not (frames / "images").is_dir():
        raise DatasetInvalid(f"{frames}: holds no rendered frames; make some with `python -m training.scenes frames`")
    names = list(yaml.safe_load((frames / "data.yaml").read_text(encoding="utf-8"))["names"].values())
    for path in sorted((frames / "images").glob("*.jpg")):
        lines = (frames / "labels" / f"{path.stem}.txt").read_text(encoding="utf-8").splitlines()
        kept = [
            Label(CLASSES.index(names[int(line.split()[0])]), *map(float, line.split()[1:]))
            for line in lines
            if names[int(line.split()[0])] in CLASSES
        ]
        sample = read_sample(LabelledPicture(path, tuple(kept)))
        yield PolePart.RENDERED, f"rendered-{path.stem}", replace(sample, image=faults.spoil(sample.image, rng))


def _rehearsed(shared: Path, rng: np.random.Generator) -> Iterator[tuple[PolePart, str, Sample]]:
    """Façades, for signs of every kind, and tiles from above, for stalls of every kind."""
    facades, above = RECIPES["street-ads"], RECIPES["aerial-stalls"]
    assert facades.train is not None
    assert above.train is not None
    index = [CLASSES.index(n) if n in CLASSES else IGNORE if n == "window_ad" else None for n in facades.source_classes]
    pictures = hold_out(read_pictures(shared / facades.train, len(facades.source_classes))).train
    for k in sorted(rng.permutation(len(pictures))[:220]):
        kept = [replace(b, cls=c) for b in pictures[k].labels if (c := index[b.cls]) is not None]
        sample = read_sample(LabelledPicture(pictures[k].path, tuple(kept)))
        yield PolePart.FACADES, f"facade-{pictures[k].path.stem}", fitted(sample)
    tiles = one_of_each(read_pictures(shared / above.train, 1))
    for k in sorted(rng.permutation(len(tiles))[:100]):
        yield PolePart.ABOVE, f"above-{tiles[k].path.stem}", fitted(read_sample(tiles[k]))


def fitted(sample: Sample) -> Sample:
    """At most 720 pixels long."""
    height, width = sample.image.shape[:2]
    scale = min(1.0, 720 / max(height, width))
    return _resized(sample, (round(width * scale), round(height * scale)))


def signs_open(sample: Sample) -> Sample:
    whole = np.array([[0, 0, sample.image.shape[1], sample.image.shape[0]]], np.float32)
    ids = np.append(sample.class_ids, SIGNS_UNKNOWN)
    return Sample(sample.image, np.concatenate([sample.boxes, whole]), ids)


def _write_held_out(writer: Writer, one: PolePicture) -> None:
    """Write a picture to measure on; its unsure boxes stand in `ignored/`, where signs are not labelled a whole one."""
    sample = labelled(one, pole_views.unsqueezed(one.path))
    sure = sample.class_ids < IGNORE
    writer.add("held out", one.path.stem, Sample(sample.image, sample.boxes[sure], sample.class_ids[sure]), 95)
    (writer.folder / "ignored").mkdir(exist_ok=True)
    lines = label_lines(Sample(sample.image, sample.boxes[~sure], sample.class_ids[~sure]))
    (writer.folder / "ignored" / f"{one.path.stem}.txt").write_text("".join(lines), encoding="utf-8")
    told = writer.folder / "cameras.json"
    cameras = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    told.write_text(json.dumps({**cameras, one.path.stem: one.camera}) + "\n", encoding="utf-8")


def write_pavement(shared: Path, out: Path, every: int = 10) -> int:
    """Return a set to measure on alone, of every tenth picture of `data/pavement_camera`; returns its pictures."""
    folder = shared / PAVEMENT
    paths = sorted((folder / "images").glob("*.jpg"))[::every]
    if not paths:
        raise DatasetInvalid(f"{folder / 'images'}: holds no picture")
    make_room(out)
    writer = Writer(out / "val", {})
    labels = read_labels(folder / "stalls.txt", 1)
    for path in paths:
        image = pole_views.unsqueezed(path)
        ids = np.zeros(len(labels), np.int64)
        writer.add("pavement", f"pavement_{path.stem}", Sample(image, pole_views.corners(labels), ids), 95)
    boxes = len(labels) * len(paths)
    source = DataSource(
        name=f"{PAVEMENT}, every tenth",
        role="val",
        pictures=len(paths),
        boxes=boxes,
        licence="CC BY 4.0",
        source=_CAMERAS,
    )
    describe(out, ("stall",), "pole", ["val"], [source])
    return len(paths)


ORIGINS = {
    "composites": ("data/street_cameras with rendered things in it", "CC BY 4.0", "rendered by training.scenes"),
    "real": ("data/street_cameras, labelled views", "CC BY 4.0", ""),
    "clean": ("data/street_cameras, views without labelled things", "CC BY 4.0", ""),
    "rendered": ("rendered streets from poles", "AGPL-3.0-or-later", "training.scenes; surfaces wear photographs"),
    "facades": ("data/facade_ads/train", RECIPES["street-ads"].licence, RECIPES["street-ads"].origin),
    "above": ("data/aerial_vendors/train", RECIPES["aerial-stalls"].licence, RECIPES["aerial-stalls"].origin),
    "streets": ("data/street_negatives", "see its SOURCE.md", "streets without stalls"),
}
_CAMERAS = "Roboflow vehicle_detection_project-8jikm v1 (luong-duc), road-traffic-4 v2 (highway-traffic)"


def _sources(train: dict[str, list[int]], held: dict[str, list[int]]) -> list[DataSource]:
    found = []
    for part, (pictures, boxes) in train.items():
        name, licence, origin = ORIGINS[str(part)]
        source = f"{_CAMERAS}; {origin}".rstrip("; ") if "street_cameras" in name else origin
        found.append(
            DataSource(name=name, role="train", pictures=pictures, boxes=boxes, licence=licence, source=source)
        )
    ((pictures, boxes),) = held.values()
    name = f"data/street_cameras, cameras {', '.join(pole_views.HELD_OUT)}"
    found.append(
        DataSource(name=name, role="val", pictures=pictures, boxes=boxes, licence="CC BY 4.0", source=_CAMERAS)
    )
    return found


def main(
    shared: Annotated[Path, typer.Option(help="the folder that holds data/ and weights/")] = Path("../shared"),
    cutouts: Annotated[Path, typer.Option(help="what `python -m training.scenes cutouts` wrote")] = Path(
        "runs/scenes/cutouts"
    ),
    frames: Annotated[Path, typer.Option(help="what `python -m training.scenes frames --pole` wrote")] = Path(
        "runs/scenes/pole"
    ),
    out: Annotated[Path, typer.Option()] = Path("runs/data/street-cameras"),
    composites: Annotated[int, typer.Option(min=0, help="how many pictures with things put into them")] = 1500,
    seed: int = 0,
    shares: Annotated[int, typer.Option(min=1, help="also write OUT-1 to OUT-N, for N runs at once")] = 3,
    without: Annotated[list[PolePart] | None, typer.Option(help="leave this out of what is trained on")] = None,
) -> None:
    """Build the set, for example: python -m training.datasets.pole_set --shared ../shared"""
    try:
        counts = build(
            shared, cutouts, frames, out, composites=composites, seed=seed, without=without or (), progress=True
        )
        write_pavement(shared, out.with_name(f"{out.name}-pavement"))
        if shares > 1:
            write_shares(out, shares)
    except TrainingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for part, (pictures, boxes) in counts.items():
        typer.echo(f"{part}: {pictures} pictures, {boxes} boxes")


if __name__ == "__main__":
    typer.run(main)
