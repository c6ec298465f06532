"""A worker as a process: what a pool starts."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.connection import wait
from types import FrameType
from typing import Final
from zoneinfo import ZoneInfo

from api import logs
from api.bootstrap import open_store
from api.candidates.intake import StoreSink
from api.db.database import Database
from api.errors import ApiError, DatabaseUnavailable, EvidenceError
from api.evidence.files import EvidenceStore
from api.inference.model_cache import ModelCache
from api.inference.model_choice import BY_VIEW, OBLIQUE, STALLS, DroneLooks
from api.rulebooks.fallback import rules_without_book
from api.rulebooks.in_force import RulebookWatch, find_in_force, load_kept
from api.settings import Settings
from api.surveys.jobs.context import WorkerContext
from api.surveys.jobs.exit_diagnosis import CANNOT_WORK
from api.surveys.jobs.worker import run
from detector.errors import DetectorError
from detector.geometry.terrain import read_terrain
from detector.rules.rulebook import Rulebook
from models.errors import ModelError
from streams.sandbox import kernel
from streams.survey.pipeline import SurveyFind

log = logging.getLogger(__name__)

GRACE: Final = 10.0  # seconds that a worker has to give its chunk back


def open_context(
    settings: Settings,
    database: Database,
    files: EvidenceStore,
    stop: threading.Event,
    name: str,
    rulebook: str | None = None,
) -> WorkerContext:
    """Return a context with the shipped models, loaded now, and the operator's rulebook and terrain.

    With `rulebook` it is the one of this hash to the end, else the one in force at any time.

    Raises ModelError or DetectorError where a model is damaged, a wanted engine may not run it, or a file is faulty.
    """
    shelf = ModelCache.of(settings)
    looks = DroneLooks(shelf.get)
    for model in (STALLS, OBLIQUE):  # else the first chunk would find out
        shelf.get(model)
    now = datetime.now(UTC)
    # a rulebook that cannot be read ends the worker here, in one line, and not each survey
    if rulebook is not None:
        begun = load_kept(database, rulebook, None, now)
    else:
        begun = find_in_force(database, settings.rulebook_file, now)
    watch = RulebookWatch(database, None, begun)

    def book() -> Rulebook | None:
        return (begun if rulebook is not None else watch.latest()).book

    def zone() -> ZoneInfo:
        found = book()
        return found.timezone if found else ZoneInfo("UTC")

    def rules(finds: Sequence[SurveyFind]) -> Rulebook:
        return book() or rules_without_book(finds)

    return WorkerContext(
        database=database,
        footage=settings.footage_dir,
        pictures_dir=settings.pictures_dir,
        sink=StoreSink(database, files),
        detector=looks.detector,
        rules=rules,
        name=name,
        usual_model=BY_VIEW,
        zone=zone,
        terrain=read_terrain(settings.dem_file) if settings.dem_file else None,
        stop=stop,
        hung=_end_at_once,
        identify=looks.identify,
    )


def run_member(settings: Settings, name: str, until_idle: bool, rulebook: str | None) -> None:
    """Run a worker's process until it is told to stop (SIGTERM, Ctrl-C); with `until_idle`, until no work is left.

    `rulebook` is the hash of the one to go by; None: the one in force at any time.

    Ends with CANNOT_WORK, and with one line in the log, where it cannot work;
    with 1 where the database or the disk does not do its part.
    """
    os.nice(5)  # people and cameras wait for the service; footage can wait for them
    logs.set_up(settings.log_format)
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    _follow_parent(stop)
    try:
        database, files = open_store(settings)
        context = open_context(settings, database, files, stop, name, rulebook)
        kernel.report()
        log.info("worker %s processes surveys", name)
        run(context, until_idle=until_idle)
        database.close()
    except (DatabaseUnavailable, EvidenceError) as error:
        log.error("a survey worker has to stop: %s", error)  # one line; whoever started it tries again
        sys.exit(1)
    except (ApiError, DetectorError, ModelError) as error:
        log.error("a survey worker cannot work: %s", error)
        sys.exit(CANNOT_WORK)


def _follow_parent(stop: threading.Event) -> None:
    """End this worker when its parent process has gone, however that ended."""
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
