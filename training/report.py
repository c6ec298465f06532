"""A folder that shows how good a model is: figures, curves, confusion matrix, and the worst mistakes to look at.

    python -m training.report aerial-1 runs/data/aerial-stalls

writes `runs/aerial-1/report/`, also while the run goes on (then of the last epoch that ended). `train` does it at its
end, `streetwarden evaluate MODEL DATASET --report DIR` for any model. In the folder: `report.json`, `losses.png` (of a
run), `pr-curves.png`, `confusion.png`, and `false-alarms.jpg`, `misses.jpg`, `wrong-classes.jpg` where there are any.
Everything is computed from the product's own detections, at the thresholds that the product uses.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from detector.errors import DetectorError
from models.errors import ModelError
from training.errors import ReportInvalid, RunExists, TrainingError
from training.evaluation.average_precision import Matched
from training.evaluation.contact_sheet import COLUMNS, ROWS, draw_sheet
from training.evaluation.evaluate import Measured, measure
from training.evaluation.mistakes import MistakeComparison, MistakeKind, compare
from training.evaluation.report_models import Curve, RunReport
from training.networks.export import export_weights
from training.runs.progress import REPORT, check_name, read_epochs
from training.runs.run import Run, last_whole_weights, read_run

_POINTS = 200  # of a curve: more than anybody sees
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 88)


def report_run(run: Run, dataset: Path, *, progress: bool = False) -> RunReport:
    """Measure a run, finished or not, and write its report into its own folder.

    Raises:
        RunExists: no epoch has ended yet.
        TrainingError: the run or the data set cannot be used.
        DetectorError: a picture cannot be read, or the exported network is no detector.
    """
    weights = last_whole_weights(run)
    if weights is None:
        raise RunExists(f"{run.folder}: no epoch has ended yet; there is nothing to report")
    with tempfile.TemporaryDirectory(prefix="streetwarden-report-") as folder:
        network = export_weights(weights, run.input_size, Path(folder) / f"{run.folder.name}.onnx", threads=1)
        measured = measure(network, dataset, progress=progress)
    return write_report(measured, run.folder / REPORT, run)


def write_report(measured: Measured, folder: Path, run: Run | None = None) -> RunReport:
    """Write what was measured into `folder`, over an older report; `run` adds its losses.

    Raises:
        ReportInvalid: the folder cannot be made or written.
        ImportError: matplotlib is not installed.
    """
    from training.runs.plots import plot_confusion, plot_curves, plot_losses

    compared = compare(measured.seen, tuple(measured.matched), measured.confidence)
    report = _report(measured, compared)
    ap50 = {name: metrics.ap50.value for name, metrics in report.figures.per_class.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").unlink(missing_ok=True)  # written last: a folder that holds it is whole
        plot_curves(
            f"{report.figures.model} on {report.figures.dataset}", report.curves, ap50, folder / "pr-curves.png"
        )
        plot_confusion(report.classes, report.confusion, folder / "confusion.png")
        if run is not None and (epochs := read_epochs(run.folder)):
            plot_losses(epochs, folder / "losses.png")
        for kind in MistakeKind:
            _write_sheet(kind, compared, measured, folder / f"{kind}.jpg")
        (folder / "report.json").write_text(report.model_dump_json() + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportInvalid(
            f"{folder}: the report cannot be written ({error.strerror}); give another folder"
        ) from error
    return report


def _report(measured: Measured, compared: MistakeComparison) -> RunReport:
    found = {kind.value: len(compared.worst(kind)) for kind in MistakeKind}
    return RunReport(
        figures=measured.report,
        classes=tuple(measured.matched),
        curves={name: curve(matched, measured.confidence[name]) for name, matched in measured.matched.items()},
        confusion=tuple(tuple(row) for row in compared.confusion.tolist()),
        shown={kind: min(count, COLUMNS * ROWS) for kind, count in found.items()},
        found=found,
    )


def curve(matched: Matched, confidence: float) -> Curve:
    """Precision against recall at IoU 0.50, and where the threshold lies on it."""
    precision, recall = matched.precision_recall()
    hits = np.flatnonzero(matched.right[:, 0])  # between two of them the curve only falls straight down
    steps = hits[np.unique(np.linspace(0, max(len(hits) - 1, 0), _POINTS).astype(int))] if len(hits) else hits
    sure = int((matched.scores >= confidence).sum())
    if sure:
        steps = np.unique([*steps, sure - 1])  # the threshold's dot lies on the line
    return Curve(
        recall=tuple(round(float(value), 4) for value in recall[steps]),
        precision=tuple(round(float(value), 4) for value in precision[steps]),
        confidence=confidence,
        precision_there=round(float(precision[sure - 1]), 4) if sure else 0.0,
        recall_there=round(float(recall[sure - 1]), 4) if sure else 0.0,
    )


def _write_sheet(kind: MistakeKind, compared: MistakeComparison, measured: Measured, path: Path) -> None:
    worst = compared.worst(kind)
    if not worst:
        path.unlink(missing_ok=True)
        return
    sheet = draw_sheet(kind, worst, measured.seen, measured.confidence)
    written, coded = cv2.imencode(".jpg", sheet, _JPEG)
    if not written:
        raise ReportInvalid(f"{path}: OpenCV could not write the contact sheet as JPEG")
    path.write_bytes(coded.tobytes())


def main(
    run: Annotated[str, typer.Argument(help="name of a run under runs/, finished or not")],
    dataset: Annotated[Path, typer.Argument(help="the data set to measure it on")],
) -> None:
    """Report on a run, for example: python -m training.report aerial-1 runs/data/aerial-stalls"""
    try:
        described = read_run(Path("runs") / check_name(run))
        report_run(described, dataset, progress=True)
    except (TrainingError, ModelError, DetectorError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(described.folder / REPORT)


if __name__ == "__main__":
    typer.run(main)
