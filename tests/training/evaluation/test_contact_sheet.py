"""Contact sheets: each mistake in its tile with its surroundings, the mistake's outline where it is."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import DetectorError
from detector.vision.detections import Box, Detections
from training.evaluation.contact_sheet import COLUMNS, ROWS, TILE, draw_sheet, sheet_size
from training.evaluation.evaluate import PredictedPicture
from training.evaluation.mistakes import Mistake, MistakeKind

GREEN, ORANGE = np.array([90, 220, 60]), np.array([0, 130, 255])  # labels, detections; BGR
SURE = {"stall": 0.5}


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "street.png"
    assert cv2.imwrite(str(path), np.full((300, 400, 3), 128, np.uint8))
    return path


def predicted(
    path: Path, detected: list[tuple[Box, float]] | None = None, labelled: list[Box] | None = None
) -> PredictedPicture:
    detected, labelled = detected or [], labelled or []
    return PredictedPicture(
        path,
        Detections(
            np.array([box for box, _ in detected], np.float32).reshape(-1, 4),
            np.array([score for _, score in detected], np.float32),
            np.zeros(len(detected), np.int64),
            ("stall",),
        ),
        np.array(labelled, np.float32).reshape(-1, 4),
        np.zeros(len(labelled), np.int64),
    )


def mistake(path: Path, kind: MistakeKind, box: Box, overlap: float = 0.0) -> Mistake:
    said = None if kind is MistakeKind.MISS else "stall"
    labelled = "stall" if kind is MistakeKind.MISS else "kiosk" if kind is MistakeKind.WRONG_CLASS else None
    return Mistake(kind, path, box, labelled, said, None if said is None else 0.9, overlap)


def has(
    sheet: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], colour: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> int:
    """Pixels of a colour in the tiles, below the header's legend."""
    return int((sheet[34:] == colour).all(axis=2).sum())


@given(st.integers(1, 3 * COLUMNS * ROWS))
def test_a_sheet_has_as_many_rows_as_its_mistakes_need_and_never_more_than_fit(shown: int) -> None:
    width, height = sheet_size(shown)
    assert width == COLUMNS * TILE
    assert sheet_size(1)[1] <= height <= sheet_size(COLUMNS * ROWS)[1]
    if shown > COLUMNS * ROWS:
        assert height == sheet_size(COLUMNS * ROWS)[1]
    elif shown % COLUMNS:
        assert height == sheet_size(shown + 1)[1], "the next stands in the same row"
    elif shown < COLUMNS * ROWS:
        assert height < sheet_size(shown + 1)[1]


@pytest.mark.parametrize("count", [0, 1, COLUMNS, COLUMNS + 1, COLUMNS * ROWS, COLUMNS * ROWS + 7])
def test_a_sheet_is_as_large_as_it_is_said_to_be(picture: Path, count: int) -> None:
    worst = [mistake(picture, MistakeKind.FALSE_ALARM, (100, 100, 140, 140))] * count
    sheet = draw_sheet(MistakeKind.FALSE_ALARM, worst, [predicted(picture)], SURE)
    assert (sheet.shape[1], sheet.shape[0]) == sheet_size(count)
    assert sheet.dtype == np.uint8


