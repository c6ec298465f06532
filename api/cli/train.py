"""`streetwarden train` and `evaluate`: a better model out of labelled pictures, and how good a model is."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from api.cli.model_report import figure_lines
from api.console import AsJson, print_error, print_json
from api.errors import ExtraMissing
from training.evaluation.evaluate import measure
from training.finetune import finetune
from training.report import report_run, write_report
from training.runs.progress import REPORT

Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="A folder with data.yaml, images/ and labels/.")]

app = typer.Typer(rich_markup_mode=None)


@app.command()
def train(
    dataset: Dataset,
    base: Annotated[
        str, typer.Option(help="Start weights (a .pt file whose hash is known), or the model to go on from.")
    ],
    name: Annotated[str | None, typer.Option(help="The run's name; the data set's when absent.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on a data set into runs/NAME, and report there what it is good at.

    Example: streetwarden train runs/data/aerial-stalls --base ../shared/weights/yolo11n.pt
    Example: streetwarden train my-labels --base aerial-stalls --name my-stalls
    """
    try:
        run = finetune(dataset, base, name or dataset.resolve().name, resume=resume)
        report = report_run(run, dataset, progress=True).figures
    except ImportError as error:
        raise ExtraMissing(f"training needs {error.name}: pip install 'streetwarden[training]'") from error
    record = {"run": str(run.folder), "map50": report.map50, "map50_95": report.map50_95}
    print_json(record, f"trained: {run.folder}\nreport:  {run.folder / REPORT}\nmAP50:   {report.map50:.3f}", as_json)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name, or an ONNX file.")],
    dataset: Dataset,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write curves, confusions and the worst mistakes there.", file_okay=False),
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Another model or ONNX file, timed in turns with the first."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on the pictures that a data set holds out.

    Example: streetwarden evaluate aerial-stalls runs/data/aerial-stalls --report runs/aerial-stalls-report
    """
    if report is not None and find_spec("matplotlib") is None:
        raise ExtraMissing("a report needs matplotlib: pip install 'streetwarden[training]'")
    measured = measure(model, dataset, beside=beside, progress=True)
    if report is not None:
        write_report(measured, report)
        print_error(f"streetwarden: report in {report}")
    figures = measured.report
    lines = [figures.model, *figure_lines(figures.metrics())]
    if figures.beside is not None:
        lines.append(f"  {figures.beside.latency_ms:.1f} ms for {figures.beside.model}, in the same run")
    print_json(figures.model_dump(mode="json"), "\n".join(lines), as_json)
