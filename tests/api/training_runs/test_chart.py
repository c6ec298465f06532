"""Lines over two axes: ticks at round numbers, every point within the frame."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.training_runs.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Graph, draw_curves, draw_losses
from training.evaluation.report_models import Curve
from training.runs.progress import Epoch


def spots(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def inside(graph: Graph) -> bool:
    found = [spot for line in graph.lines for spot in spots(line.points)]
    return all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT - BOTTOM for x, y in found)


def test_losses_go_from_left_to_right_on_an_axis_for_all_epochs() -> None:
    graph = draw_losses([Epoch(1, 60.0, 2.0, 4.0, 1.0), Epoch(2, 60.0, 1.0, 2.0, 0.5)], wanted=10)
    assert [line.name for line in graph.lines] == ["box", "cls", "dfl"]
    (first, second) = spots(graph.lines[1].points)
    assert first[1] == TOP  # the greatest loss of all three touches the top
    assert second[1] == pytest.approx((TOP + HEIGHT - BOTTOM) / 2)
    assert second[0] - LEFT == pytest.approx(2 * (first[0] - LEFT), abs=0.2)
    assert second[0] == pytest.approx(LEFT + (WIDTH - LEFT - RIGHT) / 5, abs=0.1)
    assert graph.lines[1].dot == second
    assert [tick.text for tick in graph.x_ticks] == ["0", "2", "4", "6", "8", "10"]
    assert [tick.text for tick in graph.y_ticks] == ["0", "1", "2", "3", "4"]


def test_more_epochs_than_were_wanted_have_room() -> None:
    graph = draw_losses([Epoch(number, 1.0, 1.0, 1.0, 1.0) for number in range(1, 31)], wanted=8)
    assert inside(graph)
    assert graph.x_ticks[-1].text == "30"


def test_epochs_are_whole_and_no_epoch_draws_axes_alone() -> None:
    graph = draw_losses([], wanted=3)
    assert [tick.text for tick in graph.x_ticks] == ["0", "1", "2", "3"]
    assert [(line.points, line.dot) for line in graph.lines] == [("", None)] * 3


@given(
    st.lists(st.tuples(*[st.floats(0, 1e6)] * 3), max_size=20),
    st.integers(1, 500),
)
def test_whatever_the_losses_the_ticks_are_few_and_round(losses: list[tuple[float, float, float]], wanted: int) -> None:
    graph = draw_losses([Epoch(number, 1.0, *one) for number, one in enumerate(losses, 1)], wanted)
    assert inside(graph)
    for ticks in (graph.x_ticks, graph.y_ticks):
        assert 1 <= len(ticks) <= 7
        numbers = [float(tick.text) for tick in ticks]
        steps = {f"{step:.3e}" for step in (b - a for a, b in pairwise(numbers)) if step > 0}
        assert all(one[0] in "125" for one in steps)
    assert all(math.isfinite(tick.at) for tick in (*graph.x_ticks, *graph.y_ticks))


def test_a_curve_has_its_dot_where_the_threshold_lies() -> None:
    curve = Curve(recall=(0.0, 1.0), precision=(1.0, 0.0), confidence=0.4, precision_there=1.0, recall_there=0.0)
    graph = draw_curves({"stall": curve})
    (line,) = graph.lines
    assert (line.name, line.points) == ("stall", f"{LEFT},{TOP} {WIDTH - RIGHT},{HEIGHT - BOTTOM}")
    assert line.dot == (LEFT, TOP)
    assert [tick.text for tick in graph.y_ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
