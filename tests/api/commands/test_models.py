from pathlib import Path

from tests.api.commands.conftest import Typed
from tests.models.cards import save_model


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
