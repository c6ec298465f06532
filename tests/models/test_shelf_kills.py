"""A kill or a full disk at every single step of adding, promoting and rolling back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ShelfUnwritable
from models.shelf import Shelf
from models.shelf_changes import add, locked, promote, roll_back
from tests.faults import Killed, contents, disk_full, dying_at, killed
from tests.models.cards import save_model, save_version

MOST_STEPS = 60
"""More than any of these takes: the last attempts come through."""


def prepared(folder: Path) -> Shelf:
    """Version 2 serves, 3 is added, 4 waits to be."""
    save_model(folder / "shipped")
    shelf = Shelf(folder / "models", folder / "shipped")
    for version, gain in (("2", 0.5), ("3", 0.7)):
        add(shelf, save_version(folder / version, version, gain=gain).folder)
    save_version(folder / "4", "4", gain=0.9)
    promote(shelf, "colours", "2")
    return shelf


def add_fourth(shelf: Shelf) -> object:
    return add(shelf, shelf.folder.parent / "4")


def promote_third(shelf: Shelf) -> object:
    with locked(shelf, "colours"):
        return promote(shelf, "colours", "3")


def take_back(shelf: Shelf) -> object:
    with locked(shelf, "colours"):
        return roll_back(shelf, "colours")


CHANGES = {"add": add_fourth, "promote": promote_third, "roll back": take_back}


def state(shelf: Shelf) -> tuple[str, tuple[str, ...]]:
    return shelf.in_service("colours").version, tuple(shelf.versions("colours"))


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_kill_at_any_step_all_is_as_before_or_as_after(tmp_path: Path, change: str) -> None:
    act: Callable[[Shelf], object] = CHANGES[change]
    seen = set()
    finished = 0
    for step in range(MOST_STEPS):
        shelf = prepared(tmp_path / str(step))
        before = state(shelf)
        with dying_at(step, killed):
            try:
                act(shelf)
                finished += 1
            except Killed:
                pass
        after = state(shelf)  # everything that is on the shelf can be read
        for one in shelf.of("colours"):
            assert one.card.sha256
        seen.add(after == before)
        act(shelf) if after == before else None  # and the same again works
        assert state(shelf) != before
        if finished:
            break
    assert finished
    assert seen == {True, False}  # some kills came too early, some too late


@pytest.mark.parametrize("change", CHANGES)
def test_a_disk_that_is_full_from_any_step_on_is_one_line_and_changes_nothing(tmp_path: Path, change: str) -> None:
    act: Callable[[Shelf], object] = CHANGES[change]
    refused: list[str] = []
    for step in range(MOST_STEPS):
        shelf = prepared(tmp_path / str(step))
        before, files = state(shelf), contents(shelf.folder)
        with dying_at(step, disk_full):
            try:
                act(shelf)
                break
            except ShelfUnwritable as error:
                refused.append(str(error))
        if state(shelf) == before:
            assert contents(shelf.folder) == files
        else:
            assert step > 0  # the change was made, and only its last sync failed
    assert len(refused) > 3
    assert all("No space left on device" in said and "\n" not in said for said in refused)
    assert state(shelf) != before
