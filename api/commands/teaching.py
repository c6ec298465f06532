"""`streetwarden train` and `evaluate`: a better model out of labelled pictures, and how good a model is."""

from pathlib import Path
from typing import Annotated

import typer

from api.errors import ExtraMissing
from api.printing import AsJson, emit
from training.evaluate import evaluate as measure
from training.finetune import finetune

Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="A folder with data.yaml, images/ and labels/.")]


def train(
    dataset: Dataset,
    base: Annotated[str, typer.Option(help="Start weights: a .pt file whose hash is known.")],
    name: Annotated[str | None, typer.Option(help="The run's name; the data set's when absent.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on a data set into runs/NAME.

    Example: streetwarden train runs/data/aerial-stalls --base ../shared/weights/yolo11n.pt
    """
    try:
        run = finetune(dataset, base, name or dataset.name, resume=resume)
    except ImportError as error:
        raise ExtraMissing(f"training needs {error.name}: pip install 'streetwarden[training]'") from error
    emit({"run": str(run.folder)}, f"trained: {run.folder}", as_json)


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name, or an ONNX file.")],
    dataset: Dataset,
    as_json: AsJson = False,
) -> None:
    """Measure a model on the pictures that a data set holds out.

    Example: streetwarden evaluate aerial-stalls runs/data/aerial-stalls --json
    """
    report = measure(model, dataset, progress=True)
    record: dict[str, object] = report.model_dump(mode="json")
    emit(record, f"mAP50 {report.map50:.3f}, mAP50-95 {report.map50_95:.3f} on {report.images} pictures", as_json)


def register(app: typer.Typer) -> None:
    """Add this file's commands to the application."""
    app.command()(train)
    app.command()(evaluate)
