"""Worker processes and their witness: a crew beside the service, or one worker by itself."""

import logging
import multiprocessing
import signal
import socket
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from multiprocessing.context import SpawnProcess
from types import FrameType, TracebackType
from typing import Final, Self
from uuid import uuid4

from api.bootstrap import open_database
from api.db.database import Database
from api.errors import FootageMissing
from api.settings import Settings
from api.surveys.jobs import worker_process as process
from api.surveys.jobs.exit_diagnosis import MemoryWatch, record_exit
from detector.rules.load import load_rulebook

log = logging.getLogger(__name__)

RESTART: Final = 2.0  # seconds before a worker that died is replaced
LOOK: Final = 0.5  # seconds between two looks at a worker


class WorkerPool(AbstractContextManager["WorkerPool"]):
    """Worker processes: what one that died held is freed, it is replaced, all end with the context.

    `until_idle` ends each when no survey has anything left.
    """

    def __init__(self, settings: Settings, database: Database, count: int, *, until_idle: bool = False) -> None:
        self._settings = settings
        self._database = database
        self._until_idle = until_idle
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

    @property
    def at_work(self) -> bool:
        """Whether there is, or will be, a worker."""
        return any(thread.is_alive() for thread in self._threads)

    def _keep_one(self) -> None:
        while not self._stop.is_set():
            # A name that nobody had before: by a process's number a witness in one container would free what a worker
            # of another one holds that has the same host name.
            name = f"{socket.gethostname()}-{uuid4().hex[:12]}"
            # Spawned, not forked: this process runs threads, and a worker must not share what they hold.
            member = multiprocessing.get_context("spawn").Process(
                target=process.run_member, args=(self._settings, name, self._until_idle)
            )
            member.start()
            exitcode = self._watch(member, name)
            if self._until_idle and exitcode == 0:
                return
            if not self._stop.is_set():
                log.error("worker %s ended (exit code %s); another takes its place", name, exitcode)
                self._stop.wait(RESTART)

    def _watch(self, member: SpawnProcess, name: str) -> int:
        memory = MemoryWatch()
        while member.is_alive() and not self._stop.is_set():
            memory.look()
            member.join(LOOK)
        if member.is_alive():
            member.terminate()
            member.join(process.GRACE)
            member.kill()
        member.join()
        exitcode = member.exitcode or 0
        record_exit(self._database, name, exitcode, memory_ran_out=memory.ran_out())
        return exitcode


def work_alone(settings: Settings, *, until_idle: bool = False) -> None:
    """A crew of one, until this process is told to stop (SIGTERM, Ctrl-C), or until nothing is left to do.

    Raises FootageMissing, DatabaseUnavailable, EvidenceError and RulebookInvalid where it cannot begin.
    """
    if not settings.footage_dir.is_dir():  # every file would look lost, and every survey be set aside
        raise FootageMissing(f"{settings.footage_dir}: not there; is STREETWARDEN_DATA_DIR the service's data folder?")
    if settings.rulebook_file:  # said here in one line, and not by each worker anew
        load_rulebook(settings.rulebook_file, now=datetime.now(UTC))
    stop = threading.Event()

    def end(number: int, _: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    database = open_database(settings)
    try:
        with WorkerPool(settings, database, 1, until_idle=until_idle) as crew:
            while crew.at_work and not stop.wait(LOOK):
                pass
    finally:
        database.close()
        for number, handler in before.items():
            signal.signal(number, handler)
