"""Figures as PNG files: losses, precision against recall, the confusion matrix. Needs matplotlib (training extra)."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from training.evaluation.report_models import Curve
from training.runs.progress import Epoch

_DOTS = 110  # an inch
_LINES = ("-", "--", "-.", ":")  # beside colours: not everybody tells ten of them apart


def plot_losses(epochs: Sequence[Epoch], path: Path) -> None:
    """Plot the three losses by epoch."""
    figure = Figure(figsize=(7, 4))
    axes = figure.add_subplot()
    numbers = [epoch.number for epoch in epochs]
    for label, line, values in (
        ("box", "-", [epoch.box for epoch in epochs]),
        ("class", "--", [epoch.cls for epoch in epochs]),
        ("edges (DFL)", "-.", [epoch.dfl for epoch in epochs]),
    ):
        axes.plot(numbers, values, line, label=label, marker="." if len(epochs) < 3 else None)
    axes.set(xlabel="epoch", ylabel="mean loss on the training pictures", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def plot_curves(title: str, curves: Mapping[str, Curve], ap50: Mapping[str, float], path: Path) -> None:
    """Precision against recall by class; a dot where the product's threshold lies."""
    figure = Figure(figsize=(8.6, 4.8))
    axes = figure.add_subplot()
    styles = cycle(_LINES)
    for name, curve in curves.items():
        (line,) = axes.plot(curve.recall, curve.precision, next(styles), label=f"{name} (AP50 {ap50[name]:.2f})")
        axes.plot([curve.recall_there], [curve.precision_there], "o", color=line.get_color())
    axes.set(title=title, xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.01))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.01, 1.0))
    _save(figure, path)


def plot_confusion(classes: Sequence[str], confusion: Sequence[Sequence[int]], path: Path) -> None:
    """Rows as labelled, columns as detected, counts; shaded by the share of the row."""
    counts = np.array(confusion)
    side = 2.4 + 0.62 * len(counts)
    figure = Figure(figsize=(side + 1, side))
    axes = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            colour = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=9)
    ticks = range(len(counts))
    axes.set_xticks(ticks, [*classes, "nothing"], rotation=45, ha="right")
    axes.set_yticks(ticks, [*classes, "nothing"])
    axes.set(xlabel="detected", ylabel="labelled")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.set_layout_engine("tight")
    drawn = BytesIO()
    figure.savefig(drawn, dpi=_DOTS)
    Image.open(drawn).convert("RGB").quantize(256).save(path, "PNG", optimize=True)  # a third of the bytes
