"""A worker as a process: what a crew starts."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import wait
from types import FrameType
from typing import Final
from zoneinfo import ZoneInfo

from api.app import open_store
from api.drones import BY_VIEW, drone_look
from api.errors import ApiError
from api.evidence import EvidenceStore
from api.intake import StoreSink
from api.jobs.desk import Desk
from api.jobs.worker import run
from api.settings import Settings
from api.store import Database
from api.wiring import ModelShelf, rules_without_book
from detector.errors import DetectorError
from detector.rulebook import Rulebook
from detector.rulebook_file import load_rulebook
from detector.terrain import read_terrain
from streams.sandbox import kernel
from streams.survey import Find

log = logging.getLogger(__name__)

GRACE: Final = 10.0  # seconds that a worker has to give its chunk back


def desk_for(settings: Settings, database: Database, files: EvidenceStore, stop: threading.Event, name: str) -> Desk:
    """A desk with the shipped models and the operator's rulebook and terrain. Raises DetectorError."""
    shelf = ModelShelf.of(settings)
    file = settings.rulebook_file
    # a rulebook that cannot be read ends the worker here, in one line, and not each survey
    zone = load_rulebook(file, now=datetime.now(UTC)).timezone if file else ZoneInfo("UTC")

    def rules(finds: Sequence[Find]) -> Rulebook:
        return load_rulebook(file, now=datetime.now(UTC)) if file else rules_without_book(finds)

    return Desk(
        database=database,
        footage=settings.footage_dir,
        data_dir=settings.data_dir,
        sink=StoreSink(database, files),
        detector=partial(drone_look, shelf.get),
        rules=rules,
        name=name,
        usual_model=BY_VIEW,
        zone=zone,
        terrain=read_terrain(settings.dem_file) if settings.dem_file else None,
        stop=stop,
        hung=_end_at_once,
    )


def member(settings: Settings, name: str, until_idle: bool) -> None:
    """The whole life of a worker's process: works until it is told to stop (SIGTERM, Ctrl-C), or for `until_idle` until
    nothing is left to do. Ends with 1 where it cannot begin.
    """
    os.nice(5)  # people and cameras wait for the service; footage can wait for them
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    _follow_parent(stop)
    try:
        database, files = open_store(settings)
        desk = desk_for(settings, database, files, stop, name)
        kernel.report()
        log.info("worker %s looks at surveys", name)
        run(desk, until_idle=until_idle)
        database.close()
    except (ApiError, DetectorError) as error:
        log.error("a worker cannot go on: %s", error)  # one line; the crew tries again
        sys.exit(1)


def _follow_parent(stop: threading.Event) -> None:
    """A worker ends when whoever started it has gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def follow() -> None:
        wait([sentinel])
        stop.set()
        threading.Event().wait(GRACE)
        os._exit(1)

    threading.Thread(target=follow, name="parent", daemon=True).start()


def _end_at_once() -> None:
    os._exit(1)  # a thread that hangs cannot be ended otherwise
