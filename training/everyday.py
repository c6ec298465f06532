"""`street-objects`: the everyday things around a stall, and what is no stall, out of a COCO model.

    python -m training.everyday --shared ../shared --out runs/street-objects

A COCO detector loses the classes that no street rule asks for and is tuned gently on what stays: on labelled COCO
pictures, so that it forgets little, and on street pictures that a larger COCO model labelled. What it gave stands in
`docs/everyday-objects.md`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
import yaml
from rich.console import Console
from rich.progress import track

from detector.engine import OnnxModel
from detector.errors import DetectorError
from detector.frame import Image
from detector.pixels import read_picture
from models.card import DataSource, InputSize, ModelCard, Training, write_card
from models.errors import ModelError
from models.registry import sha256_of
from training.agreement import agreement
from training.datasets import hold_out
from training.errors import DatasetInvalid, RunExists, TrainingError
from training.evaluate import NMS_IOU, Measured, measure
from training.labels import PICTURES, Label, Picture, read_labels
from training.quiet import quiet_torch
from training.teacher import DOUBTFUL, SURE, Sample, pseudo_label
from training.thresholds import WANTED_PRECISION, fit_threshold

COCO = {
    "person": 0,
    "bicycle": 1,
    "car": 2,
    "motorcycle": 3,
    "bus": 5,
    "truck": 7,
    "umbrella": 25,
    "chair": 56,
    "bench": 13,
    "dining table": 60,
    "potted plant": 58,
    "handbag": 26,
    "suitcase": 28,
}
"""The classes that are kept, with their index among COCO's 80."""

CLASSES = tuple(COCO)
NAME = "street-objects"
BASE = "yolo11n.pt"
TEACHER = "yolov8s.pt"
SIZE = (384, 640)  # height, width: a 16:9 picture fills it, at 60 % of the cost of a square
TEACHER_SIZE = (576, 960)
EPOCHS = 3
RATE = 1e-4
SHARE = 0.25  # of the way from the start weights to the tuned ones: all the way is worse (docs/everyday-objects.md)
MEASURED = ("start", "tuned", NAME)
SEED = 0
REHEARSALS = 2  # times that a labelled COCO picture is shown in an epoch
HELD_OUT = 0.5  # of the labelled COCO pictures: a class of three pictures is measured on none otherwise
COMPARED = {"person": ("person",), "car": ("car",), "vehicle": ("car", "bus", "truck")}
"""A van is a car to one model and a truck to the other: what is a vehicle at all matters more."""
CONFIDENCES = (0.25, 0.4)
ENOUGH = 10  # labelled boxes from which on a class gets a threshold of its own
MOST_OF_A_SET = 200  # street pictures: the teacher takes a third of a second each, and one city is enough of one city
FOOTAGE = {"vtest.avi": 20, "car_park.mp4": 6}  # every n-th frame is compared with the teacher

STREETS = (
    # folder, licence, origin; pictures alone are used, the sets' own labels know none of these classes
    ("data/facade_ads/train", "CC0 1.0", "Urban-Research-Lab/building-facades-advertising-dataset"),
    ("data/shop_signs/train", "MIT", "vodailuong2510/SignBoard-Detection"),
    ("data/street_negatives", "CC BY-SA 4.0", "Mapillary and KartaView, via ualsg/global-streetscapes"),
)
COCO_SET = ("data/coco128", "annotations CC BY 4.0, pictures Flickr", "COCO train2017, the 128 pictures of coco128")

BLIND = (
    "the COCO figures are kept, not generalised: the start weights have seen these pictures in their own training",
    "straight down and steep views: COCO is photographed at eye level",
    "a person under about 12 pixels high, or a vehicle under about 10, in the 640x384 input",
    "bags and suitcases left on the ground, night, rain: hardly any in the pictures it was tuned on",
    "carts and tricycles with goods: no class of COCO",
)


def labelled(shared: Path) -> tuple[Picture, ...]:
    """The pictures of coco128 with their labels of the kept classes, renumbered; without a label file: a background.

    Raises:
        DatasetInvalid: the folder holds no picture, or a bad label.
    """
    folder = shared / COCO_SET[0]
    number = {index: position for position, index in enumerate(COCO.values())}
    pictures = []
    for path in _pictures(folder):
        described = folder / "labels" / f"{path.stem}.txt"
        labels = read_labels(described, 80) if described.is_file() else ()
        kept = (Label(number[box.cls], box.x, box.y, box.width, box.height) for box in labels if box.cls in number)
        pictures.append(Picture(path, tuple(kept)))
    return tuple(pictures)


