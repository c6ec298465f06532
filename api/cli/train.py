"""`streetwarden train` and `evaluate`: a better model out of labelled pictures, and how good a model is."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from api.cli.model_report import figure_lines
from api.cli.shelf import gate_lines
from api.console import AsJson, print_error, print_json
from api.errors import ExtraMissing
from api.inference.model_cache import shelf_of
from api.inference.promotion import frozen_sets
from api.settings import load_settings
from models.shelf import SHIPPED
from models.shelf_changes import add as add_to_shelf
from training.datasets.version_store import latest, names
from training.evaluation.evaluate import measure
from training.finetune import finetune
from training.report import report_run, write_report
from training.runs.progress import REPORT

Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="A folder with data.yaml, images/ and labels/.")]

app = typer.Typer(rich_markup_mode=None)


@app.command()
def train(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="A data set's name (`dataset list`), or a folder with data.yaml.")
    ],
    base: Annotated[
        str, typer.Option(help="The model to go on from; for a folder also start weights (a .pt file of known hash).")
    ],
    name: Annotated[str | None, typer.Option(help="The run's name; the data set's when absent.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of that name.")] = False,
    as_json: AsJson = False,
) -> int:
    """Fine-tune a model on a data set, and compare it with the model in service on the pictures that are held out.

    What comes out of a data set's name goes onto the shelf, and serves only when it is promoted. Exit 1 when the gate
    would not let it pass. A folder is trained on into runs/NAME, and measured alone.

    Example: streetwarden train river --base aerial-stalls
    Example: streetwarden train runs/data/aerial-stalls --base ../shared/weights/yolo11n.pt
    """
    try:
        if dataset in names(load_settings().data_dir / "datasets"):
            return _train_job(dataset, base, name or dataset, resume, as_json)
        folder = Path(dataset)
        run = finetune(folder, base, name or folder.resolve().name, resume=resume)
        report = report_run(run, folder, progress=True).figures
    except ImportError as error:
        raise ExtraMissing(f"training needs {error.name}: pip install 'streetwarden[training]'") from error
    record = {"run": str(run.folder), "map50": report.map50, "map50_95": report.map50_95}
    compared = "not compared with a model in service: `streetwarden dataset import` makes a set that is"
    lines = [f"run:     {run.folder}", f"report:  {run.folder / REPORT}", f"mAP50:   {report.map50:.3f}, {compared}"]
    print_json(record, "\n".join(lines), as_json)
    return 0


def _train_job(dataset: str, base: str, name: str, resume: bool, as_json: bool) -> int:
    """Train on a version of a data set, put the candidate onto the shelf, and say what the gate says of it."""
    from training.networks.bfloat16 import native
    from training.runs.job import next_version, plan_training, run_training

    settings = load_settings()
    shelf, root = shelf_of(settings), settings.data_dir / "datasets"
    card = shelf.in_service(base)
    plan = plan_training(latest(root, dataset), card, bf16=native())
    for line in plan.lines:
        print_error(line)
    os.nice(10)  # cameras and people come first
    taken = shelf.versions(base)
    version = next_version([*taken, *([shelf.card(base, SHIPPED).version] if SHIPPED in taken else [])])
    sets = frozen_sets(root, card, None, [dataset])
    result = run_training(plan, name, version, card, sets, runs=settings.runs_dir, resume=resume)
    added = add_to_shelf(shelf, result.candidate.folder)
    record = {"folder": str(added.folder), "version": version, "gate": result.report.model_dump(mode="json")}
    print_json(record, "\n".join(gate_lines(result.report)), as_json)
    if not result.report.passed:
        print_error(f"{base} {version} is on the shelf, and the gate would refuse it: {base} {card.version} serves on")
        return 1
    print_error(
        f"{base} {version} is on the shelf; put it in service with: streetwarden models promote {base} {version}"
    )
    return 0


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
