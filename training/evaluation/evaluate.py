"""Measure a detector on labelled pictures that it was not trained on, exactly as the product runs it.

    python -m training.evaluation.evaluate aerial-stalls runs/data/aerial-stalls

Pre- and post-processing are the detector's own, one thread, ONNX Runtime. No torch.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from detector.errors import DetectorError
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from detector.vision.pixels import read_picture, suppress
from models.card import ClassMetrics, Interval, ModelCard
from models.errors import ModelError
from models.registry import class_names, find_model, model_path, verify
from training.datasets.labels import LabelledPicture, YoloSet, check_split, open_set, read_pictures
from training.datasets.layouts import is_there, labels_in_words
from training.errors import DatasetInvalid, ModelUnreadable, TrainingError
from training.evaluation.average_precision import Matched, PictureMatches, Scores, Spread, match, score
from training.evaluation.report_models import Beside, Report
from training.evaluation.thresholds import WANTED_PRECISION, fit_threshold

ADVERTISING = ("signboard", "cantilever_sign", "window_ad")
"""Taken as one class for `advertising`: a rule asks whether an advertisement is there, rarely of which kind."""

NMS_IOU = 0.6
"""Boxes of one class that overlap more than this are one thing."""

PICKLES = frozenset({".pt", ".pth", ".pkl", ".ckpt"})
"""Endings of files that are never opened here."""

_EVERYTHING = 0.001  # confidence: AP needs the whole curve
_MOST = 300  # detections of a picture, surest first, of the classes that are measured
_TIMED = 30  # pictures
_BRIEF = 5.0  # milliseconds: a look that takes longer is timed once


@dataclass(frozen=True, slots=True)
class PredictedPicture:
    """One picture: what the model saw, and its labelled boxes (m, 4) in pixels with their class indices (m,)."""

    path: Path
    detections: Detections
    truth: NDArray[np.float32]
    truth_ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """A report and what it was computed from: by class the matches, and every picture that was looked at.

    `confidence`: for each class, from which on the product believes it: its card's threshold, or one fitted here.
    """

    report: Report
    matched: dict[str, Matched]
    seen: tuple[PredictedPicture, ...]
    confidence: dict[str, float]


def evaluate(model: str | Path, dataset: Path, *, progress: bool = False) -> Report:
    """Measure a model on the val side of a data set.

    Args:
        model: a name in the registry, or an ONNX file with its class names inside.
        dataset: a folder with `data.yaml`; its classes are among the model's.

    Raises:
        DatasetInvalid: the data set cannot be read, or nothing can be measured on it.
        ModelUnreadable: what is to be measured is no ONNX detector of ours.
        ModelError: the model of that name is unknown, missing or changed (`models.errors`).
        DetectorError: a picture cannot be read, or the network is no detector (`detector.errors`).
    """
    return measure(model, dataset, progress=progress).report


def measure(
    model: str | Path | OnnxModel,
    dataset: Path,
    *,
    beside: str | Path | OnnxModel | None = None,
    progress: bool = False,
    known_only: bool = False,
) -> Measured:
    """As `evaluate`, and keep what the figures came from; `beside` is timed in the same run, and not measured.

    `model` may also be a detector that is loaded already, e.g. on another engine. `known_only` leaves out the classes
    that the model does not know, in place of refusing the data set.
    """
    described = open_set(dataset)
    detector, card = open_model(model)
    other = None if beside is None else open_model(beside)[0]
    strangers = [name for name in described.measured if name not in detector.names]
    if strangers and not (known_only and len(strangers) < len(described.measured)):
        raise DatasetInvalid(
            f"{dataset}: class {strangers[0]!r} is unknown to {detector.name} ({', '.join(detector.names)})"
        )
    pictures = _read_val(described)
    seen: list[PredictedPicture] = []
    times: list[float] = []
    other_times: list[float] = []
    bar = Console(stderr=True)  # standard output is for the result
    for picture in track(pictures, description=detector.name, disable=not progress, transient=True, console=bar):
        image = read_picture(picture.path)
        seen.append(_look(detector, image, picture, described.measured))
        if len(times) < _TIMED:
            mine, *theirs = _time([detector] if other is None else [detector, other], image)
            times.append(mine)
            other_times += theirs
    matched = {
        name: match([_of_class(one, (name,), described.measured) for one in seen])
        for name in described.measured
        if name not in strangers
    }
    each, mean = score(list(matched.values()))
    report = Report(
        model=detector.name,
        dataset=dataset.name,
        map50=round(mean.ap50.value, 4),
        map50_95=round(mean.ap50_95.value, 4),
        map50_interval=_interval(mean.ap50),
        map50_95_interval=_interval(mean.ap50_95),
        per_class={name: _class_metrics(matched[name], scores) for name, scores in zip(matched, each, strict=True)},
        merged=_merged(seen, detector.names, described.measured, detector.iou),
        images=len(pictures),
        boxes=sum(len(picture.labels) for picture in pictures),
        latency_ms=_median(times),
        beside=None if other is None else Beside(model=other.name, latency_ms=_median(other_times)),
    )
    confidence = {
        name: card.confidence_for(name) if card else fit_threshold(of_class, WANTED_PRECISION).confidence
        for name, of_class in matched.items()
    }
    return Measured(report, matched, tuple(seen), confidence)


def _median(milliseconds: Sequence[float]) -> float:
    # not coarser: ratios are taken of it, and small networks need a fraction of a millisecond
    return round(float(np.median(milliseconds)), 3)


def _read_val(described: YoloSet) -> tuple[LabelledPicture, ...]:
    """Return the pictures to measure on.

    Refused where they show nothing, or are copies of what stands under `train`.
    """
    pictures = read_pictures(described.val, len(described.measured))
    if not any(picture.labels for picture in pictures):
        raise DatasetInvalid(
            f"{labels_in_words(described.val)}: no box in any file; nothing can be measured on this set"
        )
    if described.train is not None and is_there(described.train):  # a set may be handed on to be measured on alone
        check_split(read_pictures(described.train, len(described.names)), pictures)
    return pictures


def open_model(model: str | Path | OnnxModel) -> tuple[OnnxModel, ModelCard | None]:
    """Return a detector, and its card where it has one."""
    if isinstance(model, OnnxModel):
        return model, None
    path = Path(model)
    if path.suffix.lower() in PICKLES:
        raise ModelUnreadable(
            f"{path}: a {path.suffix} file is a pickle, and opening it can run its code: give an ONNX file; "
            "`python -m training.networks.export` makes one of the known start weights"
        )
    if isinstance(model, str) and path.suffix != ".onnx":
        card = find_model(model)
        verify(card)
        return OnnxModel(model_path(card), card.classes, iou=card.nms_iou, name=card.name), card
    if not path.is_file():
        raise ModelUnreadable(f"{path}: no such file; give an ONNX file or the name of a model in the registry")
    names = class_names(path)
    if not names:
        raise ModelUnreadable(
            f"{path}: its class names are not written in the file; export it with `python -m training.networks.export`"
        )
    return OnnxModel(path, names, iou=NMS_IOU), None


def _look(detector: OnnxModel, image: Image, picture: LabelledPicture, measured: tuple[str, ...]) -> PredictedPicture:
    height, width = image.shape[:2]
    corners = [
        (box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2)
        for box in picture.labels
    ]
    truth = np.array(corners, np.float32).reshape(-1, 4) * np.array([width, height] * 2, np.float32)
    found = detector.detect(image, _EVERYTHING).of_class(*measured)
    ids = np.array([box.cls for box in picture.labels], np.int64)
    return PredictedPicture(picture.path, found[np.arange(min(_MOST, len(found)))], truth, ids)


def _time(detectors: Sequence[OnnxModel], image: Image) -> list[float]:
    """Milliseconds of this thread's CPU time, of each: the latency on a core of its own, whatever the machine does.

    In turns, so that what slows the machine slows all. The least of several looks where one is so brief that a cold
    cache or an interruption decides how long it takes.
    """
    looks: list[list[float]] = [[] for _ in detectors]
    while min(map(sum, looks)) < _BRIEF:
        for detector, times in zip(detectors, looks, strict=True):
            begun = time.thread_time()
            detector.detect(image)
            times.append((time.thread_time() - begun) * 1000)
    return [min(times) for times in looks]


def _of_class(seen: PredictedPicture, wanted: tuple[str, ...], labelled: tuple[str, ...]) -> PictureMatches:
    """Return the classes `wanted`, taken as one, in one picture."""
    found = seen.detections.of_class(*wanted)
    ids = [index for index, name in enumerate(labelled) if name in wanted]
    return PictureMatches(found.boxes, found.scores, seen.truth[np.isin(seen.truth_ids, ids)])


def _merged(
    seen: Sequence[PredictedPicture], model: tuple[str, ...], labelled: tuple[str, ...], iou: float
) -> dict[str, ClassMetrics]:
    """Any advertising as one class: doubles of one thing under two names are dropped, as within a class."""
    if sum(name in model for name in ADVERTISING) < 2 or not any(name in labelled for name in ADVERTISING):
        return {}
    looked = []
    for one in seen:
        every = _of_class(one, ADVERTISING, labelled)
        keep = suppress(every.boxes, every.scores, np.zeros(len(every.scores), np.int64), iou)
        looked.append(PictureMatches(every.boxes[keep], every.scores[keep], every.truth))
    matched = match(looked)
    (scores,), _ = score([matched])
    return {"advertising": _class_metrics(matched, scores)}


def _class_metrics(matched: Matched, scores: Scores) -> ClassMetrics:
    return ClassMetrics(
        pictures=int((matched.labelled > 0).sum()),
        boxes=int(matched.labelled.sum()),
        ap50=_card_interval(scores.ap50),
        ap50_95=_card_interval(scores.ap50_95),
    )


def _interval(spread: Spread) -> tuple[float, float]:
    return round(spread.low, 4), round(spread.high, 4)


def _card_interval(spread: Spread) -> Interval:
    return Interval(value=round(spread.value, 4), low=round(spread.low, 4), high=round(spread.high, 4))


def main(
    model: Annotated[str, typer.Argument(help="a registered model's name, or an ONNX file")],
    dataset: Annotated[Path, typer.Argument(help="folder with data.yaml")],
) -> None:
    """Measure a model, for example: python -m training.evaluation.evaluate street-ads runs/data/street-ads"""
    try:
        report = evaluate(model, dataset, progress=True)
    except (TrainingError, ModelError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(report.model_dump_json())


if __name__ == "__main__":
    typer.run(main)
