"""`models add`, `versions`, `promote` and `rollback` as a user types them."""

import json
from pathlib import Path

import pytest

from api.inference.model_cache import ModelCache
from api.settings import load_settings
from tests.api.cli.conftest import Typed
from tests.training.evaluation.test_gate import frozen, model


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


def test_a_model_is_added_judged_put_in_service_and_taken_back(streetwarden: Typed, tmp_path: Path) -> None:
    street = frozen(tmp_path / "street", 12)
    for version, sees in (("1", (1, 1, 0)), ("2", (1, 1, 1)), ("3", (0, 1, 1))):
        added = streetwarden("models", "add", model(tmp_path / version, version, sees=sees).folder, "--json")
        assert added.records[0]["version"] == version
    first = streetwarden("models", "promote", "colours", "1", "--dataset", street.folder)
    assert first.code == 0
    assert "against nothing: it is the first" in first.out
    cache = ModelCache.of(load_settings())  # a service that runs
    assert cache.get("colours").identity.version == "1"

    promoted = streetwarden("models", "promote", "colours", "2", "--dataset", street.folder)
    assert promoted.code == 0
    assert "blue" in promoted.out
    assert "back with: streetwarden models rollback colours" in promoted.err
    assert cache.get("colours").identity.version == "2"

    refused = streetwarden("models", "promote", "colours", "3", "--dataset", street.folder)
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert "colours 3 is not promoted: red on street is worse" in refused.err
    assert "REFUSED (worse): red on street" in refused.out
    assert cache.get("colours").identity.version == "2"

    listed = streetwarden("models", "versions", "colours", "--json").records
    assert [(one["version"], one["serves"], one["gate"]) for one in listed] == [
        ("1", False, "passed"),
        ("2", True, "passed"),
        ("3", False, "refused"),
    ]
    back = streetwarden("models", "rollback", "colours")
    assert (back.code, back.out) == (0, "colours 1 serves again\n")
    assert cache.get("colours").identity.version == "1"
    again = streetwarden("models", "rollback", "colours")
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "nothing was changed" in again.err


def test_a_refusal_as_json_names_class_set_and_pictures(streetwarden: Typed, tmp_path: Path) -> None:
    street = frozen(tmp_path / "street", 12)
    for version, sees in (("1", (1, 1, 0)), ("2", (0, 1, 0))):
        streetwarden("models", "add", model(tmp_path / version, version, sees=sees).folder)
    streetwarden("models", "promote", "colours", "1", "--dataset", street.folder)
    refused = streetwarden("models", "promote", "colours", "2", "--dataset", street.folder, "--json")
    assert refused.code == 2
    refusals = json.loads(refused.out)["refusals"]
    assert [one["code"] for one in refusals] == ["worse", "no_gain"]
    assert len(refusals[0]["pictures"]) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "aerial-stalls", "9"), "model 'aerial-stalls' has no version '9' on the shelf; it has: 0"),
        (("promote", "nothing", "1"), "model 'nothing' has no version '1'"),
        (("rollback", "aerial-stalls"), "no version of aerial-stalls served before '0'"),
        (("rollback", "../escape"), "cannot be a model's name"),
        (("versions", "nothing"), "no model named 'nothing' serves"),
        (("add", "nowhere"), "nowhere: cannot be read"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(streetwarden: Typed, words: tuple[str, ...], said: str) -> None:
    printed = streetwarden("models", *words)
    assert (printed.code, printed.err.count("\n")) == (2, 1)
    assert said in printed.err


def test_without_held_out_pictures_it_is_said_how_to_get_some(streetwarden: Typed, tmp_path: Path) -> None:
    streetwarden("models", "add", model(tmp_path / "1", "1").folder)
    printed = streetwarden("models", "promote", "colours", "1")
    assert printed.code == 2
    assert "streetwarden dataset import" in printed.err


def test_a_shadow_is_set_and_ended(streetwarden: Typed, tmp_path: Path) -> None:
    street = frozen(tmp_path / "street", 12)
    for version in ("1", "2"):
        streetwarden("models", "add", model(tmp_path / version, version).folder)
    streetwarden("models", "promote", "colours", "1", "--dataset", street.folder)
    begun = streetwarden("models", "shadow", "colours", "2", "--share", "0.2", "--json")
    assert (begun.records[0]["shadow"], begun.records[0]["share"]) == ("2", 0.2)
    refused = streetwarden("models", "shadow", "colours", "1")
    assert (refused.code, "is in service" in refused.err) == (2, True)
    assert "has no shadow now" in streetwarden("models", "shadow", "colours").out
