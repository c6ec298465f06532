"""Which model looks at which frame."""

from datetime import UTC, datetime

import numpy as np
import pytest

from api.inference.model_choice import BY_VIEW, drone_look, model_for
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Lens, Pose

LENS = Lens(500.0, 500.0, 320.0, 180.0)


def pose(pitch: float) -> Pose:
    return Pose(34.7466, 113.6253, 60.0, 0.0, pitch, 0.0, LENS)


@pytest.mark.parametrize(
    ("pitch", "model"),
    [(-90.0, "aerial-stalls"), (-70.0, "aerial-stalls"), (-69.0, "oblique-stalls"), (-20.0, "oblique-stalls")],
)
def test_the_camera_pitch_decides(pitch: float, model: str) -> None:
    assert model_for(pose(pitch)) == model


def test_without_a_pose_the_model_that_has_seen_both_looks() -> None:
    assert model_for(None) == "oblique-stalls"


def test_a_named_model_looks_at_everything() -> None:
    assert model_for(pose(-90.0), "mine") == "mine"


def test_a_look_asks_for_the_model_of_each_frame() -> None:
    asked: list[str] = []

    def get(name: str) -> OnnxModel:
        asked.append(name)
        raise LookupError(name)

    look = drone_look(get, BY_VIEW)
    for pitch in (-90.0, -30.0):
        frame = Frame(np.zeros((360, 640, 3), np.uint8), datetime(2026, 11, 20, tzinfo=UTC), "flight", pose=pose(pitch))
        with pytest.raises(LookupError):
            look(frame)
    assert asked == ["aerial-stalls", "oblique-stalls"]
