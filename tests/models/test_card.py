import json
from pathlib import Path
from typing import Any

import pytest

from models.card import read_card, write_card
from models.errors import CardInvalid
from tests.detector.nets import save_colour_detector
from tests.models.cards import card_of, save_model


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = save_model(tmp_path)
    assert read_card(tmp_path / "colours.json") == written


def test_the_folder_is_where_the_card_was_found_and_not_in_the_file(tmp_path: Path) -> None:
    save_model(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert "folder" not in json.loads((tmp_path / "b/colours.json").read_text())
    assert read_card(tmp_path / "b/colours.json").folder == tmp_path / "b"


def test_a_class_without_a_fitted_threshold_takes_the_default(tmp_path: Path) -> None:
    card = card_of(save_colour_detector(tmp_path / "colours.onnx"))
    assert card.confidence_for("red") == 0.4
    assert card.confidence_for("blue") == 0.25


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sha256", "abc", "sha256"),
        ("classes", ["red", "red", "blue"], "twice"),
        ("classes", ["red", "green"], "blue"),
        ("input", {"width": 100, "height": 64}, "input.width"),
        ("file", "../elsewhere.onnx", "file"),
        ("file", "colours.pt", "file"),
        ("default_confidence", 1.5, "default_confidence"),
        ("created", "2026-11-20T08:00:00", "created"),
        ("name", "Colours!", "name"),
        ("colour", "red", "colour"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, field: str, value: object, said: str) -> None:
    save_model(tmp_path)
    path = tmp_path / "colours.json"
    values: dict[str, Any] = json.loads(path.read_text())
    path.write_text(json.dumps({**values, field: value}))
    with pytest.raises(CardInvalid, match=said) as caught:
        read_card(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"name": "colours"}'])
def test_what_is_no_card_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "colours.json"
    path.write_bytes(content)
    with pytest.raises(CardInvalid, match=r"colours\.json"):
        read_card(path)


def test_an_absent_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardInvalid, match="cannot be read"):
        read_card(tmp_path / "none.json")


def test_a_written_card_leaves_nothing_half_done(tmp_path: Path) -> None:
    card = save_model(tmp_path)
    write_card(card.model_copy(update={"version": "2"}), tmp_path / "colours.json")
    assert read_card(tmp_path / "colours.json").version == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["colours.json", "colours.onnx"]
