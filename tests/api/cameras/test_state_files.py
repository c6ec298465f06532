from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from api.cameras.state_files import PersistentLook
from detector.look import Look
from detector.rules.rulebook import Rule, Rulebook
from detector.rules.zones import Zone
from detector.vision.detections import Detections
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Image
from tests.detector.nets import COLOURS, save_colour_detector

NOON = datetime.now(UTC).replace(microsecond=0)
EVERYWHERE = Zone("all", "view", ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)), "camera / 1")


def book() -> Rulebook:
    from zoneinfo import ZoneInfo

    return Rulebook.of("1", ZoneInfo("UTC"), [EVERYWHERE], [Rule("red", ("red",), ("view",))], None)


def picture() -> Image:
    image: Image = np.full((64, 96, 3), 20, np.uint8)
    image[24:32, 40:48] = (0, 0, 255)
    return image


@pytest.fixture
def model(tmp_path: Path) -> OnnxModel:
    return OnnxModel(save_colour_detector(tmp_path / "net.onnx"), COLOURS, 0.6)


def run(look: PersistentLook, first: datetime, count: int) -> set[str]:
    keys = set()
    for number in range(count):
        for found in look(Frame(picture(), first + timedelta(seconds=5 * number), "camera / 1", index=number)):
            keys.add(found.sighting.key)
    return keys


def test_a_place_keeps_its_key_over_a_restart(model: OnnxModel, tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    before = run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON, 14)
    after = run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON + timedelta(seconds=75), 14)
    forgetful = run(
        PersistentLook(Look("camera / 1", book(), [model]), tmp_path / "other"), NOON + timedelta(hours=1), 14
    )
    assert len(before) == 1
    assert after == before
    assert forgetful != before


def test_damaged_memory_is_told_and_the_watch_goes_on(
    model: OnnxModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "memory"
    run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON, 14)
    for file in folder.iterdir():
        file.write_bytes(b"no memory")
    found = run(PersistentLook(Look("camera / 1", book(), [model]), folder), NOON + timedelta(seconds=75), 14)
    assert found
    assert "starts without its saved state" in caplog.text


def test_detections_of_the_tiny_net_are_what_the_tests_assume(model: OnnxModel) -> None:
    seen: Detections = model.detect(picture())
    assert [one.class_name for one in seen] == ["red"]