def streets(shared: Path) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    """Unlabelled street pictures: (to learn from, held out).

    The split of each folder is that of `training.datasets`: a model that grows out of this one and learns to see
    advertising has its own held-out pictures still unseen.
    """
    splits = [hold_out([Picture(path, ()) for path in _pictures(shared / folder)]) for folder, _, _ in STREETS]
    known = (picture for split in splits for picture in split.train[:MOST_OF_A_SET])
    return tuple(known), tuple(picture for split in splits for picture in split.val)


def _pictures(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.glob("images/*") if path.suffix.lower() in PICTURES)
    if not paths:
        raise DatasetInvalid(f"{folder / 'images'}: holds no picture")
    return paths


def rehearsal(picture: Picture) -> Sample:
    """A labelled picture as the tuner takes it."""
    image = read_picture(picture.path)
    corners = [(b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2) for b in picture.labels]
    scale = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
    boxes = np.array(corners, np.float32).reshape(-1, 4) * scale
    return Sample(image, boxes, np.array([box.cls for box in picture.labels], np.int64))


def taught(pictures: Iterable[Picture], teacher: OnnxModel) -> Iterator[tuple[Path, Sample]]:
    """The pictures that the teacher can label without much doubt, no larger than the network's input."""
    for picture in pictures:
        image = read_picture(picture.path)
        sample = pseudo_label(image, teacher.detect(image, DOUBTFUL), SURE)
        if sample is not None:
            yield picture.path, _shrunk(sample)


def _shrunk(sample: Sample) -> Sample:
    height, width = sample.image.shape[:2]
    ratio = min(1.0, SIZE[1] / max(height, width))
    small = cv2.resize(sample.image, (round(width * ratio), round(height * ratio)), interpolation=cv2.INTER_AREA)
    return Sample(np.asarray(small, np.uint8), sample.boxes * np.float32(ratio), sample.class_ids)


def frames(video: Path, every: int) -> Iterator[Image]:
    """Every n-th frame of a video file.

    Raises:
        DatasetInvalid: it cannot be opened.
    """
    capture = cv2.VideoCapture(str(video))
    try:
        if not capture.isOpened():
            raise DatasetInvalid(f"{video}: cannot be opened as a video")
        count = 0
        while capture.grab():
            if count % every == 0:
                yield np.asarray(capture.retrieve()[1], np.uint8)
            count += 1
    finally:
        capture.release()


def write_held_out(pictures: Sequence[Picture], folder: Path) -> None:
    """The held-out labelled pictures as a set that `training.evaluate` can measure on."""
    for part in ("images", "labels"):
        (folder / "val" / part).mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        link = folder / "val" / "images" / picture.path.name
        link.unlink(missing_ok=True)
        link.symlink_to(picture.path.resolve())
        lines = "".join(box.line() + "\n" for box in picture.labels)
        (folder / "val" / "labels" / f"{picture.path.stem}.txt").write_text(lines, encoding="utf-8")
    described = {"path": ".", "val": "val/images", "view": "street", "names": dict(enumerate(CLASSES))}
    (folder / "data.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")