@pytest.mark.parametrize(
    ("kind", "shown", "absent"),
    [
        (MistakeKind.MISS, GREEN, ORANGE),
        (MistakeKind.FALSE_ALARM, ORANGE, GREEN),
        (MistakeKind.WRONG_CLASS, ORANGE, GREEN),
    ],
)
def test_the_mistake_is_drawn_in_the_colour_of_its_side(
    picture: Path,
    kind: MistakeKind,
    shown: np.ndarray[tuple[int], np.dtype[np.int64]],
    absent: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> None:
    sheet = draw_sheet(kind, [mistake(picture, kind, (100, 100, 140, 140))], [predicted(picture)], SURE)
    assert has(sheet, shown) > 200
    assert has(sheet, absent) == 0


def test_what_is_labelled_and_what_is_believed_around_a_mistake_is_drawn_too(picture: Path) -> None:
    box: Box = (100, 100, 140, 140)
    worst = [mistake(picture, MistakeKind.FALSE_ALARM, box)]
    alone = draw_sheet(MistakeKind.FALSE_ALARM, worst, [predicted(picture, [(box, 0.9)])], SURE)
    labelled = draw_sheet(MistakeKind.FALSE_ALARM, worst, [predicted(picture, [], [(110, 110, 150, 150)])], SURE)
    doubted = draw_sheet(MistakeKind.FALSE_ALARM, worst, [predicted(picture, [((90, 90, 120, 120), 0.4)])], SURE)
    believed = draw_sheet(MistakeKind.FALSE_ALARM, worst, [predicted(picture, [((90, 90, 120, 120), 0.6)])], SURE)
    assert has(labelled, GREEN) > 50
    assert has(doubted, ORANGE) == has(alone, ORANGE)
    assert has(believed, ORANGE) > has(alone, ORANGE)


def outline_of(picture: Path, box: Box) -> tuple[int, int, int, int]:
    """The mistake's outline in its tile: x1 y1 x2 y2."""
    sheet = draw_sheet(
        MistakeKind.FALSE_ALARM, [mistake(picture, MistakeKind.FALSE_ALARM, box)], [predicted(picture)], SURE
    )
    ys, xs = np.nonzero((sheet[34 : 34 + TILE, :TILE] == ORANGE).all(axis=2))
    return int(xs.min()), int(ys.min()), int(xs.max()), int(ys.max())


def test_a_small_thing_is_shown_with_96_pixels_around_it(picture: Path) -> None:
    x1, y1, x2, y2 = outline_of(picture, (196, 146, 204, 154))
    assert x2 - x1 == pytest.approx(8 * TILE / 96, abs=6)
    assert (x1 + x2) / 2 == pytest.approx(TILE / 2, abs=4)
    assert (y1 + y2) / 2 == pytest.approx(TILE / 2, abs=4)


def test_a_large_thing_takes_half_of_its_tile(picture: Path) -> None:
    x1, _, x2, _ = outline_of(picture, (150, 125, 250, 175))
    assert x2 - x1 == pytest.approx(TILE / 2, abs=6)


@given(
    x=st.floats(0, 390), y=st.floats(0, 290), width=st.floats(4, 400), height=st.floats(4, 300)
)  # fmt: skip
def test_a_mistake_anywhere_in_the_picture_lies_inside_its_tile(
    picture: Path, x: float, y: float, width: float, height: float
) -> None:
    x1, y1, x2, y2 = outline_of(picture, (x, y, min(400.0, x + width), min(300.0, y + height)))
    assert 0 <= x1 <= x2 < TILE
    assert 0 <= y1 <= y2 < TILE


def test_a_picture_smaller_than_a_tile_shows_is_drawn_whole(tmp_path: Path) -> None:
    path = tmp_path / "街.png"
    assert cv2.imwrite(str(path), np.full((20, 40, 3), 200, np.uint8))
    sheet = draw_sheet(
        MistakeKind.MISS, [mistake(path, MistakeKind.MISS, (5, 5, 15, 15), 0.2)], [predicted(path)], SURE
    )
    tile = sheet[34 : 34 + TILE, :TILE]
    assert (tile[:120, 240:] == 200).all(), "as wide as the tile"
    assert (tile[140:] == 26).all(), "and only half as high"


def test_a_name_in_any_script_and_of_any_length_stays_in_its_tile(tmp_path: Path) -> None:
    path = tmp_path / f"{'街' * 60}.png"
    encoded = cv2.imencode(".png", np.full((100, 100, 3), 128, np.uint8))[1]
    path.write_bytes(encoded.tobytes())
    sheet = draw_sheet(MistakeKind.MISS, [mistake(path, MistakeKind.MISS, (5, 5, 15, 15))], [predicted(path)], SURE)
    assert (sheet[34:, TILE + 60 :] == 26).all(), "nothing is written into the next tiles"


def test_a_picture_that_has_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone.png"
    with pytest.raises(DetectorError, match=r"gone\.png"):
        draw_sheet(MistakeKind.MISS, [mistake(path, MistakeKind.MISS, (5, 5, 15, 15))], [predicted(path)], SURE)


def test_the_same_mistakes_give_the_same_sheet(picture: Path) -> None:
    worst = [mistake(picture, MistakeKind.FALSE_ALARM, (10 * n, 10, 10 * n + 40, 60)) for n in range(9)]
    one, two = (draw_sheet(MistakeKind.FALSE_ALARM, worst, [predicted(picture)], SURE) for _ in "ab")
    assert (one == two).all()
