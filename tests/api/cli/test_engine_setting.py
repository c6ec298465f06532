"""Commands that run a model run it on the engine that the operator set."""

from pathlib import Path

import pytest

from api.inference.model_choice import STALLS
from tests.api.cli.conftest import Typed
from tests.conftest import REPO

FLIGHT = REPO / "samples" / "flights" / "nadir-60m" / "flight.mp4"


@pytest.mark.parametrize(
    "words", [("detect", "any.jpg", "--model", STALLS), ("survey", FLIGHT), ("demo", "--for", "1s")], ids=lambda w: w[0]
)
def test_an_engine_that_may_not_be_used_is_refused_in_one_line(
    streetwarden: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...]
) -> None:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path))  # no check was made here
    monkeypatch.setenv("STREETWARDEN_ENGINE", "openvino")
    monkeypatch.setenv("STREETWARDEN_PORT", "0")
    printed = streetwarden(*words)
    assert printed.code != 0
    assert "cannot run on OpenVINO" in printed.err
    assert printed.err.count("\n") == 1
