"""`streetwarden train` and `evaluate`: a better model out of labelled pictures, and how good a model is."""

import os
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from api.cli.model_report import figure_lines
from api.cli.options import operator
from api.cli.shelf import gate_lines
from api.console import AsJson, print_error, print_json
from api.errors import ExtraMissing
from api.inference.model_cache import shelf_of
from api.settings import load_settings
from api.training_runs.job_process import be_modest, plan_job, run_job, version_of_candidate
from api.training_runs.jobs import TrainingJob, TrainingWish, read_job, take_turn, write_job
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
    epochs: Annotated[int | None, typer.Option(min=1, max=1000, help="In place of the usual number.")] = None,
    rate: Annotated[float | None, typer.Option(min=1e-6, max=0.1, help="Learning rate, in place of the usual.")] = None,
    image_size: Annotated[int | None, typer.Option("--size", min=64, max=1920, help="Side in pixels.")] = None,
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
        settings = load_settings()
        if dataset in names(settings.data_dir / "datasets"):
            version = latest(settings.data_dir / "datasets", dataset).name
            wish = TrainingWish(
                dataset=dataset,
                dataset_version=version,
                base=base,
                base_version=shelf_of(settings).serving_version(base),
                epochs=epochs,
                learning_rate=rate,
                image_size=image_size,
            )
            return _train_job(wish, name or dataset, resume, as_json)
        folder = Path(dataset)
        run = finetune(
            folder,
            base,
            name or folder.resolve().name,
            epochs=epochs,
            learning_rate=rate,
            image_size=image_size,
            resume=resume,
        )
        report = report_run(run, folder, progress=True).figures
    except ImportError as error:
        raise ExtraMissing(f"training needs {error.name}: pip install 'streetwarden[training]'") from error
    record = {"run": str(run.folder), "map50": report.map50, "map50_95": report.map50_95}
    compared = "not compared with a model in service: `streetwarden dataset import` makes a set that is"
    lines = [f"run:     {run.folder}", f"report:  {run.folder / REPORT}", f"mAP50:   {report.map50:.3f}, {compared}"]
    print_json(record, "\n".join(lines), as_json)
    return 0


def _train_job(wanted: TrainingWish, name: str, resume: bool, as_json: bool) -> int:
    """Train on a version of a data set, put the candidate onto the shelf, and say what the gate says of it."""
    settings = load_settings()
    shelf, datasets, runs = shelf_of(settings), settings.data_dir / "datasets", settings.runs_dir
    job = read_job(runs, name) if resume else None
    if job is None:
        plan = plan_job(datasets, shelf, wanted)
        version = version_of_candidate(shelf, wanted.base)
        lines = tuple(plan.lines)
        job = TrainingJob(name=name, version=version, wish=wanted, by=operator(), at=datetime.now(UTC), plan=lines)
    for line in job.plan:
        print_error(line)
    turn = take_turn(runs, name)
    try:
        write_job(runs, job)
        be_modest(None)
        report = run_job(datasets, shelf, runs, job, resume=resume)
    finally:
        os.close(turn)
    base, version = job.wish.base, job.version
    record = {
        "folder": str(shelf.card(base, version).folder),
        "version": version,
        "gate": report.model_dump(mode="json"),
    }
    print_json(record, "\n".join(gate_lines(report)), as_json)
    if not report.passed:
        print_error(
            f"{base} {version} is on the shelf, and the gate would refuse it: {base} {report.serving} serves on"
        )
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
