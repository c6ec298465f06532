"""Measure a detector on fixed-camera views: unsure boxes count neither way, and every view weighs the same.

    python -m training.evaluation.evaluate_views street-cameras runs/data/street-cameras
    python -m training.evaluation.evaluate_views street-cameras runs/data/street-cameras --tiled

Many pictures of one view are one scene, so a picture weighs one over the pictures of its view, and the intervals come
from a bootstrap over views, not over pictures. Counts are of boxes, and of views.
"""

import time
from collections import Counter
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
from detector.vision.boxes import overlap
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.pixels import read_picture, suppress
from detector.vision.tiles import detect_tiled
from models.card import ClassMetrics, Interval, Metrics, Threshold
from models.errors import ModelError
from training.datasets.labels import Label, YoloSet, open_set, read_labels, read_pictures
from training.datasets.pole_views import SIGNS
from training.errors import TrainingError
from training.evaluation.average_precision import Matched, PictureMatches, match
from training.evaluation.evaluate import NMS_IOU, open_model
from training.evaluation.thresholds import DEFAULT_CONFIDENCE

PRECISION = 0.7
"""At which recall is told."""

ANY_SIGN = "any sign"
_TIMED = 20  # pictures
_TILE = 0.56  # of the picture's width: two by two, with an overlap of a fifth of a tile
_IN_UNSURE = 0.5  # share of a detection in an unsure box from which on it is neither right nor wrong
_EVERYTHING = 0.005
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class ViewPicture:
    """One picture: what was seen, what is labelled (boxes (n, 4), class names), what is unsure, for which classes."""

    path: Path
    view: str
    found: Detections
    truth: NDArray[np.float32]
    truth_names: tuple[str, ...]
    unsure: NDArray[np.float32]
    unsure_of: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one class, or several taken as one: counts, AP and recall at a precision (IoU 0.50), with intervals."""

    name: str
    boxes: int
    pictures: int
    views: int
    ap50: Interval
    ap50_95: Interval
    recall: Interval
    confidence: float  # the lowest that has this precision


def look(model: OnnxModel, dataset: Path, *, tiled: bool = False, progress: bool = False) -> tuple[ViewPicture, ...]:
    """Return what a model sees in the val side of a set; `tiled`: in two by two tiles besides."""
    described = open_set(dataset)
    found = []
    pictures = read_pictures(described.val, len(described.measured))
    for picture in track(pictures, description=model.name, disable=not progress, console=Console(stderr=True)):
        image = read_picture(picture.path)
        size = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        tile = round(image.shape[1] * _TILE)
        seen = detect_tiled(model, image, tile, 0.2, _EVERYTHING) if tiled else model.detect(image, _EVERYTHING)
        unsure, names = _unsure(described, picture.path)
        found.append(
            ViewPicture(
                path=picture.path,
                view=picture.path.stem.split("_")[0],
                found=seen,
                truth=_corners(picture.labels) * size,
                truth_names=tuple(described.measured[box.cls] for box in picture.labels),
                unsure=_corners(unsure) * size,
                unsure_of=names,
            )
        )
    return tuple(found)


def _unsure(described: YoloSet, picture: Path) -> tuple[tuple[Label, ...], tuple[tuple[str, ...], ...]]:
    path = picture.parent.parent / "ignored" / f"{picture.stem}.txt"
    labels = read_labels(path, len(described.names)) if path.is_file() else ()
    left_open = dict(described.unsure)
    return labels, tuple(left_open[described.names[box.cls]] for box in labels)


def _corners(labels: Sequence[Label]) -> NDArray[np.float32]:
    found = [(b.x - b.width / 2, b.y - b.height / 2, b.x + b.width / 2, b.y + b.height / 2) for b in labels]
    return np.array(found, np.float32).reshape(-1, 4)


def of_classes(seen: ViewPicture, wanted: Sequence[str], iou: float = 0.5) -> PictureMatches:
    """Return the classes `wanted`, taken as one, without what is seen in unsure boxes beside every labelled one."""
    found = seen.found.of_class(*wanted)
    boxes, scores = found.boxes, found.scores
    if len(wanted) > 1:
        keep = suppress(boxes, scores, np.zeros(len(scores), np.int64), iou)
        boxes, scores = boxes[keep], scores[keep]
    truth = seen.truth[[name in wanted for name in seen.truth_names]].reshape(-1, 4)
    left_open = [set(wanted) <= set(names) for names in seen.unsure_of]
    unsure = seen.unsure[left_open].reshape(-1, 4)
    if len(boxes) and len(unsure):
        right = overlap(boxes, truth)[0].max(axis=1) >= 0.5 if len(truth) else np.zeros(len(boxes), bool)
        counted = right | (_share_inside(boxes, unsure) < _IN_UNSURE)
        boxes, scores = boxes[counted], scores[counted]
    return PictureMatches(boxes, scores, truth)


def _share_inside(boxes: NDArray[np.float32], areas: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the largest share of each box that lies in one of `areas`."""
    sides = np.minimum(boxes[:, None, 2:], areas[None, :, 2:]) - np.maximum(boxes[:, None, :2], areas[None, :, :2])
    common = np.prod(np.clip(sides, 0, None), axis=2).astype(np.float64)
    size = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).astype(np.float64)
    inside: NDArray[np.float64] = common.max(axis=1) / np.maximum(size, 1e-9)
    return inside


