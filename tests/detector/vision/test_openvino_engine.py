"""The optional engine beside the reference, on a real network."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from detector.errors import ModelInputError
from detector.vision.engine import OnnxModel
from detector.vision.openvino_engine import OpenVinoEngine, installed
from tests.detector.nets import COLOURS, save_colour_detector, save_identity

pytestmark = pytest.mark.skipif(not installed(), reason="the openvino extra is not installed")


def test_it_sees_what_the_reference_sees_from_several_threads(tmp_path: Path) -> None:
    path = save_colour_detector(tmp_path / "colours.onnx")
    reference, other = OnnxModel(path, COLOURS, 0.9), OnnxModel(path, COLOURS, 0.9, make_engine=OpenVinoEngine)
    pictures = []
    for column in range(12):
        image = np.zeros((64, 96, 3), np.uint8)
        image[0:8, column * 8 : column * 8 + 8] = (0, 0, 255)
        pictures.append(image)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(other.detect, pictures))
    for image, seen in zip(pictures, found, strict=True):
        assert [(one.class_name, one.box) for one in seen] == [
            (one.class_name, one.box) for one in reference.detect(image)
        ]
        assert seen.scores == pytest.approx(1, abs=0.01)


def test_a_file_that_is_no_detector_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a network")
    with pytest.raises(ModelInputError, match=r"bad\.onnx: OpenVINO cannot load it"):
        OpenVinoEngine(bad)
    with pytest.raises(ModelInputError, match=r"no such model file"):
        OpenVinoEngine(tmp_path / "absent.onnx")
    shapes: list[list[int | str]] = [[1, 1, 64, 64], [1, 64], [1, 3, "height", "width"]]
    for shape in shapes:
        with pytest.raises(ModelInputError, match="input is"):
            OpenVinoEngine(save_identity(tmp_path / "net.onnx", shape))
