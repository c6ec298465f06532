import shutil
from contextlib import suppress
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from models.card import InputSize, write_card
from models.errors import CardInvalid, HashMismatch, ModelFileMissing, ShapeMismatch, UnknownModel
from models.external_data import has_external_data
from models.registry import WEIGHTS, class_names, find_model, list_models, model_path, sha256_of, verify
from tests.detector.nets import COLOURS, save_colour_detector, save_identity
from tests.models.cards import card_of, save_model


def test_models_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("zebra", "ant"):
        save_model(tmp_path, name)
    assert [card.name for card in list_models(tmp_path)] == ["ant", "zebra"]


def test_an_absent_folder_holds_no_models(tmp_path: Path) -> None:
    assert list_models(tmp_path / "none") == []


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    save_model(tmp_path, "ant")
    with pytest.raises(UnknownModel, match=r"'bee'.*known: ant"):
        find_model("bee", tmp_path)


def test_two_cards_of_one_name_are_refused(tmp_path: Path) -> None:
    save_model(tmp_path, "ant")
    shutil.copy(tmp_path / "ant.json", tmp_path / "bee.json")
    with pytest.raises(CardInvalid, match="two cards are named ant"):
        list_models(tmp_path)


def test_a_model_that_is_its_card_is_verified(tmp_path: Path) -> None:
    save_model(tmp_path)
    card = find_model("colours", tmp_path)
    verify(card)
    assert model_path(card) == tmp_path / "colours.onnx"
    assert class_names(model_path(card)) == COLOURS


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    card = save_model(tmp_path)
    model_path(card).unlink()
    with pytest.raises(ModelFileMissing, match=r"colours\.onnx"):
        verify(card)


def test_one_changed_byte_is_seen(tmp_path: Path) -> None:
    card = save_model(tmp_path)
    content = bytearray(model_path(card).read_bytes())
    content[-1] ^= 1
    model_path(card).write_bytes(content)
    with pytest.raises(HashMismatch, match=r"colours\.onnx"):
        verify(card)


def test_another_input_size_is_refused(tmp_path: Path) -> None:
    card = card_of(save_colour_detector(tmp_path / "colours.onnx"), input=InputSize(width=64, height=96))
    with pytest.raises(ShapeMismatch, match=r"input is \[1, 3, 64, 96\].*\[1, 3, 96, 64\]"):
        verify(card)


def test_other_classes_are_refused(tmp_path: Path) -> None:
    path = save_colour_detector(tmp_path / "colours.onnx")
    with pytest.raises(ShapeMismatch, match="classes are red, green, blue"):
        verify(card_of(path, classes=("red", "blue", "green")))
    with pytest.raises(ShapeMismatch, match=r"output is .*needs \[1, 6, n\]"):
        verify(card_of(path, classes=("red", "green")))


def test_what_is_no_detector_is_refused(tmp_path: Path) -> None:
    path = save_identity(tmp_path / "colours.onnx", [1, 3, 64, 96])
    with pytest.raises(ShapeMismatch, match="output"):
        verify(card_of(path))


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "colours.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ShapeMismatch, match="no ONNX model that can be read"):
        verify(card_of(path))


def test_a_card_left_behind_by_a_new_file_is_refused(tmp_path: Path) -> None:
    card = save_model(tmp_path)
    save_colour_detector(tmp_path / "colours.onnx", width=192)
    with pytest.raises(HashMismatch):
        verify(card)
    write_card(card.model_copy(update={"sha256": sha256_of(model_path(card))}), tmp_path / "colours.json")
    with pytest.raises(ShapeMismatch):
        verify(find_model("colours", tmp_path))


@pytest.mark.parametrize("name", [card.name for card in list_models()])
def test_the_shipped_models_are_their_cards(name: str) -> None:
    shipped = find_model(name)
    verify(shipped)
    # street is two networks that share their first layers; street-cameras is of the size above (yolov8s, 11 M weights)
    most = {"street": 24, "street-cameras": 46}.get(name, 12)
    assert model_path(shipped).stat().st_size <= most * 2**20
    assert shipped.folder == WEIGHTS
    unmeasured = {"motorcycle"} if name == "street" else set()  # none of the pictures that it is measured on shows one
    assert set(shipped.metrics.per_class) == set(shipped.classes) - unmeasured


def test_weights_in_another_file_are_refused(tmp_path: Path) -> None:
    """No hash covers them, and their name may be that of any file."""
    path = save_colour_detector(tmp_path / "colours.onnx", convolutions=1)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").is_file()
    with pytest.raises(ShapeMismatch, match=r"colours\.onnx: takes weights from other files"):
        verify(card_of(path))


def test_weights_in_another_file_are_found_wherever_a_tensor_may_lie(tmp_path: Path) -> None:
    outside = TensorProto(dims=[1], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="/etc/passwd")
    constant = helper.make_node("Constant", [], ["x"], value=outside)
    then = helper.make_graph([constant], "then", [], [])
    for node in (constant, helper.make_node("If", ["c"], ["y"], then_branch=then)):
        path = tmp_path / "hidden.onnx"
        path.write_bytes(helper.make_model(helper.make_graph([node], "g", [], [])).SerializeToString())
        with pytest.raises(ShapeMismatch, match="other files"):
            class_names(path)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_search_for_other_files(content: bytes) -> None:
    with suppress(ValueError):
        has_external_data(content)


@pytest.mark.parametrize(
    "names",
    [
        "",
        "{0: 'a', [1]: 'b'}",
        "{0: 'a', 'x': 'b'}",
        "{0: " + "9" * 5000 + "}",
        "{0: ['a']}",
        "{0: '\\x1b[2J'}",
        "[" * 100_000,
        "{" * 300,
        "-" * 90_000 + "1",
        "{0: 1 + 2j}",
        "\0",
        "__import__('os').abort()",
        str(dict.fromkeys(range(200_000), "x")),
    ],
    ids=lambda names: names[:20],
)
def test_hostile_names_are_no_names(tmp_path: Path, names: str) -> None:
    path = save_colour_detector(tmp_path / "colours.onnx")
    model = onnx.load(path)
    del model.metadata_props[:]
    model.metadata_props.append(onnx.StringStringEntryProto(key="names", value=names))
    onnx.save(model, path)
    assert class_names(path) == ()
    with pytest.raises(ShapeMismatch, match="not written in the file"):
        verify(card_of(path))


def test_what_is_no_model_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "rubbish.onnx"
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(ShapeMismatch, match=r"rubbish\.onnx: no ONNX model"):
        class_names(path)