def figure(seen: Sequence[ViewPicture], name: str, wanted: Sequence[str], precision: float = PRECISION) -> Figure:
    """Return the figures of some classes taken as one."""
    matched = match([of_classes(one, wanted) for one in seen])
    views = np.array([one.view for one in seen])
    weight = view_weights(views.tolist())
    draws = [weight * times for times in _bootstrap(views)]
    showing = matched.labelled > 0
    return Figure(
        name=name,
        boxes=int(matched.labelled.sum()),
        pictures=int(showing.sum()),
        views=len(set(views[showing].tolist())),
        ap50=_spread([float(matched.ap(w)[0]) for w in (weight, *draws)]),
        ap50_95=_spread([float(matched.ap(w).mean()) for w in (weight, *draws[:200])]),
        recall=_spread([recall_at(matched, w, precision)[0] for w in (weight, *draws)]),
        confidence=recall_at(matched, weight, precision)[1],
    )


def recall_at(matched: Matched, weight: NDArray[np.float64], precision: float) -> tuple[float, float]:
    """Recall (IoU 0.50) where precision is last at least `precision`, and the confidence there; 0 and 1 if never."""
    labelled = float(matched.labelled @ weight)
    if labelled == 0:
        return float("nan"), 1.0
    each = weight[matched.picture]
    hits, seen = np.cumsum(matched.right[:, 0] * each), np.cumsum(each)
    # only after the last of equal scores is the cut possible
    possible = np.append(matched.scores[1:] != matched.scores[:-1], True)[: len(seen)]
    good = np.flatnonzero(possible & (hits >= precision * seen) & (hits > 0))
    if not len(good):
        return 0.0, 1.0
    return float(hits[good[-1]] / labelled), float(matched.scores[good[-1]])


def at_confidence(
    seen: Sequence[ViewPicture], wanted: Sequence[str], confidence: float
) -> dict[str, tuple[int, int, int]]:
    """By view: boxes found, boxes labelled, false alarms, from this confidence on."""
    table: dict[str, tuple[int, int, int]] = {}
    for one in seen:
        looked = of_classes(one, wanted)
        sure = looked.scores >= confidence
        matched = match([PictureMatches(looked.boxes[sure], looked.scores[sure], looked.truth)])
        found = int(matched.right[:, 0].sum())
        was = table.get(one.view, (0, 0, 0))
        table[one.view] = was[0] + found, was[1] + len(looked.truth), was[2] + int(sure.sum()) - found
    return table


def _bootstrap(views: NDArray[np.str_], seed: int = 0) -> list[NDArray[np.float64]]:
    names = np.unique(views)
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=_DRAWS)
    return [draw.astype(np.float64)[np.searchsorted(names, views)] for draw in draws]


def _spread(values: Sequence[float]) -> Interval:
    drawn = np.array(values[1:])
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(values[0]) or not len(drawn):
        return Interval(value=0, low=0, high=0)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value=round(values[0], 4), low=round(float(low), 4), high=round(float(high), 4))


def class_metrics(one: Figure) -> ClassMetrics:
    """As a card tells it."""
    return ClassMetrics(pictures=one.pictures, boxes=one.boxes, ap50=one.ap50, ap50_95=one.ap50_95)


def figures(seen: Sequence[ViewPicture], names: Sequence[str]) -> tuple[Figure, ...]:
    """Return each class by itself, and any sign as one where there are several."""
    each = [figure(seen, name, (name,)) for name in names]
    signs = [name for name in names if name in SIGNS]
    return (*each, figure(seen, ANY_SIGN, signs)) if len(signs) > 1 else tuple(each)


