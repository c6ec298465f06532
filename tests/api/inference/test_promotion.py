"""Promotion: the gate, what it judges on, and that nothing is half-promoted."""

import errno
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from api.inference import promotion
from api.inference.promotion import (
    frozen_sets,
    promote_model,
    read_gate_report,
    roll_back_model,
    sets_of_training,
)
from models import shelf_changes
from models.card import DataSource, ModelCard, write_card
from models.errors import CardChanged, ShelfBusy, ShelfUnwritable, VersionUnknown
from models.shelf import Shelf
from models.shelf_changes import add
from tests.detector.nets import COLOURS
from tests.training.evaluation.test_gate import frozen, model
from tests.training.sets import save_squares
from training.datasets.importing import ImportWish, grow, import_export
from training.datasets.manifest import DatasetManifest, read_manifest
from training.datasets.version_store import latest
from training.errors import DatasetInvalid, GateRefused
from training.evaluation.gate import FrozenSet, judge

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> FrozenSet:
    return frozen(tmp_path_factory.mktemp("sets") / "street", 12)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Shipped: a model that sees no blue. On the shelf: 2 sees all, 3 sees no red, 4 is as the shipped one."""
    model(tmp_path / "shipped", "1", sees=(1, 1, 0))
    shelf = Shelf(tmp_path / "var/models", tmp_path / "shipped")
    for version, sees in (("2", (1, 1, 1)), ("3", (0, 1, 1)), ("4", (1, 1, 0.5))):
        add(shelf, model(tmp_path / version, version, sees=sees).folder)
    return shelf


def test_what_is_better_serves_and_can_be_taken_back_and_promoted_again(shelf: Shelf, street: FrozenSet) -> None:
    assert promote_model(shelf, "colours", "2", [street]).passed
    assert shelf.serving_version("colours") == "2"
    assert roll_back_model(shelf, "colours").version == "0"
    assert promote_model(shelf, "colours", "2", [street]).passed
    assert shelf.serving_version("colours") == "2"


def test_a_refusal_is_one_line_that_says_where_and_changes_nothing(shelf: Shelf, street: FrozenSet) -> None:
    with pytest.raises(GateRefused, match=r"colours 3 is not promoted: red on street is worse: AP50 -1\.000") as caught:
        promote_model(shelf, "colours", "3", [street])
    assert "\n" not in str(caught.value)
    assert shelf.pointer("colours") is None
    report = read_gate_report(shelf, "colours", "3")
    assert report is not None
    assert not report.passed
    assert report.refusals[0].pictures
    assert read_gate_report(shelf, "colours", "2") is None
    assert shelf.versions("colours") == ["0", "2", "3", "4"]  # the gate's folder is no version


def test_a_card_edited_by_hand_is_refused_before_anything_is_measured(
    shelf: Shelf, street: FrozenSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = shelf.card("colours", "2")
    write_card(card.model_copy(update={"default_confidence": 0.1}), card.folder / "colours.json")
    monkeypatch.setattr(promotion, "judge", None)
    with pytest.raises(CardChanged, match="was changed after it was added"):
        promote_model(shelf, "colours", "2", [street])
    with pytest.raises(VersionUnknown):
        promote_model(shelf, "colours", "9", [street])


@pytest.mark.parametrize("where", [promotion, shelf_changes])
def test_a_full_disk_promotes_nothing(
    shelf: Shelf, street: FrozenSet, monkeypatch: pytest.MonkeyPatch, where: object
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(where, "write_text", full)
    with pytest.raises(ShelfUnwritable, match="No space left on device"):
        promote_model(shelf, "colours", "2", [street])
    assert shelf.serving_version("colours") == "0"


def test_of_two_promotions_at_once_one_is_turned_away(
    shelf: Shelf, street: FrozenSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging, go_on = threading.Event(), threading.Event()

    def slowly(candidate: ModelCard, serving: ModelCard | None, sets: list[FrozenSet], pictures: Path) -> object:
        judging.set()
        assert go_on.wait(30)
        return judge(candidate, serving, sets, pictures=pictures)

    monkeypatch.setattr(promotion, "judge", slowly)
    first = threading.Thread(target=promote_model, args=(shelf, "colours", "2", [street]))
    first.start()
    assert judging.wait(30)
    with pytest.raises(ShelfBusy):
        promote_model(shelf, "colours", "4", [street])
    with pytest.raises(ShelfBusy):
        roll_back_model(shelf, "colours")
    go_on.set()
    first.join(60)
    assert shelf.serving_version("colours") == "2"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data set `river` of four places, in which all colours are seen."""
    export = tmp_path / "export"
    rows = ["file,place"]
    for place in "abcd":
        for number in range(3):
            column = "abcd".index(place) * 3 + number
            squares = [("red", column, 0), ("green", column, 2), ("blue", column, 4)]
            save_squares(export, f"{place}{number}", squares, squares)
            rows.append(f"{place}{number}.png,{place}")
    (export / "classes.txt").write_text("\n".join(COLOURS))
    (export / "data.yaml").write_text(f"val: images\nnames: {list(COLOURS)}\n")
    (export / "pictures.csv").write_text("\n".join(rows))
    import_export(export, tmp_path / "datasets", ImportWish("river", "A. Reviewer"), AT)
    return tmp_path / "datasets"