def make(
    shared: Path, out: Path, epochs: int = EPOCHS, rate: float = RATE, seed: int = SEED, threads: int = 1
) -> ModelCard:
    """Train, export, measure; writes `street-objects.onnx`, its card and `report.json` into `out`.

    Raises:
        DatasetInvalid, UnsafeWeights, RunExists, and the errors of `models.errors` and `detector.errors`.
    """
    if out.exists() and any(out.iterdir()):
        raise RunExists(f"{out}: holds something already; choose another folder or empty it")
    coco = hold_out(labelled(shared), HELD_OUT)
    known, unseen = streets(shared)
    out.mkdir(parents=True, exist_ok=True)
    with quiet_torch(threads):
        from training.gentle import part_way, tune
        from training.surgery import keep_classes, start_weights, write_onnx

        model = start_weights(shared / "weights" / BASE)
        large = start_weights(shared / "weights" / TEACHER)
        for network, name, size in ((model, "start", SIZE), (large, "teacher", TEACHER_SIZE)):
            keep_classes(network, tuple(COCO.values()), CLASSES)
            write_onnx(network, out / f"{name}.onnx", size)
        teacher = OnnxModel(out / "teacher.onnx", CLASSES, iou=NMS_IOU)
        told = track(known, description="teacher", console=Console(stderr=True))
        street = list(taught(told, teacher))
        lessons = [rehearsal(picture) for picture in coco.train]
        before = {key: value.clone() for key, value in model.state_dict().items()}
        tune(model, [sample for _, sample in street] + lessons * REHEARSALS, SIZE, epochs, rate, seed)
        write_onnx(model, out / "tuned.onnx", SIZE)
        part_way(model, before, SHARE)
        write_onnx(model, out / f"{NAME}.onnx", SIZE)
    write_held_out(coco.val, out / "held-out")
    measured = {name: measure(out / f"{name}.onnx", out / "held-out") for name in MEASURED}
    agreed = agreements(out, teacher, shared, unseen)
    report = {
        name: {"held_out": json.loads(one.report.model_dump_json()), "teacher": agreed[name]}
        for name, one in measured.items()
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    training = Training(
        command=f"python -m training.everyday --shared ../shared --out runs/{NAME}"
        f" --epochs {epochs} --rate {rate:g} --seed {seed}",
        seed=seed,
        base=BASE,
        base_sha256=sha256_of(shared / "weights" / BASE),
        base_licence="AGPL-3.0",
    )
    card = _card(out, measured[NAME], _data(coco.train, coco.val, street), training)
    write_card(card, out / f"{NAME}.json")
    return card


def agreements(
    out: Path, teacher: OnnxModel, shared: Path, unseen: Sequence[Picture]
) -> dict[str, list[dict[str, str | float | int]]]:
    """How far the start weights and the result agree with the teacher on pictures that neither was tuned on.

    One row for each set of pictures, class and confidence.
    """
    sets = {video: list(frames(shared / "video" / video, every)) for video, every in FOOTAGE.items()}
    sets["streets held out"] = [read_picture(picture.path) for picture in unseen]
    told = {name: [teacher.detect(image, DOUBTFUL) for image in images] for name, images in sets.items()}
    rows: dict[str, list[dict[str, str | float | int]]] = {}
    for model in MEASURED:
        detector = OnnxModel(out / f"{model}.onnx", CLASSES, iou=NMS_IOU)
        rows[model] = []
        for name, images in sets.items():
            pairs = list(zip([detector.detect(image, DOUBTFUL) for image in images], told[name], strict=True))
            for label, merged in COMPARED.items():
                for confidence in CONFIDENCES:
                    found = agreement(pairs, merged, SURE, confidence)
                    rows[model].append(
                        {
                            "pictures": f"{name} ({len(images)})",
                            "class": label,
                            "confidence": confidence,
                            **asdict(found),
                            "precision": round(found.precision, 3),
                            "recall": round(found.recall, 3),
                        }
                    )
    return rows


def _data(
    train: Sequence[Picture], val: Sequence[Picture], street: Sequence[tuple[Path, Sample]]
) -> tuple[DataSource, ...]:
    folder, licence, origin = COCO_SET
    sources = [
        DataSource(
            name=folder,
            role=role,
            pictures=len(pictures),
            boxes=sum(len(picture.labels) for picture in pictures),
            licence=licence,
            source=origin,
        )
        for role, pictures in (("train", train), ("val", val))
    ]
    for folder, licence, origin in STREETS:
        used = [sample for path, sample in street if path.parent.parent.as_posix().endswith(folder)]
        sources.append(
            DataSource(
                name=folder,
                role="train",
                pictures=len(used),
                boxes=sum(len(sample.boxes) for sample in used),
                licence=licence,
                source=f"{origin}; labelled by {TEACHER}",
            )
        )
    return tuple(sources)


def _card(out: Path, measured: Measured, data: tuple[DataSource, ...], training: Training) -> ModelCard:
    metrics = measured.report.metrics()
    known = f"half of coco128, held out here but known to the start weights ({metrics.pictures} pictures)"
    thresholds = {name: fit_threshold(matched, WANTED_PRECISION) for name, matched in measured.matched.items()}
    return ModelCard(
        name=NAME,
        version="1",
        classes=CLASSES,
        input=InputSize(width=SIZE[1], height=SIZE[0]),
        file=f"{NAME}.onnx",
        sha256=sha256_of(out / f"{NAME}.onnx"),
        licence="AGPL-3.0-or-later",
        data=data,
        training=training,
        metrics=metrics.model_copy(update={"dataset": known}),
        default_confidence=0.25,
        thresholds={
            name: fitted
            for name, fitted in thresholds.items()
            if fitted.reached and metrics.per_class[name].boxes >= ENOUGH  # the default is wiser than a guess from few
        },
        nms_iou=NMS_IOU,
        blind=BLIND,
        created=datetime.now(UTC).replace(microsecond=0),
    )


def main(
    shared: Annotated[Path, typer.Option(help="the folder that holds data/, video/ and weights/")] = Path("../shared"),
    out: Annotated[Path, typer.Option(help="an empty folder for the model, its card and the report")] = Path("runs")
    / NAME,
    epochs: Annotated[int, typer.Option(min=1)] = EPOCHS,
    rate: Annotated[float, typer.Option(min=0, help="highest learning rate")] = RATE,
    seed: int = SEED,
    threads: Annotated[int, typer.Option(min=1, help="more than one stalls on a busy machine")] = 1,
) -> None:
    """Make street-objects, for example: python -m training.everyday --shared ../shared --out runs/street-objects"""
    try:
        card = make(shared, out, epochs, rate, seed, threads)
    except (TrainingError, ModelError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(card.model_dump_json())


if __name__ == "__main__":
    typer.run(main)
