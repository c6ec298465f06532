"""Workers that come to grief.

`python -m tests.api.surveys.jobs.killed SETTINGS MOMENT...` runs workers that nobody sees ending and that kill
themselves with signal 9, one process a moment, one after the other, each forked from this one: starting Python anew
takes longer than the work. Prints the signal that ended each, 0 for one that ended its work.

`python -m tests.api.surveys.jobs.killed --alone SETTINGS` is `streetwarden worker` with a worker that stands still.
The members below are what a pool starts in a test.
"""

import ctypes
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from api.bootstrap import open_store
from api.candidates.intake import StoreSink
from api.inference.model_choice import STALLS
from api.settings import Settings
from api.surveys import frames as seen
from api.surveys import places
from api.surveys.jobs import planning, worker
from api.surveys.jobs import steps as work
from api.surveys.jobs import worker_process as process
from api.surveys.jobs.chunks import Chunk
from api.surveys.jobs.context import ChunkLease, Interrupted, WorkerContext
from api.surveys.jobs.pool import work_alone
from api.surveys.jobs.worker_process import open_context
from models import registry

P = ParamSpec("P")
R = TypeVar("R")

MOMENTS = ("claimed", "probed", "looking", "looked", "stored", "half the candidates", "closing")


def deadly(function: Callable[P, R], calls: int = 1, end: Callable[[], object] | None = None) -> Callable[P, R]:
    """The function, which ends the process (by signal 9 if not told how) when it has been called so often."""
    left = calls

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal left
        result = function(*args, **kwargs)
        left -= 1
        if left == 0:
            (end or _die)()
        return result

    return call


def prepare(moment: str) -> None:
    """Lay the mine under what is called at exactly that moment of a survey's life."""
    room, name, calls = {
        "claimed": (worker, "work_through", 0),
        "probed": (work, "cut_video", 1),
        "looking": (ChunkLease, "step", 2),
        "looked": (seen, "add", 1),
        "stored": (worker, "work_through", 1),
        "half the candidates": (StoreSink, "take", 3),
        "closing": (places, "add", 1),
    }[moment]
    setattr(room, name, deadly(getattr(room, name), calls) if calls else _die)


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashing_member(settings: Settings, name: str, until_idle: bool, rulebook: str | None) -> None:
    """A worker that comes to grief over the probe: by a segmentation fault, then by an abort, then by an exception."""
    deaths = settings.data_dir / "deaths"
    with deaths.open("a") as told:
        told.write(f"{name}\n")
    number = len(deaths.read_text().splitlines()) - 1
    if number < 3:
        mine = deadly(planning.cut_video, 1, (_segfault, os.abort, _fault)[number])
        setattr(work, "cut_video", mine)  # noqa: B010
    process.run_member(settings, name, until_idle, rulebook)


def _segfault() -> None:
    ctypes.string_at(0)


def _fault() -> None:
    raise RuntimeError("a fault of ours")


def standing_member(settings: Settings, name: str, until_idle: bool, rulebook: str | None) -> None:
    """A worker that stands still over its first chunk until the file `hold` has gone."""

    def work_through(context: WorkerContext, chunk: Chunk) -> None:
        while (settings.data_dir / "hold").exists():
            if context.stop.wait(0.05):
                raise Interrupted
        work.work_through(context, chunk)

    setattr(worker, "work_through", work_through)  # noqa: B010
    process.run_member(settings, name, until_idle, rulebook)


def ending_member(settings: Settings, name: str, until_idle: bool, rulebook: str | None) -> None:
    """A process that ends at once."""


def damaged_member(settings: Settings, name: str, until_idle: bool, rulebook: str | None) -> None:
    """A worker beside models of which one was cut short."""
    folder = settings.data_dir / "weights"
    if not folder.exists():
        shutil.copytree(registry.WEIGHTS, folder)
        with (folder / f"{STALLS}.onnx").open("r+b") as file:
            file.truncate(1_000_000)
    setattr(registry, "WEIGHTS", folder)  # noqa: B010
    process.run_member(settings, name, until_idle, rulebook)


def work_until(settings: Settings, moment: str) -> None:
    """Work until all is done, or until the moment comes."""
    if moment:
        prepare(moment)
    setattr(planning, "SPAN", 6.0)  # noqa: B010  # final in the product
    setattr(worker, "IDLE", 0.2)  # noqa: B010
    database, files = open_store(settings)
    context = open_context(settings, database, files, threading.Event(), moment)
    worker.run(replace(context, lease=timedelta(seconds=1)), until_idle=True)


def main() -> None:
    """Fork, wait, say how it ended; or be the supervisor of a worker."""
    if sys.argv[1] == "--alone":
        setattr(process, "run_member", standing_member)  # noqa: B010
        work_alone(Settings.model_validate_json(Path(sys.argv[2]).read_text()))
        return
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