def trained_on(card: ModelCard, *names: str) -> ModelCard:
    sources = [DataSource(name=n, role="train", pictures=9, boxes=27, licence="ours", source="x") for n in names]
    return card.model_copy(update={"data": tuple(sources)})


def test_every_data_set_that_the_candidate_knows_is_judged_on(shelf: Shelf, root: Path) -> None:
    candidate, serving = shelf.card("colours", "2"), shelf.in_service("colours")
    (found,) = frozen_sets(root, candidate, serving, ())
    version = found.folder.name
    assert (found.name, found.goal) == ("river", False)
    assert found.same_as == {version, f"river/{version}"}
    (goal,) = frozen_sets(root, trained_on(candidate, f"river/{version}"), serving, ())
    assert goal.goal
    narrow = candidate.model_copy(update={"classes": ("red",)})
    assert frozen_sets(root, narrow, serving, ()) == []


def test_what_both_were_trained_on_is_no_goal(shelf: Shelf, root: Path) -> None:
    candidate, serving = shelf.card("colours", "2"), shelf.in_service("colours")
    (found,) = frozen_sets(root, candidate, serving, ())
    name = f"river/{found.folder.name}"
    (found,) = frozen_sets(root, trained_on(candidate, name), trained_on(serving, name), ())
    assert not found.goal


def test_a_folder_of_another_set_can_be_named(shelf: Shelf, root: Path, street: FrozenSet) -> None:
    candidate = shelf.card("colours", "2")
    found = frozen_sets(root, candidate, None, (str(street.folder), "river"))
    assert [one.name for one in found] == ["street", "river"]
    with pytest.raises(DatasetInvalid, match="holds no data set 'lake'; it has: river"):
        frozen_sets(root, candidate, None, ("lake",))


def test_a_model_that_has_seen_the_held_out_pictures_is_not_judged_on_them(shelf: Shelf, root: Path) -> None:
    candidate = shelf.card("colours", "2")
    (before,) = frozen_sets(root, candidate, None, ())
    manifest = import_manifest(root)
    place = next(one.where.place for one in manifest.of("train"))
    assert place is not None
    grow(root, "river", [place], "A. Reviewer", "more to judge on", AT)
    trained = trained_on(candidate, f"river/{before.folder.name}")
    with pytest.raises(DatasetInvalid, match="was trained on 3 of the held-out pictures of river"):
        frozen_sets(root, trained, None, ())
    (after,) = frozen_sets(root, candidate, None, ())
    assert after.folder != before.folder
    assert before.folder.name not in after.same_as


def import_manifest(root: Path) -> DatasetManifest:
    return read_manifest(latest(root, "river"))


def test_a_data_set_that_was_edited_judges_nobody(shelf: Shelf, root: Path) -> None:
    label = next(latest(root, "river").glob("val/labels/*.txt"))
    label.write_text("")
    with pytest.raises(DatasetInvalid, match="was changed after this version was made"):
        frozen_sets(root, shelf.card("colours", "2"), None, ())


def test_a_candidate_trained_on_copies_of_held_out_pictures_is_not_judged(
    shelf: Shelf, root: Path, tmp_path: Path
) -> None:
    """A copy that was saved anew has another hash and another name, and lies in another data set."""
    held = read_manifest(latest(root, "river")).of("val")[0]
    export = tmp_path / "copies"
    for place in "xyz":
        squares = [("red", "xyz".index(place), 1), ("green", 5, 3), ("blue", 9, "xyz".index(place))]
        save_squares(export, place, squares, squares)
    copy = cv2.imread(str(latest(root, "river") / "val/images" / held.file))
    assert copy is not None
    cv2.imwrite(str(export / "images/copy.png"), copy // 2 * 2)
    (export / "labels/copy.txt").write_text("".join(f"{box.label.line()}\n" for box in held.boxes))
    (export / "data.yaml").write_text(f"val: images\nnames: {list(COLOURS)}\n")
    (export / "pictures.csv").write_text("file,place\n" + "".join(f"{n}.png,{n}\n" for n in ("copy", "x", "y", "z")))
    lake = import_export(export, root, ImportWish("lake", "A. Reviewer"), AT)
    assert any(one.original.endswith("copy.png") for one in lake.manifest.of("train"))
    candidate = trained_on(shelf.card("colours", "2"), f"lake/{lake.folder.name}")
    with pytest.raises(DatasetInvalid, match=r"is a copy of .*river.*which is held out"):
        frozen_sets(root, candidate, shelf.in_service("colours"), ["river"])


def test_a_training_is_compared_on_its_own_set_and_on_all_others(shelf: Shelf, root: Path, tmp_path: Path) -> None:
    for place in "xyz":
        squares = [("red", "xyz".index(place), 1), ("green", 5, 3), ("blue", 9, "xyz".index(place))]
        save_squares(tmp_path / "lake", place, squares, squares)
    (tmp_path / "lake/data.yaml").write_text(f"val: images\nnames: {list(COLOURS)}\n")
    import_export(tmp_path / "lake", root, ImportWish("lake", "A. Reviewer"), AT)
    found = sets_of_training(root, shelf.in_service("colours"), "lake")
    assert [(one.name, one.goal) for one in found] == [("lake", True), ("river", False)]
