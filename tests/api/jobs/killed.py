"""Workers that kill themselves with signal 9: `python -m tests.api.jobs.killed SETTINGS MOMENT...`.

One process a moment, one after the other, each forked from this one: starting Python anew takes longer than the work.
Prints the signal that ended each, 0 for one that ended its work.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from api.app import open_store
from api.intake import StoreSink
from api.jobs import planning, work, worker
from api.jobs.desk import Held
from api.jobs.process import desk_for
from api.settings import Settings
from api.store import places, seen

P = ParamSpec("P")
R = TypeVar("R")

MOMENTS = ("claimed", "probed", "looking", "looked", "stored", "half the candidates", "closing")


def deadly(function: Callable[P, R], calls: int = 1) -> Callable[P, R]:
    """The function, which kills the process when it has been called so often."""
    left = calls

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal left
        result = function(*args, **kwargs)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return call


def prepare(moment: str) -> None:
    """Lay the mine under what is called at exactly that moment of a survey's life."""
    room, name, calls = {
        "claimed": (worker, "work_through", 0),
        "probed": (work, "cut_video", 1),
        "looking": (Held, "step", 2),
        "looked": (seen, "add", 1),
        "stored": (worker, "work_through", 1),
        "half the candidates": (StoreSink, "take", 3),
        "closing": (places, "add", 1),
    }[moment]
    setattr(room, name, deadly(getattr(room, name), calls) if calls else _die)


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work_until(settings: Settings, moment: str) -> None:
    """Work until all is done, or until the moment comes."""
    if moment:
        prepare(moment)
    setattr(planning, "SPAN", 6.0)  # noqa: B010  # final in the product
    setattr(worker, "IDLE", 0.2)  # noqa: B010
    database, files = open_store(settings)
    desk = desk_for(settings, database, files, threading.Event())
    worker.run(replace(desk, lease=timedelta(seconds=1)), until_idle=True)


def main() -> None:
    """Fork, wait, say how it ended."""
    settings = Settings.model_validate_json(Path(sys.argv[1]).read_text())
    for moment in sys.argv[2:]:
        child = os.fork()
        if child == 0:
            work_until(settings, moment)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, -signal.SIGKILL), status
        sys.stdout.write(f"{-status}\n")


if __name__ == "__main__":
    main()
