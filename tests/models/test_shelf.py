"""Versions of models outside the package: added, put in service, taken back, and never half of it."""

import errno
import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import shelf_changes
from models.durable import copy_file
from models.errors import (
    CardChanged,
    CardInvalid,
    HashMismatch,
    ModelError,
    ModelFileMissing,
    ModelUnsafe,
    NothingBefore,
    PointerDamaged,
    ShapeMismatch,
    ShelfBusy,
    ShelfUnwritable,
    UnknownModel,
    VersionTaken,
    VersionUnknown,
)
from models.registry import model_path
from models.shelf import SHIPPED, Shelf, card_sha256
from models.shelf_changes import add, locked, promote, roll_back
from tests.detector.nets import save_identity
from tests.models.cards import save_model, save_version


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf beside one shipped model, `colours` 1, with nothing added."""
    save_model(tmp_path / "shipped")
    return Shelf(tmp_path / "var/models", tmp_path / "shipped")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, but the locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_the_shipped_model_is_version_0_and_serves_until_another_is_promoted(shelf: Shelf) -> None:
    assert shelf.names() == ["colours"]
    assert shelf.versions("colours") == [SHIPPED]
    assert shelf.in_service("colours").folder == shelf.shipped
    assert [(one.version, one.card.version, one.serves) for one in shelf.of("colours")] == [("0", "1", True)]


def test_a_version_is_added_promoted_and_taken_back(shelf: Shelf, tmp_path: Path) -> None:
    for version, gain in (("2", 0.5), ("3", 0.7)):
        added = add(shelf, save_version(tmp_path / version, version, gain=gain).folder)
        assert added.folder == shelf.folder / "colours" / version
    assert shelf.versions("colours") == ["0", "2", "3"]
    assert shelf.serving_version("colours") == "0"  # adding is not promoting
    promote(shelf, "colours", "2")
    promote(shelf, "colours", "3")
    assert shelf.in_service("colours").version == "3"
    assert [one.serves for one in shelf.of("colours")] == [False, False, True]
    assert roll_back(shelf, "colours").version == "2"
    assert promote(shelf, "colours", "3").before == ("0", "2")
    assert roll_back(shelf, "colours").version == "2"
    assert roll_back(shelf, "colours").version == "0"
    assert shelf.in_service("colours").folder == shelf.shipped
    before = contents(shelf.folder)
    with pytest.raises(NothingBefore, match="no version of colours served before '0'"):
        roll_back(shelf, "colours")
    assert contents(shelf.folder) == before


def test_promoting_what_serves_changes_nothing(shelf: Shelf, tmp_path: Path) -> None:
    add(shelf, save_version(tmp_path / "2", "2").folder)
    first = promote(shelf, "colours", "2")
    assert promote(shelf, "colours", "2") == first


def test_a_model_that_is_not_shipped_serves_once_it_is_promoted(shelf: Shelf, tmp_path: Path) -> None:
    add(shelf, save_version(tmp_path / "mine", "1", "mine").folder)
    assert not shelf.has("mine")
    with pytest.raises(UnknownModel, match="'mine' serves; shipped: colours"):
        shelf.in_service("mine")
    promote(shelf, "mine", "1")
    assert shelf.has("mine")
    assert shelf.in_service("mine").version == "1"
    assert shelf.names() == ["colours", "mine"]


def test_adding_the_same_again_changes_nothing_and_another_of_its_name_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    source = save_version(tmp_path / "2", "2").folder
    add(shelf, source)
    before = contents(shelf.folder)
    assert add(shelf, source / "colours.json").version == "2"
    with pytest.raises(VersionTaken, match="another model of that name and version"):
        add(shelf, save_version(tmp_path / "other", "2", gain=0.3).folder)
    assert contents(shelf.folder) == before


@pytest.mark.parametrize("version", ["0", "1"])
def test_the_shipped_version_cannot_be_added_over(shelf: Shelf, tmp_path: Path, version: str) -> None:
    with pytest.raises(VersionTaken, match="comes with the product"):
        add(shelf, save_version(tmp_path / "new", version).folder)
    assert contents(shelf.folder) == {}


def linked(folder: Path) -> None:
    network = folder / "colours.onnx"
    network.rename(folder / "elsewhere")
    network.symlink_to(folder / "elsewhere")


def linked_card(folder: Path) -> None:
    card = folder / "colours.json"
    card.rename(folder / "elsewhere")
    card.symlink_to(folder / "elsewhere")


def a_pipe(folder: Path) -> None:
    (folder / "colours.onnx").unlink()
    os.mkfifo(folder / "colours.onnx")


def huge(folder: Path) -> None:
    with (folder / "colours.onnx").open("ab") as file:
        file.truncate(shelf_changes.LARGEST_NETWORK + 1)


def huge_card(folder: Path) -> None:
    (folder / "colours.json").write_bytes(b" " * (shelf_changes.LARGEST_CARD + 1))


def two_cards(folder: Path) -> None:
    shutil.copy(folder / "colours.json", folder / "more.json")


def without_network(folder: Path) -> None:
    (folder / "colours.onnx").unlink()


def another_network(folder: Path) -> None:
    (folder / "colours.onnx").write_bytes((folder / "colours.onnx").read_bytes() + b"\0")


def edit(**fields: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "colours.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    return change


def no_detector(folder: Path) -> None:
    from models.registry import sha256_of

    path = save_identity(folder / "colours.onnx", [1, 3, 64, 96])
    edit(sha256=sha256_of(path))(folder)


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (linked, ModelUnsafe, "no plain file"),
        (linked_card, ModelUnsafe, "no plain file"),
        (a_pipe, ModelUnsafe, "no plain file"),
        (huge, ModelUnsafe, "larger than 512 MiB"),
        (huge_card, ModelUnsafe, "larger than 1 MiB"),
        (two_cards, CardInvalid, "holds 2 cards"),
        (without_network, ModelFileMissing, "is missing"),
        (another_network, HashMismatch, "sha256"),
        (no_detector, ShapeMismatch, "output"),
        (edit(file="../../shipped/colours.onnx"), CardInvalid, "file"),
        (edit(version="../../../escaped"), ModelUnsafe, "up to 64 letters"),
        (edit(version=".."), ModelUnsafe, "up to 64 letters"),
        (edit(version=""), ModelUnsafe, "up to 64 letters"),
        (edit(name="x" * 80), ModelUnsafe, "up to 64 letters"),
        (edit(colour="red"), CardInvalid, "colour"),
    ],
)
def test_a_model_from_anywhere_is_hostile(
    shelf: Shelf, tmp_path: Path, spoil: Callable[[Path], None], error: type[ModelError], said: str
) -> None:
    source = save_version(tmp_path / "new", "2").folder
    spoil(source)
    with pytest.raises(error, match=said) as caught:
        add(shelf, source)
    assert "\n" not in str(caught.value)
    assert contents(shelf.folder) == {}
    assert not (tmp_path / "escaped").exists()


def test_a_network_that_reads_other_files_as_its_weights_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    import onnx

    from models.registry import sha256_of

    source = save_version(tmp_path / "new", "2").folder
    network = onnx.load(source / "colours.onnx")
    (tmp_path / "secret").write_bytes(network.graph.initializer[0].raw_data or b"\0" * 64)
    tensor = network.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../secret"
    (source / "colours.onnx").write_bytes(network.SerializeToString())
    edit(sha256=sha256_of(source / "colours.onnx"))(source)
    with pytest.raises(ShapeMismatch, match="takes weights from other files"):
        add(shelf, source)
    assert contents(shelf.folder) == {}


def test_a_card_edited_by_hand_neither_serves_nor_is_promoted(shelf: Shelf, tmp_path: Path) -> None:
    add(shelf, save_version(tmp_path / "2", "2").folder)
    card = shelf.folder / "colours/2/colours.json"
    kept = card.read_text()
    edit(default_confidence=0.01)(card.parent)
    with pytest.raises(CardChanged, match="was changed after it was added"):
        promote(shelf, "colours", "2")
    assert shelf.serving_version("colours") == "0"
    card.write_text(kept)
    promote(shelf, "colours", "2")
    edit(default_confidence=0.01)(card.parent)
    with pytest.raises(CardChanged):
        shelf.in_service("colours")
    record = card.with_name("added.json")  # whoever changes the card may change what was noted of it
    digest = card_sha256(shelf.card("colours", "0").model_copy(update={"folder": card.parent}))
    record.write_text(json.dumps({**json.loads(record.read_text()), "card_sha256": digest}))
    with pytest.raises(CardChanged, match="not the card that was promoted"):
        shelf.in_service("colours")
    assert roll_back(shelf, "colours").version == "0"  # the way out


def test_a_card_moved_to_another_version_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    add(shelf, save_version(tmp_path / "2", "2").folder)
    shutil.copytree(shelf.folder / "colours/2", shelf.folder / "colours/3")
    with pytest.raises(CardChanged, match="speaks of another model than its folder"):
        promote(shelf, "colours", "3")


def test_a_network_changed_after_it_was_added_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    card = add(shelf, save_version(tmp_path / "2", "2").folder)
    another_network(card.folder)
    with pytest.raises(HashMismatch):
        promote(shelf, "colours", "2")
    assert shelf.pointer("colours") is None


@pytest.mark.parametrize("version", ["4", "..", "../colours/2", "", "2/../2", "*"])
def test_an_unknown_version_is_answered_with_the_known_ones(shelf: Shelf, tmp_path: Path, version: str) -> None:
    add(shelf, save_version(tmp_path / "2", "2").folder)
    with pytest.raises(VersionUnknown, match="it has: 0, 2"):
        promote(shelf, "colours", version)


@given(content=st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_pointer_is_said_and_never_guessed(shelf: Shelf, content: bytes) -> None:
    path = shelf.pointer_path("colours")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(PointerDamaged, match="does not say which version of colours serves"):
        shelf.in_service("colours")


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("at", ["copy_file", "write_text", "sync_folder"])
def test_a_full_disk_adds_nothing(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    source = save_version(tmp_path / "2", "2").folder
    monkeypatch.setattr(shelf_changes, at, full)
    with pytest.raises(ShelfUnwritable, match="No space left on device"):
        add(shelf, source)
    monkeypatch.undo()
    assert at == "sync_folder" or contents(shelf.folder) == {}  # the last step comes when all is whole
    assert add(shelf, source).version == "2"


def test_a_full_disk_promotes_nothing(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, gain in (("2", 0.5), ("3", 0.6)):
        add(shelf, save_version(tmp_path / version, version, gain=gain).folder)
    promote(shelf, "colours", "2")
    before = contents(shelf.folder)
    monkeypatch.setattr(shelf_changes, "write_text", full)
    changes: tuple[Callable[[], object], ...] = (
        lambda: promote(shelf, "colours", "3"),
        lambda: roll_back(shelf, "colours"),
    )
    for change in changes:
        with pytest.raises(ShelfUnwritable, match="nothing was changed"):
            change()
        assert contents(shelf.folder) == before


def add_slowly(shelf: Shelf, source: Path, begun: Event) -> None:
    """Add a model, and hang when its network has been copied."""

    def hang(source: Path, target: Path) -> None:
        copy_file(source, target)
        begun.set()
        time.sleep(60)

    pytest.MonkeyPatch().setattr(shelf_changes, "copy_file", hang)  # this process ends by a kill
    add(shelf, source)


def test_a_kill_in_the_middle_leaves_nothing_and_the_lock_is_free(shelf: Shelf, tmp_path: Path) -> None:
    source = save_version(tmp_path / "2", "2").folder
    context = multiprocessing.get_context("fork")
    begun = context.Event()
    process = context.Process(target=add_slowly, args=(shelf, source, begun))
    process.start()
    assert begun.wait(30)
    with pytest.raises(ShelfBusy, match="being changed by another process"), locked(shelf, "colours"):
        pass
    process.kill()
    process.join()
    assert shelf.versions("colours") == ["0"]
    assert add(shelf, source).version == "2"  # and what was left of the first attempt is gone
    assert sorted(path.name for path in (shelf.folder / "colours").iterdir()) == [".lock", "2"]


def test_two_promotions_of_one_model_exclude_each_other_and_of_two_models_do_not(shelf: Shelf) -> None:
    with locked(shelf, "colours"), locked(shelf, "mine"), pytest.raises(ShelfBusy), locked(shelf, "colours"):
        pass
    with locked(shelf, "colours"):
        pass


@pytest.mark.parametrize("name", ["..", "a/b", "", "A", "x" * 65])
def test_no_lock_is_made_outside_the_shelf(shelf: Shelf, tmp_path: Path, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(VersionUnknown, match="cannot be a model's name"), locked(shelf, name):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_another_mark_for_each_change(shelf: Shelf, tmp_path: Path) -> None:
    assert shelf.pointer_mark("colours") is None
    add(shelf, save_version(tmp_path / "2", "2").folder)
    assert shelf.pointer_mark("colours") is None
    promote(shelf, "colours", "2")
    first = shelf.pointer_mark("colours")
    roll_back(shelf, "colours")
    assert None is not first != shelf.pointer_mark("colours")


def test_what_is_added_is_the_model_that_was_given(shelf: Shelf, tmp_path: Path) -> None:
    given = save_version(tmp_path / "2", "2")
    card = add(shelf, given.folder)
    assert card.identity == given.identity
    assert model_path(card).read_bytes() == model_path(given).read_bytes()