def measure_views(
    path: Path,
    names: tuple[str, ...],
    dataset: Path,
    *,
    also: Sequence[Path] = (),
    precision: float = PRECISION,
    progress: bool = False,
) -> tuple[Metrics, dict[str, Threshold]]:
    """Return the figures of a card and its thresholds, fitted on the same views; whole pictures, not tiled.

    `also`: sets on which a class must be as precise: its threshold is the highest that one of the sets asks for. What
    the thresholds say of precision and recall is of `dataset` alone.
    """
    model = OnnxModel(path, names, iou=NMS_IOU)
    seen = look(model, dataset, progress=progress)
    each = [figure(seen, name, (name,)) for name in names]
    every = figures(seen, names)
    shown = [one for one in each if one.boxes]
    metrics = Metrics(
        dataset=dataset.name,
        pictures=len(seen),
        boxes=sum(one.boxes for one in each),
        map50=_mean([one.ap50 for one in shown]),
        map50_95=_mean([one.ap50_95 for one in shown]),
        per_class={one.name: class_metrics(one) for one in each},
        merged={"advertising": class_metrics(every[-1])} if every[-1].name == ANY_SIGN else {},
        latency_ms=_latency(model, [one.path for one in seen]),
    )
    lowest: dict[str, float] = {}
    for more in also:
        if open_set(more).val == open_set(dataset).val:
            continue  # another set to train on
        there = look(model, more, progress=progress)
        for name in set(open_set(more).measured) & set(names):
            asked = figure(there, name, (name,), precision)
            if asked.recall.value > 0:
                lowest[name] = max(asked.confidence, lowest.get(name, 0.0))
    return metrics, {one.name: threshold(seen, one, precision, lowest.get(one.name, 0.0)) for one in shown}


def _mean(parts: Sequence[Interval]) -> Interval:
    # an interval of the mean would want common draws; the mean of the intervals is wider, never narrower
    return Interval(
        value=round(float(np.mean([one.value for one in parts])), 4),
        low=round(float(np.mean([one.low for one in parts])), 4),
        high=round(float(np.mean([one.high for one in parts])), 4),
    )


def _latency(model: OnnxModel, paths: Sequence[Path]) -> float:
    times = []
    for path in paths[:_TIMED]:
        image = read_picture(path)
        begun = time.thread_time()
        model.detect(image)
        times.append((time.thread_time() - begun) * 1000)
    return round(float(np.median(times)), 1)


def threshold(seen: Sequence[ViewPicture], one: Figure, precision: float, lowest: float = 0.0) -> Threshold:
    """Return where precision is reached, not under `lowest`; where it never is, the best F1 from DEFAULT_CONFIDENCE on.

    Views weigh the same.
    """
    matched = match([of_classes(picture, (one.name,)) for picture in seen])
    weight = view_weights([picture.view for picture in seen])
    each = weight[matched.picture]
    hits, found = np.cumsum(matched.right[:, 0] * each), np.cumsum(each)
    right, recalls = hits / np.maximum(found, 1e-9), hits / max(float(matched.labelled @ weight), 1e-9)
    reached = one.recall.value > 0
    least = max(one.confidence, lowest) if reached else DEFAULT_CONFIDENCE
    if reached:
        at = int((matched.scores >= least).sum()) - 1
    else:
        f1 = np.where(matched.scores >= least, 2 * right * recalls / np.maximum(right + recalls, 1e-9), -1.0)
        at = int(np.argmax(f1)) if len(f1) and f1.max() >= 0 else -1
        least = max(float(matched.scores[at]), least) if at >= 0 else least
    if at < 0 or right[at] == 0:  # never right: not to be shown
        return Threshold(confidence=1.0, precision=0.0, recall=0.0, wanted_precision=precision, reached=False)
    return Threshold(
        confidence=float(np.floor(least * 1000) / 1000),
        precision=round(float(right[at]), 4),
        recall=round(float(recalls[at]), 4),
        wanted_precision=precision,
        reached=reached,
    )


def view_weights(views: Sequence[str]) -> NDArray[np.float64]:
    """Of each picture: one over the pictures of its view."""
    counts = Counter(views)
    return np.array([1 / counts[view] for view in views])


def main(
    model: Annotated[str, typer.Argument(help="a registered model's name, or an ONNX file")],
    dataset: Annotated[Path, typer.Argument(help="made by `python -m training.datasets.pole_set`")],
    tiled: Annotated[bool, typer.Option(help="in two by two tiles and as a whole")] = False,
    views: Annotated[bool, typer.Option(help="stalls view by view, too")] = False,
) -> None:
    """Measure. Example: python -m training.evaluation.evaluate_views street-cameras runs/data/street-cameras --tiled"""
    try:
        detector, _ = open_model(model)
        described = open_set(dataset)
        seen = look(detector, dataset, tiled=tiled, progress=True)
    except (TrainingError, ModelError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    names = [name for name in described.measured if name in detector.names]
    typer.echo(f"class\tboxes\tpictures\tviews\tAP50\trecall at precision {PRECISION}\tconfidence")
    for one in figures(seen, names):
        typer.echo(
            f"{one.name}\t{one.boxes}\t{one.pictures}\t{one.views}\t{_interval(one.ap50)}\t{_interval(one.recall)}\t"
            f"{one.confidence:.3f}"
        )
    if views:
        sure = figure(seen, "stall", ("stall",)).confidence
        for view, (found, labelled, false) in at_confidence(seen, ("stall",), sure).items():
            if labelled or false:
                typer.echo(f"{view}\t{found} of {labelled} stalls, {false} false")


def _interval(one: Interval) -> str:
    return f"{one.value:.3f} ({one.low:.2f}-{one.high:.2f})"


if __name__ == "__main__":
    typer.run(main)
