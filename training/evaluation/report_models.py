"""The figures that measuring a model gives, as they are printed and kept; read by whoever shows them. No torch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from models.card import ClassMetrics, Interval, Metrics, Share
from training.errors import ReportInvalid


class Beside(BaseModel):
    """Another network, timed in turns with the measured one on the same pictures: a ratio that a busy machine keeps."""

    model_config = ConfigDict(frozen=True)

    model: str
    latency_ms: float


class Report(BaseModel):
    """What `streetwarden evaluate` prints; intervals are of 95 %, `latency_ms` is the CPU time of one picture."""

    model_config = ConfigDict(frozen=True)

    model: str
    dataset: str
    map50: float
    map50_95: float
    map50_interval: tuple[float, float]
    map50_95_interval: tuple[float, float]
    per_class: dict[str, ClassMetrics]
    merged: dict[str, ClassMetrics]
    images: int
    boxes: int
    latency_ms: float
    beside: Beside | None = None

    def metrics(self) -> Metrics:
        """Return the same for a model's card."""
        return Metrics(
            dataset=self.dataset,
            pictures=self.images,
            boxes=self.boxes,
            map50=Interval(value=self.map50, low=self.map50_interval[0], high=self.map50_interval[1]),
            map50_95=Interval(value=self.map50_95, low=self.map50_95_interval[0], high=self.map50_95_interval[1]),
            per_class=self.per_class,
            merged=self.merged,
            latency_ms=self.latency_ms,
        )


class Curve(BaseModel):
    """Precision against recall of one class (IoU 0.50), surest detections first, thinned for drawing.

    `confidence` is the threshold that the product uses; `precision_there` and `recall_there` are measured at it.
    """

    model_config = ConfigDict(frozen=True)

    recall: tuple[Share, ...]
    precision: tuple[Share, ...]
    confidence: Share
    precision_there: Share
    recall_there: Share


class RunReport(BaseModel):
    """`report.json` of a report folder: the figures, and what its curves and tables are drawn from.

    `confusion` has a row for each class as labelled and a last one for nothing, and a column for each class as seen and
    a last one for nothing: counts of boxes at the thresholds of `curves`. `shown` and `found`: by kind of mistake (the
    names of the contact sheets), how many are on the sheet and how many there are.
    """

    model_config = ConfigDict(frozen=True)

    figures: Report
    classes: tuple[str, ...]
    curves: dict[str, Curve]
    confusion: tuple[tuple[int, ...], ...]
    shown: dict[str, int]
    found: dict[str, int]


def read_report(path: Path) -> RunReport:
    """Return a `report.json`.

    Raises:
        ReportInvalid: the file cannot be read or is none.
    """
    try:
        return RunReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReportInvalid(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise ReportInvalid(f"{path}: is no report; write it again with `python -m training.report`") from error
