"""From a finished run to a model with its card: export, measure, fit thresholds.

python -m training.publish aerial-1 runs/data/aerial-stalls --name aerial-stalls --version 1
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from detector.errors import DetectorError
from models.card import DataSource, InputSize, Metrics, ModelCard, Threshold, Training, write_card
from models.errors import ModelError
from models.registry import WEIGHTS, list_models, sha256_of, verify
from training.datasets.labels import open_set
from training.errors import DatasetInvalid, TrainingError
from training.evaluation.evaluate import NMS_IOU, Measured, measure
from training.evaluation.evaluate_views import measure_views
from training.evaluation.thresholds import WANTED_PRECISION, fit_threshold
from training.networks.export import export_onnx
from training.networks.two_head_export import export_beside
from training.runs.run import Run, read_run

DEFAULT_CONFIDENCE = 0.25
"""Of classes without a fitted threshold."""

ENOUGH = 10
"""Labelled boxes from which on a class of another set gets a threshold of its own: the default beats a guess."""

_PRECISION = {"above": 0.93, "oblique": 0.95}
"""Of views that want more than the usual: a flight shows each thing in several frames, so a frame that misses it costs
little, and each crown of a tree that is taken for a canopy costs a reviewer a look."""

_BLIND = {
    "above": (
        "oblique views: trained on straight-down pictures alone, it finds next to nothing in oblique drone frames",
        "other ground resolutions: nine in ten of its stalls are 60 to 100 px long at 640 px a tile; cut large frames "
        "into tiles that show them so",
    ),
    "oblique": (
        "the figures are of rendered streets that were not trained on: no labelled oblique pictures of real stalls "
        "could be had, so how well it sees real ones is not known from this card",
        "things under 25 px",
        "banner, a_board, goods_outside_shop: few are found",
        "night and rain: drawn over rendered daylight, in the set and among the pictures that it is measured on",
    ),
    "pole": (
        "stalls: learned from rendered ones in real views; few real ones could be had, and those it is measured on "
        "(see the card's counts) are of five cameras: the figures of another city may be far from these",
        "stalls under about 14 px high in the 960x544 input; look at tiles where they are farther",
        "cafe terraces, kiosks of masonry and shut shops are told from stalls by luck",
        "banner, goods_outside_shop, a_board: a handful of real examples each",
        "night, rain and infra-red are drawn over daylight; hardly any are among what it is measured on",
        "thresholds are fitted on the views that the figures are of",
    ),
    "street": (
        "window_ad: few examples; posters behind glass are missed",
        "streets of countries that no set of its training shows: not measured",
        "everyday objects are kept, not generalised: the start weights have seen these pictures in their own training",
        "a person under about 12 pixels high, or a vehicle under about 10, in the 640x384 input",
        "bags and suitcases left on the ground; carts and tricycles with goods are no class of COCO",
        "night, rain and snow: hardly any in the set",
    ),
}


def publish(
    run: Run,
    dataset: Path,
    name: str,
    version: str,
    *,
    also: Sequence[Path] = (),
    beside: Path | None = None,
    folder: Path = WEIGHTS,
    before: ModelCard | None = None,
    progress: bool = False,
) -> ModelCard:
    """Export a run, measure it on its data set's val side and write `name.onnx` and `name.json` into `folder`.

    `also`: sets for the classes that the val side does not label; the card's means stay those of the val side. Of
    cameras on poles: sets on which the thresholds must hold too.

    `beside`: start weights that say the classes of `also` in place of the run, see `training.networks.two_head_export`.

    `before`: the model that the run went on from, where it is neither in the registry nor in `folder`; the card says
    what that one was trained on, too.

    The card is written last: until then the registry refuses the new file, as its hash is not the old card's.

    Raises:
        TrainingError: the run or a data set cannot be used.
        ModelError: the model's card or file cannot be used.
        DetectorError: a picture cannot be read, or the exported network is no detector.
    """
    described = open_set(dataset)
    command, data = _history(run, folder, before)
    told = [source for one in (dataset, *also) for source in _sources(one)]
    data += [one for number, one in enumerate(told) if one not in told[:number]]
    folder.mkdir(parents=True, exist_ok=True)
    path, names = folder / f"{name}.onnx", described.learned
    if beside is None:
        export_onnx(run, path)
    else:
        more = tuple(dict.fromkeys(n for one in also for n in open_set(one).names))
        names = export_beside(run, beside, more, path)
    metrics, thresholds = _measured(path, names, dataset, also, progress)
    card = ModelCard(
        name=name,
        version=version,
        classes=names,
        input=InputSize(width=run.input_size[0], height=run.input_size[1]),
        file=path.name,
        sha256=sha256_of(path),
        licence="AGPL-3.0-or-later",
        data=tuple(data),
        training=Training(
            command=command if beside is None else f"{command}; {beside.name} beside it",
            seed=run.seed,
            base=run.base,
            base_sha256=run.base_sha256 or None,
            base_licence="AGPL-3.0",
        ),
        metrics=metrics,
        default_confidence=DEFAULT_CONFIDENCE,
        thresholds=thresholds,
        nms_iou=NMS_IOU,
        blind=_BLIND.get(described.view, ()),
        created=datetime.now(UTC).replace(microsecond=0),
    )
    write_card(card, folder / f"{name}.json")
    card = card.model_copy(update={"folder": folder})
    verify(card)
    return card


def _history(run: Run, folder: Path, known: ModelCard | None) -> tuple[str, list[DataSource]]:
    """Return the run's command after that of the model it began from, and what that one was trained on.

    Its successor was too.

    Looked for in the registry and in `folder`; nothing comes before a run that began from start weights.
    """
    every = [card for place in dict.fromkeys((folder, WEIGHTS)) if place.is_dir() for card in list_models(place)]
    before = next((card for card in [*([known] if known else []), *every] if card.sha256 == run.base_sha256), None)
    if before is None:
        return run.command, []
    mark = f", for {before.name}"
    return f"{before.training.command} && {run.command}", [
        source if mark in source.name else source.model_copy(update={"name": f"{source.name}{mark} {before.version}"})
        for source in before.data
        if source.role == "train"
    ]


def _measured(
    path: Path, names: tuple[str, ...], dataset: Path, also: Sequence[Path], progress: bool
) -> tuple[Metrics, dict[str, Threshold]]:
    """Return figures and fitted thresholds of `dataset`, and of `also` those of the classes it does not measure."""
    described = open_set(dataset)
    if described.unsure:
        return measure_views(path, names, dataset, also=also, progress=progress)
    precision = _PRECISION.get(described.view, WANTED_PRECISION)
    measured = measure(path, dataset, progress=progress)
    metrics, thresholds = measured.report.metrics(), _thresholds(measured, precision)
    for extra in also:
        more = measure(path, extra, progress=progress)
        shown = {n: one for n, one in more.report.per_class.items() if one.boxes and n not in metrics.per_class}
        metrics = metrics.model_copy(
            update={
                "dataset": f"{metrics.dataset}; {', '.join(shown)}: {more.report.dataset}",
                "per_class": {**metrics.per_class, **shown},
            }
        )
        fitted = _thresholds(more, precision)
        thresholds.update({n: fitted[n] for n, one in shown.items() if one.boxes >= ENOUGH and n in fitted})
    return metrics, thresholds


def _sources(dataset: Path) -> tuple[DataSource, ...]:
    sources = open_set(dataset).folder / "sources.json"
    if not sources.is_file():
        raise DatasetInvalid(
            f"{sources}: no such file; a card names its data: build the set with `python -m training.datasets.recipes`"
        )
    return TypeAdapter(tuple[DataSource, ...]).validate_json(sources.read_bytes())


def _thresholds(measured: Measured, wanted_precision: float) -> dict[str, Threshold]:
    """Of each class; what never gets precise enough is not shown more often for it."""
    fitted = {name: fit_threshold(matched, wanted_precision) for name, matched in measured.matched.items()}
    return {name: one for name, one in fitted.items() if one.reached or one.confidence >= DEFAULT_CONFIDENCE}


def main(
    run: Annotated[str, typer.Argument(help="name of a finished run under runs/")],
    dataset: Annotated[Path, typer.Argument(help="the data set it was trained on")],
    name: Annotated[str, typer.Option(help="name of the model")],
    version: Annotated[str, typer.Option()] = "1",
    beside: Annotated[
        Path | None,
        typer.Option(help="start weights, to say the classes of --also in place of the run"),
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="a set for classes that the data set does not measure, or for thresholds of poles"),
    ] = None,
) -> None:
    """Publish a run, for example: python -m training.publish street-1 runs/data/street-ads --name street-ads"""
    try:
        card = publish(
            read_run(Path("runs") / run), dataset, name, version, also=also or (), beside=beside, progress=True
        )
    except (TrainingError, ModelError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(card.model_dump_json())


if __name__ == "__main__":
    typer.run(main)
