"""Files that are whole on the disk, and locks that end with their process."""

import multiprocessing
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from models.durable import copy_file, exclusive, sync_folder, write_text


def hold(path: Path, held: Event) -> None:
    with exclusive(path):
        held.set()
        time.sleep(60)


def test_a_lock_keeps_other_processes_out_and_is_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    process = context.Process(target=hold, args=(tmp_path / "lock", held))
    process.start()
    assert held.wait(30)
    with pytest.raises(BlockingIOError), exclusive(tmp_path / "lock"):
        pass
    process.kill()
    process.join()
    with exclusive(tmp_path / "lock"):
        pass


def test_a_lock_keeps_other_threads_out_and_is_free_after_an_error(tmp_path: Path) -> None:
    refused: list[bool] = []

    def attempt() -> None:
        try:
            with exclusive(tmp_path / "lock"):
                refused.append(False)
        except BlockingIOError:
            refused.append(True)

    with exclusive(tmp_path / "lock"):
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    with pytest.raises(LookupError), exclusive(tmp_path / "lock"):
        raise LookupError
    attempt()
    assert refused == [True, False]


def test_a_lock_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), exclusive(tmp_path / "none/lock"):
        pass


def test_what_is_written_and_copied_is_what_was_given(tmp_path: Path) -> None:
    write_text("Straße 街\n", tmp_path / "a")
    copy_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text(encoding="utf-8") == "Straße 街\n"
    write_text("x", tmp_path / "a")  # over an older one
    assert (tmp_path / "a").read_text() == "x"
    sync_folder(tmp_path)
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "a")
