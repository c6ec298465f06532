"""Workers as processes: one by itself, or a crew beside the service."""

import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType, TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from api.app import open_store
from api.drones import BY_VIEW, drone_look
from api.errors import ApiError, FootageMissing
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
from streams.survey import Find

log = logging.getLogger(__name__)

RESTART: Final = 2.0  # seconds before a worker that died is replaced
GRACE: Final = 10.0  # seconds that a worker has to give its chunk back


def desk_for(settings: Settings, database: Database, files: EvidenceStore, stop: threading.Event) -> Desk:
    """A desk with the shipped models and the operator's rulebook. Raises RulebookInvalid."""
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
        name=f"{socket.gethostname()}-{os.getpid()}",
        usual_model=BY_VIEW,
        zone=zone,
        stop=stop,
    )


def work(settings: Settings, *, until_idle: bool = False) -> None:
    """Work until this process is told to stop (SIGTERM, Ctrl-C), or for `until_idle` until nothing is left to do.

    Raises FootageMissing, DatabaseUnavailable, EvidenceError and RulebookInvalid where it cannot begin.
    """
    if not settings.footage_dir.is_dir():  # every file would look lost, and every survey be set aside
        raise FootageMissing(f"{settings.footage_dir}: not there; is STREETWARDEN_DATA_DIR the service's data folder?")
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    _follow_parent(stop)
    database, files = open_store(settings)
    try:
        desk = desk_for(settings, database, files, stop)
        log.info("worker %s looks at surveys", desk.name)
        run(desk, until_idle=until_idle)
    finally:
        database.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _follow_parent(stop: threading.Event) -> None:
    """A worker of a crew ends when the service has gone, however that ended."""
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


def _member(settings: Settings) -> None:
    os.nice(5)  # people and cameras wait for the service; footage can wait for them
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        work(settings)
    except (ApiError, DetectorError) as error:
        log.error("a worker cannot go on: %s", error)  # one line; the crew tries again
        sys.exit(1)


class Crew(AbstractContextManager["Crew"]):
    """Worker processes beside the service: one that dies is replaced, all end with the context."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_one, name=f"worker {number}", daemon=True) for number in range(count)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _keep_one(self) -> None:
        while not self._stop.is_set():
            # Spawned, not forked: this process runs threads, and a worker must not share what they hold.
            member = multiprocessing.get_context("spawn").Process(target=_member, args=(self._settings,))
            member.start()
            self._watch(member)
            if not self._stop.is_set():
                log.error("a worker ended (exit code %s); another takes its place", member.exitcode)
                self._stop.wait(RESTART)

    def _watch(self, member: SpawnProcess) -> None:
        while member.is_alive() and not self._stop.is_set():
            member.join(0.5)
        if member.is_alive():
            member.terminate()
            member.join(GRACE)
            member.kill()
        member.join()
