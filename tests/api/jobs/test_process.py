"""Workers as processes: replaced when they die, gone when the service has gone."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable

import pytest

from api.jobs import process
from api.jobs.process import Crew
from api.settings import Settings


def soon(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def members() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


def test_a_crew_replaces_who_dies_and_leaves_nobody_behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RESTART", 0.1)
    settings.footage_dir.mkdir()
    before = members()
    with Crew(settings, 1):
        soon(lambda: len(members() - before) == 1)
        (first,) = members() - before
        os.kill(first, signal.SIGKILL)
        soon(lambda: bool(members() - before - {first}))
    assert members() == before
