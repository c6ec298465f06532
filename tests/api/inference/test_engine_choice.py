"""Which engine runs a model, from the check on the command line to the shelf."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from api.inference.engine_choice import PROVIDERS, choose_engine, int8_path, records_folder
from api.inference.model_cache import ModelCache
from api.settings import load_settings
from detector.errors import EngineRefused
from detector.vision.batching import BatchingEngine
from detector.vision.engine import CPU, OrtEngine
from detector.vision.openvino_engine import OpenVinoEngine, installed
from models.card import ModelCard, write_card
from models.engine_record import read_record, record_path, write_record
from models.registry import model_path
from tests.api.cli.conftest import Typed, streetwarden
from tests.detector.nets import COLOURS, save_colour_detector
from tests.models.cards import card_of, save_model
from tests.training.sets import describe, save_squares

__all__ = ["streetwarden"]
needs_openvino = pytest.mark.skipif(not installed(), reason="the openvino extra is not installed")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six pictures of coloured patches: more than the fifty boxes that a check needs."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number in range(6):
        image = np.zeros((64, 96, 3), np.uint8)
        for column, row in rng.integers(0, (12, 8), (10, 2)):
            image[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8, number % 3] = 255
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return folder


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STREETWARDEN_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@needs_openvino
def test_a_check_that_passes_allows_the_engine_for_this_model(
    streetwarden: Typed, tmp_path: Path, pictures: Path, data_dir: Path
) -> None:
    card = save_model(tmp_path / "models")
    records = records_folder(data_dir)
    assert choose_engine(card, "auto", records) is OrtEngine
    with pytest.raises(EngineRefused, match="streetwarden models agree colours"):
        choose_engine(card, "openvino", records)
    printed = streetwarden("models", "agree", "colours", pictures, "--folder", card.folder, "--json")
    assert printed.code == 0
    assert printed.records[0]["agrees"] is True
    assert printed.records[0]["odd"] == 0
    assert choose_engine(card, "auto", records) is choose_engine(card, "openvino", records) is OpenVinoEngine
    assert choose_engine(card, "onnxruntime", records) is OrtEngine
    shelf = ModelCache.of(load_settings(), card.folder)
    assert isinstance(shelf.get("colours").engine, OpenVinoEngine)
    with pytest.raises(EngineRefused, match="another file, version or processor"):
        choose_engine(card.model_copy(update={"sha256": "0" * 64}), "openvino", records)


@needs_openvino
def test_a_check_that_fails_is_remembered_and_exits_with_1(
    streetwarden: Typed, tmp_path: Path, pictures: Path, data_dir: Path
) -> None:
    card = save_model(tmp_path / "models")
    printed = streetwarden("models", "agree", "colours", pictures / "0.png", "--folder", card.folder)
    assert printed.code == 1
    assert "REFUSED: only" in printed.out
    with pytest.raises(EngineRefused, match="give more pictures"):
        choose_engine(card, "openvino", records_folder(data_dir))
    assert choose_engine(card, "auto", records_folder(data_dir)) is OrtEngine


@needs_openvino
def test_another_processor_needs_a_check_of_its_own(
    streetwarden: Typed, tmp_path: Path, pictures: Path, data_dir: Path
) -> None:
    card = save_model(tmp_path / "models")
    streetwarden("models", "agree", "colours", pictures, "--folder", card.folder)
    path = record_path(records_folder(data_dir), "colours", "openvino")
    record = read_record(path)
    assert record is not None
    write_record(record.model_copy(update={"machine": "another"}), path)
    assert choose_engine(card, "auto", records_folder(data_dir)) is OrtEngine


@pytest.fixture
def deep(tmp_path: Path) -> ModelCard:
    """A model that has convolutions to quantise."""
    (tmp_path / "models").mkdir()
    card = card_of(save_colour_detector(tmp_path / "models/deep.onnx", convolutions=8))
    write_card(card, card.folder / "deep.json")
    return card


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    """Seventy-two labelled squares to measure on, and other pictures to take ranges from."""
    for side, pictures in (("train", 3), ("val", 12)):
        for n in range(pictures):
            cells = [(colour, 2 * place, (place + n) % 8) for place, colour in enumerate(COLOURS * 2)]
            cells += [("red", 11, n % 8)] if side == "train" else []
            save_squares(tmp_path / "set" / side, f"{side}-{n}", cells, cells)
    return describe(tmp_path / "set", COLOURS)


@pytest.mark.parametrize("engine", ["onnxruntime-int8", pytest.param("openvino-int8", marks=needs_openvino)])
def test_int8_is_used_where_it_was_asked_for_and_has_passed(
    streetwarden: Typed, deep: ModelCard, squares: Path, data_dir: Path, engine: str
) -> None:
    records, on = records_folder(data_dir), ("deep", squares, "--folder", deep.folder, "--json")
    missing = streetwarden("models", "agree", *on, "--engine", engine)
    assert missing.code == 2
    assert "streetwarden models quantise deep DATASET" in missing.err
    made = streetwarden("models", "quantise", *on)
    assert (made.code, len(made.records)) == (0, 1)
    assert choose_engine(deep, "int8", records) is OrtEngine
    printed = streetwarden("models", "agree", *on, "--engine", engine)
    assert printed.code == 0, printed.out
    int8 = printed.records[0]["int8"]
    assert isinstance(int8, dict)
    assert int8["sha256"] == made.records[0]["int8_sha256"]
    assert int8["map50"] == int8["reference_map50"] == 1
    assert choose_engine(deep, "auto", records) is OrtEngine  # never by itself
    chosen = choose_engine(deep, "int8", records)
    assert chosen is not OrtEngine
    assert chosen(Path("unused.onnx")).output_shape == (1, 7, 96)
    int8_path(records, "deep").write_bytes((deep.folder / "deep.onnx").read_bytes())
    assert choose_engine(deep, "int8", records) is OrtEngine  # another file than the one that was checked


def test_int8_is_held_to_labels(
    streetwarden: Typed, deep: ModelCard, squares: Path, pictures: Path, data_dir: Path
) -> None:
    path = int8_path(records_folder(data_dir), "deep")
    path.parent.mkdir(parents=True)
    save_colour_detector(path, convolutions=1, gain=0.5)  # blind of one eye: no score above .5
    of = ("--folder", deep.folder, "--engine", "onnxruntime-int8")
    unlabelled = streetwarden("models", "agree", "deep", pictures, *of)
    assert (unlabelled.code, unlabelled.err.count("\n")) == (2, 1)
    printed = streetwarden("models", "agree", "deep", squares, *of)
    assert printed.code == 1
    assert "REFUSED" in printed.out
    assert choose_engine(deep, "int8", records_folder(data_dir)) is OrtEngine


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = save_model(tmp_path / "models")
    monkeypatch.setattr("api.inference.engine_choice.installed", lambda: "")
    assert choose_engine(card, "auto", tmp_path) is OrtEngine
    with pytest.raises(EngineRefused, match=r"pip install 'streetwarden\[openvino\]'"):
        choose_engine(card, "openvino", tmp_path)


def test_a_folder_without_pictures_is_one_line(streetwarden: Typed, tmp_path: Path) -> None:
    card = save_model(tmp_path / "models")
    (tmp_path / "empty").mkdir()
    printed = streetwarden("models", "agree", "colours", tmp_path / "empty", "--folder", card.folder)
    assert (printed.code, printed.err.count("\n")) == (2, 1)


def test_a_gpu_is_used_once_it_has_passed_and_its_pictures_are_batched(
    streetwarden: Typed, tmp_path: Path, pictures: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CPU provider in the place of CUDA's: what is chosen, checked and recorded is the same."""
    card = save_model(tmp_path / "models")
    on = ("models", "agree", "colours", pictures, "--folder", card.folder, "--engine", "onnxruntime-cuda")
    monkeypatch.setitem(PROVIDERS, "onnxruntime-cuda", "NoSuchProvider")
    missing = streetwarden(*on)
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    monkeypatch.setitem(PROVIDERS, "onnxruntime-cuda", CPU)
    assert choose_engine(card, "auto", records_folder(data_dir)) is OrtEngine
    printed = streetwarden(*on, "--json")
    assert (printed.code, printed.records[0]["agrees"]) == (0, True)
    assert isinstance(choose_engine(card, "auto", records_folder(data_dir))(model_path(card)), BatchingEngine)
    record = read_record(record_path(records_folder(data_dir), "colours", "onnxruntime-cuda"))
    assert record is not None
    other = record.model_copy(update={"version": "1.2 on another GPU"})
    write_record(other, record_path(records_folder(data_dir), "colours", "onnxruntime-cuda"))
    assert choose_engine(card, "auto", records_folder(data_dir)) is OrtEngine
