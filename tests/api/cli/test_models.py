import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.card import InputSize, write_card
from models.registry import list_models, sha256_of
from tests.api.cli.conftest import Typed
from tests.detector.nets import save_colour_detector, save_identity
from tests.models.cards import save_model

Tamper = Callable[[Path], None]


def test_verify_names_a_file_that_is_not_what_its_card_says(streetwarden: Typed, tmp_path: Path) -> None:
    save_model(tmp_path)
    assert streetwarden("models", "verify", "--folder", tmp_path, "--json").records[0]["ok"] is True
    with (tmp_path / "colours.onnx").open("ab") as file:
        file.write(b"x")
    printed = streetwarden("models", "verify", "--folder", tmp_path, "--json")
    assert printed.code == 2
    assert printed.records[0]["ok"] is False
    assert "sha256" in str(printed.records[0]["reason"])


def test_nothing_to_verify_is_no_success(streetwarden: Typed, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        printed = streetwarden("models", "verify", "--folder", folder)
        assert printed.code == 2
        assert printed.err.count("\n") == 1


def of_another_input(folder: Path) -> None:
    card = save_model(folder)
    write_card(card.model_copy(update={"input": InputSize(width=64, height=96)}), folder / "colours.json")


def of_other_classes(folder: Path) -> None:
    card = save_model(folder)
    swapped = card.model_copy(update={"classes": ("red", "blue", "green")})
    write_card(swapped, folder / "colours.json")


def of_another_network(folder: Path) -> None:
    card = save_model(folder)
    path = save_identity(folder / "colours.onnx", [1, 3, 64, 96])
    write_card(card.model_copy(update={"sha256": sha256_of(path)}), folder / "colours.json")


def of_another_file(folder: Path) -> None:
    save_model(folder)
    save_colour_detector(folder / "colours.onnx", width=192)


def without_file(folder: Path) -> None:
    save_model(folder)
    (folder / "colours.onnx").unlink()


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (of_another_input, "input is [1, 3, 64, 96], the card of colours says [1, 3, 96, 64]"),
        (of_other_classes, "classes are red, green, blue, the card of colours says red, blue, green"),
        (of_another_network, "output is [1, 3, 64, 96], the card of colours needs [1, 7, n]"),
        (of_another_file, "sha256 is"),
        (without_file, "is missing"),
    ],
)
def test_a_model_that_is_not_its_card_is_refused_wherever_it_is_used(
    streetwarden: Typed, tmp_path: Path, tamper: Tamper, said: str
) -> None:
    tamper(tmp_path)
    printed = streetwarden("models", "verify", "--folder", tmp_path)
    assert printed.code == 2
    assert "colours: BROKEN: " in printed.out
    assert said in printed.out
    assert "colours.onnx" in printed.out
    (tmp_path / "a.jpg").write_bytes(b"")
    used = streetwarden("detect", tmp_path / "a.jpg", "--model", "colours", "--models-folder", tmp_path)
    assert used.code == 2
    assert said in used.err


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("file", "../elsewhere.onnx", "file"),
        ("classes", ["red", "green"], "blue"),
        ("sha256", "0" * 63, "sha256"),
        ("thresholds", {"violet": {}}, "thresholds"),
    ],
)
def test_a_card_that_contradicts_itself_is_one_line(
    streetwarden: Typed, tmp_path: Path, field: str, value: object, said: str
) -> None:
    save_model(tmp_path)
    path = tmp_path / "colours.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    printed = streetwarden("models", "verify", "--folder", tmp_path)
    assert printed.code == 2
    assert f"{path}: " in printed.err
    assert said in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("model", [card.name for card in list_models()])
def test_show_prints_all_that_the_card_says(streetwarden: Typed, model: str) -> None:
    card = streetwarden("models", "show", model, "--json").records[0]
    text = streetwarden("models", "show", model).out
    training, metrics = card["training"], card["metrics"]
    assert isinstance(training, dict)
    assert isinstance(metrics, dict)
    wanted = [card["sha256"], card["version"], card["licence"], training["command"], training["base_sha256"]]
    wanted += [f"{metrics['latency_ms']:.1f} ms", metrics["dataset"], f"{metrics['map50']['value']:.3f} ("]
    for name, one in metrics["per_class"].items():
        if not one["boxes"]:
            continue
        wanted += [name, f"{one['ap50']['value']:.3f} ({one['ap50']['low']:.2f} to {one['ap50']['high']:.2f})"]
    for source in card["data"] if isinstance(card["data"], list) else []:
        wanted += [source["name"], source["licence"], source["source"], str(source["boxes"])]
    wanted += list(card["blind"]) if isinstance(card["blind"], list) else []
    missing = [piece for piece in wanted if str(piece) not in text]
    assert missing == []
