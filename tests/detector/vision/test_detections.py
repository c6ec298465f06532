"""What a model saw, and arithmetic of boxes and suppression against a plain reckoning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import PictureInvalid
from detector.vision.boxes import as_array, overlap
from detector.vision.detections import Box, Detections
from detector.vision.pixels import PADDING, Canvas, suppress

FEW = settings(max_examples=50, deadline=None)
NAMES = ("stall", "banner", "car")

box = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2).map(
    lambda one: (float(one[0]), float(one[1]), float(one[0] + one[2]), float(one[1] + one[3]))
)
things = st.lists(st.tuples(box, st.integers(1, 99), st.integers(0, 2)), max_size=9, unique_by=lambda one: one[1])


def seen(rows: list[tuple[Box, int, int]]) -> Detections:
    boxes = np.array([one for one, _, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([score / 100 for _, score, _ in rows], np.float32)
    return Detections(boxes, scores, np.array([name for _, _, name in rows], np.int64), NAMES)


@FEW
@given(things)
def test_they_are_listed_as_they_were_seen(rows: list[tuple[Box, int, int]]) -> None:
    found = list(seen(rows))
    assert [(one.box, one.class_name) for one in found] == [(box, NAMES[name]) for box, _, name in rows]
    assert [one.confidence for one in found] == pytest.approx([score / 100 for _, score, _ in rows])
    assert len(seen(rows)) == len(rows)


@FEW
@given(things, st.sets(st.sampled_from([*NAMES, "bench"])))
def test_of_class_keeps_the_named_ones_in_their_order(rows: list[tuple[Box, int, int]], wanted: set[str]) -> None:
    kept = list(seen(rows).of_class(*wanted))
    assert kept == [one for one in seen(rows) if one.class_name in wanted]


def test_nobody_changes_what_was_seen() -> None:
    found = seen([((0, 0, 9, 9), 50, 0)])
    for array in (found.boxes, found.scores, found.class_ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert len(Detections.empty(NAMES)) == len(list(Detections.empty())) == 0
    assert Detections.empty().boxes.shape == (0, 4)


def plain_overlap(a: Box, b: Box) -> tuple[float, float, float]:
    """Counted square by square."""
    squares = [
        {(x, y) for x in range(int(one[0]), int(one[2])) for y in range(int(one[1]), int(one[3]))} for one in (a, b)
    ]
    common = len(squares[0] & squares[1])
    return common / len(squares[0] | squares[1]), common / len(squares[0]), common / len(squares[1])


@FEW
@given(box, box, st.integers(-500, 500), st.floats(0.1, 50))
def test_overlap_counts_squares_wherever_and_at_whatever_scale(a: Box, b: Box, shift: int, scale: float) -> None:
    expected = plain_overlap(a, b)
    for one, other in ((as_array([a]), as_array([b])), (as_array([a]) + shift, as_array([b]) + shift)):
        assert [part.item() for part in overlap(one, other)] == pytest.approx(expected)
        assert [part.item() for part in overlap(one * scale, other * scale)] == pytest.approx(expected)


@FEW
@given(things, st.sampled_from([0.3, 0.5, 0.7]))
def test_suppression_is_the_greedy_one_within_each_class(rows: list[tuple[Box, int, int]], iou: float) -> None:
    kept: list[int] = []
    for index in sorted(range(len(rows)), key=lambda one: -rows[one][1]):
        rivals = [other for other in kept if rows[other][2] == rows[index][2]]
        shares = [plain_overlap(rows[other][0], rows[index][0])[0] for other in rivals]
        if any(abs(share - iou) < 1e-3 for share in shares):
            return  # rounding decides
        if all(share <= iou for share in shares):
            kept.append(index)
    found = seen(rows)
    assert suppress(found.boxes, found.scores, found.class_ids, iou).tolist() == kept


@pytest.mark.parametrize("size", [(40, 96), (96, 40), (64, 64)])
def test_a_canvas_shows_the_last_picture_alone(size: tuple[int, int]) -> None:
    height, width = size
    canvas = Canvas(64, 64)
    canvas.place(np.full((64, 64, 3), 200, np.uint8))
    where = canvas.place(np.full((height, width, 3), (10, 20, 30), np.uint8))
    inside = canvas.blob[0, :, where.top : where.top + where.inner_height, where.left : where.left + where.inner_width]
    for plane, level in enumerate((30, 20, 10)):  # the network wants red first
        assert inside[plane] == pytest.approx(np.full(inside[plane].shape, level / 255), abs=1e-6)
    border = np.ones((64, 64), np.bool_)
    border[where.top : where.top + where.inner_height, where.left : where.left + where.inner_width] = False
    assert np.allclose(canvas.blob[0][:, border], PADDING), "nothing of the picture before is left"


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 0, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_not_placed(picture: np.ndarray) -> None:
    canvas = Canvas(64, 64)
    with pytest.raises(PictureInvalid, match="must be"):
        canvas.place(picture)
    assert (canvas.blob == np.float32(PADDING)).all()
