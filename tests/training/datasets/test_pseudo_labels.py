"""What other models see in a set becomes labels or is painted over, and never against the set's own labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.vision.engine import OnnxModel
from tests.detector.nets import CELL, save_colour_detector
from training.datasets.pseudo_labels import Helper, complete
from training.datasets.sample import GREY, Sample
from training.datasets.zoom_crops import VISIBLE, zoom

CLASSES = ("signboard", "cantilever_sign", "person")
ALIKE = (frozenset(CLASSES[:2]),)
SURE, DOUBTED, FAINT = 230, 90, 25  # brightness of a cell: the colour detector's confidence times 255


@pytest.fixture(scope="module")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Helper:
    path = save_colour_detector(tmp_path_factory.mktemp("nets") / "colours.onnx")
    return Helper(OnnxModel(path, CLASSES), {"signboard": 0.6, "person": 0.6}, 0.3)


def picture(*cells: tuple[str, int, int, int]) -> Sample:
    """A black picture with coloured cells (class, column, row, brightness), and no label."""
    image = np.zeros((64, 96, 3), np.uint8)
    for name, column, row, brightness in cells:
        image[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL, 2 - CLASSES.index(name)] = brightness
    return Sample(image, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))


def label(sample: Sample, name: str, box: tuple[float, float, float, float]) -> Sample:
    boxes = np.concatenate([sample.boxes, np.array([box], np.float32)])
    return Sample(sample.image, boxes, np.append(sample.class_ids, CLASSES.index(name)))


def cell(column: int, row: int) -> tuple[slice, slice]:
    return slice(row * CELL, (row + 1) * CELL), slice(column * CELL, (column + 1) * CELL)


def test_the_sure_is_labelled_the_doubtful_painted_and_the_rest_left(helper: Helper) -> None:
    sample = picture(("signboard", 1, 1, SURE), ("person", 5, 5, DOUBTED), ("person", 8, 2, FAINT))
    done = complete(sample, (helper,), CLASSES, ALIKE)
    assert done.sample.class_ids.tolist() == [0]
    assert done.sample.boxes.tolist() == [[8, 8, 16, 16]]
    assert (done.sample.image[cell(5, 5)] == GREY).all()
    assert (done.sample.image[cell(8, 2)] == sample.image[cell(8, 2)]).all()
    assert not (sample.image == GREY).any(), "the picture given must stay as it is"
    assert (done.added, done.hidden, done.left) == ({"signboard": 1}, {"person": 1}, {})


def test_a_sign_that_is_labelled_in_other_words_or_as_a_band_is_not_missing(helper: Helper) -> None:
    sample = label(picture(("signboard", 1, 1, SURE)), "cantilever_sign", (4, 6, 80, 18))
    done = complete(sample, (helper,), CLASSES, ALIKE)
    assert done.sample.class_ids.tolist() == [CLASSES.index("cantilever_sign")]
    assert (done.sample.image == sample.image).all()


def test_a_person_before_another_one_is_a_person(helper: Helper) -> None:
    sample = label(picture(("person", 1, 1, SURE)), "person", (4, 4, 44, 60))
    assert complete(sample, (helper,), CLASSES, ALIKE).sample.class_ids.tolist() == [2, 2]


def test_no_labelled_thing_is_hidden_by_a_doubt(helper: Helper) -> None:
    sample = label(picture(("person", 1, 1, DOUBTED)), "signboard", (6, 6, 20, 20))
    done = complete(sample, (helper,), CLASSES, ALIKE)
    assert (done.sample.image == sample.image).all()
    assert done.left == {"person": 1}


def test_classes_that_a_helper_is_not_asked_about_are_nothing(helper: Helper) -> None:
    sample = picture(("cantilever_sign", 3, 3, SURE))
    done = complete(sample, (helper,), CLASSES, ALIKE)
    assert len(done.sample.boxes) == 0
    assert (done.sample.image == sample.image).all()


@given(
    seed=st.integers(0, 2**32 - 1),
    boxes=st.lists(
        st.tuples(st.integers(0, 380), st.integers(0, 280), st.integers(4, 200), st.integers(4, 150)), min_size=1
    ),
)
def test_crops_show_a_sign_larger_and_their_boxes_lie_inside(seed: int, boxes: list[tuple[int, int, int, int]]) -> None:
    table = np.array([(x, y, min(400, x + w), min(300, y + h)) for x, y, w, h in boxes], np.float32)
    sample = Sample(np.zeros((300, 400, 3), np.uint8), table, np.arange(len(boxes)) % 2)
    crop = zoom(sample, [0], np.random.default_rng(seed))
    assert crop is not None
    height, width = crop.image.shape[:2]
    assert 0.29 <= width / 400 <= 0.61
    assert 0.29 <= height / 300 <= 0.61
    assert (crop.boxes >= 0).all()
    assert (crop.boxes <= [width, height, width, height]).all()
    assert (crop.boxes[:, 2:] > crop.boxes[:, :2]).all()
    assert zoom(sample, [5], np.random.default_rng(seed)) is None


def test_what_a_crop_cuts_off_is_painted_over() -> None:
    image = np.full((300, 400, 3), 50, np.uint8)
    sign, neighbour = (180, 140, 220, 160), (0, 0, 170, 300)
    sample = Sample(image, np.array([sign, neighbour], np.float32), np.array([0, 1]))
    for seed in range(20):
        crop = zoom(sample, [0], np.random.default_rng(seed))
        assert crop is not None
        cut = (crop.image == GREY).all(axis=2)
        assert 0 in crop.class_ids, "the sign that the crop is made for"
        assert len(crop.boxes) == 2 or cut.any() or crop.image.shape[1] < 230 * VISIBLE
