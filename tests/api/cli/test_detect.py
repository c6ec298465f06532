from pathlib import Path

import cv2
import numpy as np

from tests.api.cli.conftest import Typed
from tests.models.cards import save_model


def test_good_pictures_are_answered_and_bad_ones_named(streetwarden: Typed, tmp_path: Path) -> None:
    save_model(tmp_path / "cards")
    picture = tmp_path / "摊 位.png"
    image = np.zeros((64, 96, 3), np.uint8)
    image[:, :, 2] = 255
    cv2.imencode(".png", image)[1].tofile(picture)
    text = tmp_path / "text.jpg"
    text.write_text("hello", encoding="utf-8")
    model = ("--model", "colours", "--models-folder", tmp_path / "cards")
    printed = streetwarden("detect", text, picture, tmp_path / "gone.jpg", *model, "--json")
    assert printed.code == 2
    (record,) = printed.records
    assert set(record) == {"image", "width", "height", "detections"}
    assert (record["image"], record["width"], record["height"]) == (str(picture), 96, 64)
    found = record["detections"]
    assert isinstance(found, list)
    assert found
    assert set(found[0]) == {"class", "confidence", "box", "lat", "lon", "ce90"}
    assert found[0]["class"] == "red"
    assert found[0]["lat"] is None
    assert "text.jpg" in printed.err
    assert "gone.jpg" in printed.err


def test_a_tampered_model_is_refused(streetwarden: Typed, tmp_path: Path) -> None:
    save_model(tmp_path)
    with (tmp_path / "colours.onnx").open("ab") as file:
        file.write(b"x")
    printed = streetwarden("detect", "any.jpg", "--model", "colours", "--models-folder", tmp_path)
    assert printed.code == 2
    assert "sha256" in printed.err
    assert printed.err.count("\n") == 1
