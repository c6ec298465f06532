"""Lines over two axes, as a template draws them: the losses of a training, precision against recall."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.evaluation.report_models import Curve
from training.runs.progress import Epoch

WIDTH, HEIGHT = 560.0, 300.0  # of the drawing, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44.0, 10.0, 22.0, 28.0  # margins for the axes' numbers
_STEPS = 6  # ticks on an axis, about


@dataclass(frozen=True, slots=True)
class Tick:
    """A number on an axis and where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `name` is a code or a class, `points` are SVG points, `dot` marks one of them (x, y)."""

    name: str
    points: str
    dot: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """All that the template draws; x to the right, y up, both from 0."""

    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


def draw_losses(epochs: Sequence[Epoch], wanted: int) -> Graph:
    """Return the three losses by epoch, on an axis that has room for all `wanted` epochs."""
    most = max((max(epoch.box, epoch.cls, epoch.dfl) for epoch in epochs), default=1.0)
    last = max(wanted, max((epoch.number for epoch in epochs), default=1))
    series = {
        "box": [(epoch.number, epoch.box) for epoch in epochs],
        "cls": [(epoch.number, epoch.cls) for epoch in epochs],
        "dfl": [(epoch.number, epoch.dfl) for epoch in epochs],
    }
    x_step, y_step = max(1.0, _step(last)), _step(most)
    lines = tuple(_line(name, values, last, most) for name, values in series.items())
    return Graph(lines, _ticks(last, x_step, last, across=True), _ticks(most, y_step, most, across=False))


def draw_curves(curves: Mapping[str, Curve]) -> Graph:
    """Precision (up) against recall (right) by class, with a dot where the product's threshold lies."""
    lines = tuple(
        Line(
            name,
            _points(list(zip(curve.recall, curve.precision, strict=False)), 1.0, 1.0),
            (_x(curve.recall_there, 1.0), _y(curve.precision_there, 1.0)),
        )
        for name, curve in curves.items()
    )
    return Graph(lines, _ticks(1.0, 0.2, 1.0, across=True), _ticks(1.0, 0.2, 1.0, across=False))


def _line(name: str, values: Sequence[tuple[float, float]], x_most: float, y_most: float) -> Line:
    last = values[-1] if values else None
    dot = None if last is None else (_x(last[0], x_most), _y(last[1], y_most))
    return Line(name, _points(values, x_most, y_most), dot)


def _points(values: Sequence[tuple[float, float]], x_most: float, y_most: float) -> str:
    return " ".join(f"{_x(x, x_most)},{_y(y, y_most)}" for x, y in values)


def _x(value: float, most: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * value / (most or 1.0), 1)


def _y(value: float, most: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / (most or 1.0), 1)


def _step(most: float) -> float:
    """Return the least of 1, 2, 5, 10 ... times a power of ten that makes at most _STEPS steps."""
    wanted = max(most, 1e-9) / _STEPS
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= wanted * (1 - 1e-9))


def _ticks(end: float, step: float, most: float, *, across: bool) -> tuple[Tick, ...]:
    numbers = [number * step for number in range(math.floor(end / step + 1e-9) + 1)]
    place = _x if across else _y
    return tuple(Tick(place(number, most), f"{number:.6g}") for number in numbers)
