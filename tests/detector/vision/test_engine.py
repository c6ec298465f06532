"""A real network from file to detections."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from detector.errors import ModelInputError
from detector.vision.engine import OnnxModel
from detector.vision.frame import Image
from tests.detector.nets import COLOURS, save_colour_detector, save_identity


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return OnnxModel(save_colour_detector(tmp_path_factory.mktemp("net") / "colours.onnx"), COLOURS, 0.9)


def picture(width: int, height: int) -> Image:
    return np.zeros((height, width, 3), np.uint8)


def test_a_patch_is_found_where_it_is_in_the_full_picture(model: OnnxModel) -> None:
    image = picture(960, 640)  # ten times the network's input
    image[160:240, 320:400] = (0, 0, 255)  # red, as OpenCV orders it
    seen = list(model.detect(image))
    assert [(one.class_name, one.box) for one in seen] == [("red", (320, 160, 400, 240))]
    assert seen[0].confidence == pytest.approx(1, abs=0.01)


def test_a_wide_picture_is_padded_and_its_boxes_are_shifted_back(model: OnnxModel) -> None:
    image = picture(960, 320)  # 96x32 inside 96x64: 16 rows of padding above
    image[80:160, 0:80] = (255, 0, 0)
    assert [(one.class_name, one.box) for one in model.detect(image)] == [("blue", (0, 80, 80, 160))]


def test_thresholds_are_per_class_and_can_be_overruled(tmp_path: Path) -> None:
    path = save_colour_detector(tmp_path / "colours.onnx")
    model = OnnxModel(path, COLOURS, (0.9, 0.3, 0.9))
    image = picture(96, 64)
    image[0:8, 0:8] = (0, 0, 150)
    image[0:8, 8:16] = (0, 150, 0)
    assert [one.class_name for one in model.detect(image)] == ["green"]
    assert sorted(one.class_name for one in model.detect(image, confidence=0.5)) == ["green", "red"]
    assert len(model.detect(image, confidence=0.7)) == 0


def test_pictures_of_changing_shape_do_not_leak_into_each_other(model: OnnxModel) -> None:
    red = np.full((64, 96, 3), (0, 0, 255), np.uint8)
    assert len(model.detect(red)) == 96
    assert len(model.detect(picture(96, 10))) == 0, "what was red is padding now"


def test_one_model_serves_several_threads(model: OnnxModel) -> None:
    def look(column: int) -> list[float]:
        image = picture(96, 64)
        image[0:8, column * 8 : column * 8 + 8] = (0, 0, 255)
        return [one.box[0] for _ in range(20) for one in model.detect(image)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(look, range(12)))
    assert found == [[column * 8.0] * 20 for column in range(12)]


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a network")
    with pytest.raises(ModelInputError, match=r"bad\.onnx: ONNX Runtime cannot load it"):
        OnnxModel(bad, COLOURS)
    with pytest.raises(ModelInputError, match="no such model file"):
        OnnxModel(tmp_path / "absent.onnx", COLOURS)


@pytest.mark.parametrize("shape", [[1, 3, "height", "width"], [1, 1, 64, 64], [1, 64], [2, 3, 64, 64]])
def test_a_network_with_another_input_is_refused(tmp_path: Path, shape: list[int | str]) -> None:
    with pytest.raises(ModelInputError, match="input is"):
        OnnxModel(save_identity(tmp_path / "net.onnx", shape), COLOURS)


def test_a_network_that_gives_no_boxes_or_knows_other_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInputError, match="output is"):
        OnnxModel(save_identity(tmp_path / "net.onnx", [1, 3, 64, 64]), COLOURS)
    with pytest.raises(ModelInputError, match="a detector of 2 classes gives"):
        OnnxModel(save_colour_detector(tmp_path / "colours.onnx"), ("red", "green"))


def test_an_array_that_is_no_picture_is_refused(model: OnnxModel) -> None:
    for bad in (np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 4), np.uint8)):
        with pytest.raises(ModelInputError, match="a picture must be"):
            model.detect(bad)
