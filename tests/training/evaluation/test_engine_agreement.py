"""What counts as the same thing seen by two engines."""

from pathlib import Path

import numpy as np
import pytest

from detector.vision.engine import OnnxModel, OrtEngine
from detector.vision.frame import Image
from detector.vision.pixels import FloatArray
from tests.detector.nets import COLOURS, save_colour_detector
from training.evaluation.engine_agreement import compare


class Skewed(OrtEngine):
    """The reference with its scores of the first class changed."""

    change = 0.0

    def run(self, blob: FloatArray) -> FloatArray:
        output = super().run(blob).copy()
        output[:, 4] = np.clip(output[:, 4] + self.change * (output[:, 4] > 0), 0, 1)
        return output


def patch(level: int) -> Image:
    image = np.zeros((64, 96, 3), np.uint8)
    image[8:16, 16:24, 2] = level
    return image


@pytest.mark.parametrize(
    ("change", "odd", "shift"),
    [
        (0.0, 0, 0.0),
        (-0.05, 0, 0.05),  # falls below the threshold: a small difference, measured as one
        (-0.4, 1, 0.0),  # nothing like it on the other side any more
    ],
)
def test_a_box_has_its_partner_even_where_that_is_less_sure(
    tmp_path: Path, change: float, odd: int, shift: float
) -> None:
    path = save_colour_detector(tmp_path / "colours.onnx")
    skewed = type("Skewed", (Skewed,), {"change": change})
    reference, other = OnnxModel(path, COLOURS, 0.5), OnnxModel(path, COLOURS, 0.5, make_engine=skewed)
    compared = compare(reference, other, [patch(131)])  # a score of 0.514
    assert compared.odd == odd
    assert compared.pictures == 1
    assert compared.worst_shift == pytest.approx(shift, abs=0.001)
