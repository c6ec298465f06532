"""A worker by itself goes by what is in force at any time, one of a service by what that service uses."""

import threading
from pathlib import Path

from api.bootstrap import open_store
from api.clock import wall_clock
from api.rulebooks.in_force import adopt
from api.settings import Settings
from api.surveys.jobs.worker_process import open_context
from detector.rules.load import load_rulebook
from tests.api.rulebooks.test_in_force import BOOK, forced, written


def test_a_worker_takes_what_comes_into_force_between_two_chunks(settings: Settings, tmp_path: Path) -> None:
    own = written(tmp_path / "own")
    stale = written(tmp_path / "stale", text=BOOK.replace("300s", "1s"))  # a copy that nobody brought up to date
    mine = settings.model_copy(update={"rulebook_file": stale})
    database, files = open_store(settings)
    used = adopt(database, settings.data_dir, own, load_rulebook(own), wall_clock())
    alone = open_context(mine, database, files, threading.Event(), "alone")
    beside = open_context(mine, database, files, threading.Event(), "beside", used.source.sha256)
    assert alone.rules([]).source == beside.rules([]).source == used.source
    there = written(tmp_path / "there", text=BOOK.replace("Asia/Shanghai", "Asia/Urumqi"))
    forced(database, there)
    assert (alone.zone().key, beside.zone().key) == ("Asia/Urumqi", "Asia/Shanghai")
    assert alone.rules([]).source == load_rulebook(there).source
    assert beside.rules([]).source == used.source
    database.close()


def test_a_worker_takes_its_own_file_before_a_service_ever_started(settings: Settings, tmp_path: Path) -> None:
    own = written(tmp_path / "own")
    database, files = open_store(settings)
    mine = settings.model_copy(update={"rulebook_file": own})
    context = open_context(mine, database, files, threading.Event(), "alone")
    assert context.rules([]).source == load_rulebook(own).source
    assert open_context(settings, database, files, threading.Event(), "bare").rules([]).version == "none"
    database.close()
